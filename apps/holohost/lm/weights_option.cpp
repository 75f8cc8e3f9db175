// Tensors out of a coded file, by way of a temporary safetensors file.
#include "apps/holohost/lm/weights_option.hpp"

#include <filesystem>

#include "core/bench/scratch.hpp"
#include "core/jobs/decode.hpp"

namespace holo::cli {

Result<std::unique_ptr<lm::Weights>> open_weights(const Arguments& arguments,
                                                  const std::string& folder,
                                                  host::Registry& registry, host::Job& job) {
  if (!arguments.has("weights")) return lm::Weights::open(folder);
  const std::string path = arguments.text("weights");
  if (path.ends_with(".safetensors")) return lm::Weights::open_file(path);
  HOLO_ASSIGN(const auto scratch, bench::ScratchFolder::make());
  jobs::DecodeOptions decode;
  decode.input = path;
  decode.output = (std::filesystem::path(scratch.path()) / "weights.safetensors").string();
  HOLO_TRY(jobs::decode(registry, job, decode));
  // Mapped: the file may lose its name.
  return lm::Weights::open_file(decode.output);
}

Result<std::shared_ptr<const lm::Model>> load_model(const Arguments& arguments,
                                                    const std::string& folder,
                                                    const lm::LoadOptions& options,
                                                    host::Registry& registry, host::Job& job) {
  HOLO_ASSIGN(const lm::ModelConfig config, lm::read_config(folder));
  HOLO_ASSIGN(const auto weights, open_weights(arguments, folder, registry, job));
  return lm::Model::load(config, *weights, options, job);
}

}  // namespace holo::cli
