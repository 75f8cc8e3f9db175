// The sizes of GPT-2, from its config.json files.
#include "apps/holohost/lm/random_model.hpp"

namespace holo::cli {

namespace {

struct Shape {
  const char* name;
  std::int32_t layers;
  std::int32_t hidden;
  std::int32_t heads;
};
constexpr Shape kShapes[] = {{"gpt2", 12, 768, 12},
                             {"gpt2-medium", 24, 1024, 16},
                             {"gpt2-large", 36, 1280, 20},
                             {"gpt2-xl", 48, 1600, 25}};

Result<lm::ModelConfig> shape_config(const std::string& name) {
  std::string names;
  for (const Shape& shape : kShapes) {
    if (name == shape.name) {
      lm::ModelConfig config;
      config.layers = shape.layers;
      config.hidden = shape.hidden;
      config.heads = config.kv_heads = shape.heads;
      config.head_dim = shape.hidden / shape.heads;
      config.intermediate = 4 * shape.hidden;
      config.vocabulary = 50257;
      config.max_positions = 1024;
      return config;
    }
    names += (names.empty() ? "" : ", ") + std::string(shape.name);
  }
  return make_error(HOLO_INVALID_ARG, "--random takes one of " + names + ", found '" + name + "'");
}

}  // namespace

Result<LmSession> open_random(const Arguments& arguments) {
  if (arguments.has("model")) {
    return make_error(HOLO_INVALID_ARG, "--model and --random exclude each other");
  }
  LmSession session;
  HOLO_ASSIGN(const lm::ModelConfig config, shape_config(arguments.text("random")));
  HOLO_ASSIGN(const lm::LoadOptions options, load_options(arguments));
  HOLO_ASSIGN(session.registry, open_registry(arguments));
  HOLO_ASSIGN(session.job, open_job(arguments));
  HOLO_ASSIGN(session.model, lm::Model::random(config, 1, options, *session.job));
  return session;
}

}  // namespace holo::cli
