// A loaded model: immutable weights in the layout of the kernels.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/host/job.hpp"
#include "core/lm/config.hpp"
#include "core/lm/weights.hpp"

namespace holo::lm {

enum class Precision { f32, f16 };  // of the weights; sums are f32

struct LoadOptions {
  Precision precision = Precision::f32;
};

class Model {
 public:
  // From a folder, or from weights that are in memory. Names the tensor that is missing or of
  // another shape than config.json says.
  static Result<std::shared_ptr<const Model>> load(const std::string& folder,
                                                   const LoadOptions& options, host::Job& job);
  static Result<std::shared_ptr<const Model>> load(const ModelConfig& config,
                                                   const Weights& weights,
                                                   const LoadOptions& options, host::Job& job);
  // From tensors of any origin. INVALID_ARG for a config that contradicts itself.
  static Result<std::shared_ptr<const Model>> build(const ModelConfig& config,
                                                    const TensorSource& tensors,
                                                    const LoadOptions& options, host::Job& job);
  // Weights drawn at random (normal, 0.02; biases 0, norms 1), the same for the same seed: for
  // measuring speed without a model.
  static Result<std::shared_ptr<const Model>> random(const ModelConfig& config, std::uint64_t seed,
                                                     const LoadOptions& options, host::Job& job);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  [[nodiscard]] const ModelConfig& config() const;
  [[nodiscard]] const holo_model& description() const;  // for patches
  [[nodiscard]] Precision precision() const;
  // Bytes of weights that one decoded token reads.
  [[nodiscard]] std::uint64_t bytes_per_token() const;

  struct State;
  [[nodiscard]] const State& state() const { return *state_; }  // for forward.cpp

 private:
  Model();
  std::unique_ptr<State> state_;
};

}  // namespace holo::lm
