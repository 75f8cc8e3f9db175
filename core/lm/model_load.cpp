// A model from files.
#include "core/lm/model.hpp"
#include "core/lm/weights.hpp"

namespace holo::lm {

namespace {

// Numbers in the matrices that `config` describes.
double described_numbers(const ModelConfig& config) {
  const double hidden = config.hidden;
  const double queries = static_cast<double>(config.heads) * config.head_dim;
  const double attention = hidden * (2 * queries + 2.0 * config.kv_width());
  const double products = config.architecture == Architecture::gpt2 ? 2 : 3;
  const double tables = config.tied_head ? 1 : 2;
  return tables * config.vocabulary * hidden +
         config.layers * (attention + products * hidden * config.intermediate);
}

// Memory for the layout is taken by what config.json says; so a few bytes of it must not ask for
// more than the weights are there for.
Status check_size(const ModelConfig& config, const Weights& weights) {
  double held = 0;
  for (const TensorInfo& tensor : weights.tensors()) {
    double count = 1;
    for (const std::int64_t extent : tensor.shape) count *= static_cast<double>(extent);
    held += count;
  }
  const double described = described_numbers(config);
  // Small differences are told by the tensor that is missing or of another shape.
  if (described <= 4 * held + 1e6) return {};
  const auto millions = [](double count) {
    return std::to_string(static_cast<std::int64_t>(count / 1e6)) + " million";
  };
  return make_error(HOLO_INVALID_ARG, "config.json describes a model of " + millions(described) +
                                          " weights, the files hold " + millions(held) +
                                          ": they do not belong together, or a file is missing");
}

}  // namespace

Result<std::shared_ptr<const Model>> Model::load(const std::string& folder,
                                                 const LoadOptions& options, host::Job& job) {
  HOLO_ASSIGN(const ModelConfig config, read_config(folder));
  HOLO_ASSIGN(const std::unique_ptr<Weights> weights, Weights::open(folder));
  return load(config, *weights, options, job);
}

Result<std::shared_ptr<const Model>> Model::load(const ModelConfig& config, const Weights& weights,
                                                 const LoadOptions& options, host::Job& job) {
  HOLO_TRY(check_size(config, weights));
  return build(
      config,
      [&](const std::string& name, std::span<const std::int64_t> shape) {
        return weights.read(name, shape);
      },
      options, job);
}

}  // namespace holo::lm
