// The one function that the module exports, and the table behind it.
#include <torch/csrc/api/include/torch/version.h>
#define HOLO_NOTE_TORCH_VERSION TORCH_VERSION
#include <holo/abi/plugin.h>

#include "core/lm/torch/loss_rows.hpp"
#include "core/lm/torch/train.hpp"
#include "core/lm/torch/tune.hpp"

namespace holo::lm {

namespace {

class Model final : public TorchModel {
 public:
  Model(Network network, int threads) : network_(std::move(network)), threads_(threads) {}

  Result<ForwardTrace> trace(std::span<const std::int32_t> ids) override {
    return guarded<ForwardTrace>([&]() -> Result<ForwardTrace> {
      HOLO_ASSIGN(const at::Tensor input, prepare(ids, 1));
      const at::NoGradGuard guard;
      const Pass pass = network_.forward(input);
      ForwardTrace trace;
      trace.logits = to_vector(network_.logits(pass));
      for (const at::Tensor& hidden : pass.hidden) trace.hidden.push_back(to_vector(hidden));
      return trace;
    });
  }

  Result<std::vector<float>> logits_of_last(std::span<const std::int32_t> ids) override {
    return guarded<std::vector<float>>([&]() -> Result<std::vector<float>> {
      HOLO_ASSIGN(const at::Tensor input, prepare(ids, 1));
      const at::NoGradGuard guard;
      const Pass pass = network_.forward(input);
      return to_vector(at::matmul(pass.output.select(1, input.size(1) - 1), network_.head().t()));
    });
  }

  Result<RowGradients> row_gradients(std::span<const std::int32_t> ids, Labels labels,
                                     std::uint64_t seed) override {
    return guarded<RowGradients>([&]() -> Result<RowGradients> {
      HOLO_ASSIGN(const at::Tensor input, prepare(ids, 2));
      const RowsAndGradients found = lm::row_gradients(network_, input, labels, seed);
      rows_ = to_vector(found.rows);
      gradients_ = to_vector(found.gradients);
      return RowGradients{rows_, gradients_, found.loss};
    });
  }

  Result<TuneResult> tune_projectors(std::span<const Projector> projectors, const Windows& train,
                                     const Windows& held_out, const TuneOptions& options,
                                     const RunCallback& progress) override {
    return guarded<TuneResult>([&] {
      use_threads(threads_);
      return tune(network_, projectors, train, held_out, options, progress);
    });
  }

 private:
  Result<at::Tensor> prepare(std::span<const std::int32_t> ids, std::size_t least) const {
    use_threads(threads_);
    const auto most = static_cast<std::size_t>(network_.config().max_positions);
    if (ids.size() < least || ids.size() > most) {
      return make_error(HOLO_INVALID_ARG, "a text of " + std::to_string(ids.size()) +
                                              " tokens; expected " + std::to_string(least) +
                                              " to " + std::to_string(most));
    }
    HOLO_TRY(check_ids(ids, network_.config()));
    const std::vector<std::int64_t> wide(ids.begin(), ids.end());
    return to_tensor(wide, {1, static_cast<std::int64_t>(wide.size())}, network_.device());
  }

  Network network_;
  int threads_;
  std::vector<float> rows_;
  std::vector<float> gradients_;
};

class Module final : public TorchModule {
 public:
  Result<std::unique_ptr<TorchModel>> open_model(const ModelConfig& config,
                                                 const TensorSource& weights,
                                                 const TorchOptions& options) override {
    using Opened = std::unique_ptr<TorchModel>;
    return guarded<Opened>([&]() -> Result<Opened> {
      use_threads(options.threads);
      HOLO_ASSIGN(const at::Device device, torch_device(options.device));
      HOLO_ASSIGN(Network network, Network::load(config, weights, device));
      return Opened(std::make_unique<Model>(std::move(network), options.threads));
    });
  }

  Result<TrainResult> train(std::span<const std::int32_t> tokens, const TrainOptions& options,
                            const TorchOptions& torch, const RunCallback& progress) override {
    return guarded<TrainResult>([&]() -> Result<TrainResult> {
      use_threads(torch.threads);
      HOLO_ASSIGN(const at::Device device, torch_device(torch.device));
      return train_gpt2(tokens, options, device, progress);
    });
  }

  [[nodiscard]] std::string version() const override { return torch_version(); }
};

}  // namespace

}  // namespace holo::lm

// Read by the loader before anything of the module is loaded: which LibTorch it brings.
HOLO_PLUGIN_NOTE();

extern "C" HOLO_EXPORT holo::lm::TorchModule* holo_torch_module() {
  static holo::lm::Module module;
  return &module;
}
