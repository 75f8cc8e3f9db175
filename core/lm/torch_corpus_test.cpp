// A genuine trained model through the module, where the corpus is at hand.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/lm/torch_module.hpp"
#include "core/media/tensors.hpp"

namespace holo::lm {
namespace {

std::string corpus_folder() {
  const char* chosen = std::getenv("HOLO_CORPUS");
  return std::string(chosen != nullptr ? chosen : HOLO_CORPUS) + "/models/stories15m/";
}

ModelConfig stories_config(const nlohmann::json& facts) {
  ModelConfig config;
  config.architecture = Architecture::llama;
  config.layers = facts.at("num_hidden_layers");
  config.hidden = facts.at("hidden_size");
  config.heads = facts.at("num_attention_heads");
  config.kv_heads = facts.at("num_key_value_heads");
  config.head_dim = config.hidden / config.heads;
  config.intermediate = facts.at("intermediate_size");
  config.vocabulary = facts.at("vocab_size");
  config.max_positions = facts.at("max_position_embeddings");
  config.norm_epsilon = facts.at("rms_norm_eps");
  config.rope.dimensions = config.head_dim;
  const double theta = facts.at("rope_theta");
  for (int i = 0; i < config.head_dim; i += 2) {
    config.rope.inverse_frequencies.push_back(
        static_cast<float>(std::pow(theta, -static_cast<double>(i) / config.head_dim)));
  }
  return config;
}

TensorSource source_of(media::TensorFile& file) {
  return [&file](const std::string& name,
                 std::span<const std::int64_t> shape) -> Result<std::vector<float>> {
    for (std::size_t i = 0; i < file.tensors().size(); ++i) {
      if (file.tensors()[i].name != name) continue;
      HOLO_ASSIGN(const UnitBuffer unit, file.read(i));
      if (!std::equal(shape.begin(), shape.end(), file.tensors()[i].shape.begin(),
                      file.tensors()[i].shape.end())) {
        return make_error(HOLO_INVALID_ARG, name + " has another shape");
      }
      std::vector<float> numbers(unit.byte_size() / sizeof(float));
      std::memcpy(numbers.data(), unit.plane(0), unit.byte_size());
      return numbers;
    }
    return make_error(HOLO_NOT_FOUND, "no tensor " + name);
  };
}

TEST_CASE("Logits of stories15m are those of its reference") {
  const std::string folder = corpus_folder();
  if (!std::filesystem::exists(folder + "reference.json")) {
    std::cerr << "skipped: there is no '" << folder << "' (HOLO_CORPUS names the corpus)\n";
    return;
  }
  std::ifstream config_file(folder + "config.json");
  std::ifstream reference_file(folder + "reference.json");
  const auto reference = nlohmann::json::parse(reference_file);
  const auto reader = open_reader(folder + "model.safetensors");
  REQUIRE(reader);
  const auto tensors = media::open_tensors(**reader);
  REQUIRE(tensors);
  const ModelConfig config = stories_config(nlohmann::json::parse(config_file));
  const auto module = load_torch_module();
  INFO((module ? "" : module.error().message));
  REQUIRE(module);
  const auto model = (*module)->open_model(config, source_of(**tensors), {});
  INFO((model ? "" : model.error().message));
  REQUIRE(model);
  const std::vector<std::int32_t> prompt = reference.at("prompt_ids");
  const auto trace = (*model)->trace(prompt);
  REQUIRE(trace);
  const float* last =
      trace->logits.data() + (prompt.size() - 1) * static_cast<std::size_t>(config.vocabulary);
  const std::vector<double> first = reference.at("last_logits_first16");
  for (std::size_t i = 0; i < first.size(); ++i) CHECK(std::abs(last[i] - first[i]) < 1e-3);
  for (const auto& best : reference.at("last_logits_top5")) {
    CHECK(std::abs(last[best.at(0).get<int>()] - best.at(1).get<double>()) < 1e-3);
  }
}

}  // namespace
}  // namespace holo::lm
