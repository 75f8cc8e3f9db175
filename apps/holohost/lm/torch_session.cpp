// Opening a model in LibTorch.
#include "apps/holohost/lm/torch_session.hpp"

#include "apps/holohost/lm/weights_option.hpp"

namespace holo::cli {

lm::TorchOptions torch_options(const host::Job& job) {
  lm::TorchOptions options;
  const DLDevice device = job.exec()->device;
  if (device.device_type != kDLCPU) options.device = "cuda:" + std::to_string(device.device_id);
  options.threads = job.workers();
  return options;
}

Result<std::unique_ptr<lm::TorchModel>> open_torch_model(const Arguments& arguments,
                                                         const LmSession& session) {
  HOLO_ASSIGN(lm::TorchModule * module, lm::load_torch_module());
  HOLO_ASSIGN(const auto weights,
              open_weights(arguments, session.folder.model, *session.registry, *session.job));
  return module->open_model(
      session.model->config(),
      [&](const std::string& name, std::span<const std::int64_t> shape) {
        return weights->read(name, shape);
      },
      torch_options(*session.job));
}

}  // namespace holo::cli
