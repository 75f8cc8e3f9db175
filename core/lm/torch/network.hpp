// GPT-2 and the llama family as differentiable functions of their weights and of the rows of their
// caches.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/lm/config.hpp"
#include "core/lm/torch/ops.hpp"
#include "core/lm/torch_module.hpp"

namespace holo::lm {

// {batch, time, kv_width}; keys as projected, before any rotation.
struct LayerRows {
  at::Tensor keys;
  at::Tensor values;
};

// Other rows for earlier positions: query t sees the network's own row of position s where
// exact[t][s], else the one given here. An undefined tensor: the network's own everywhere.
struct PastRows {
  std::vector<LayerRows> layers;
  at::Tensor exact;  // {time, time}, bool
};

struct Pass {
  at::Tensor output;               // {batch, time, hidden}, after the final norm
  std::vector<at::Tensor> hidden;  // the residual stream, layers + 1
  std::vector<LayerRows> rows;
};

// Names and shapes of the tensors that a model of this kind has.
struct TensorShape {
  std::string name;
  std::vector<std::int64_t> shape;
  bool optional = false;
};
std::vector<TensorShape> tensor_shapes(const ModelConfig& config);

class Network {
 public:
  static Result<Network> load(const ModelConfig& config, const TensorSource& source,
                              at::Device device);
  // Weights as GPT-2's were drawn.
  static Network initialise(const ModelConfig& config, std::uint64_t seed, at::Device device);

  // `ids` is {batch, time} of int64. With `track_rows` gradients of the rows are kept after
  // backward(), whether the weights need gradients or not.
  [[nodiscard]] Pass forward(const at::Tensor& ids, const PastRows* past = nullptr,
                             bool track_rows = false) const;
  [[nodiscard]] at::Tensor logits(const Pass& pass) const;  // {batch, time, vocabulary}
  [[nodiscard]] const at::Tensor& head() const;             // {vocabulary, hidden}

  [[nodiscard]] const ModelConfig& config() const { return config_; }
  [[nodiscard]] at::Device device() const { return device_; }
  [[nodiscard]] std::map<std::string, at::Tensor>& weights() { return weights_; }

 private:
  Network(const ModelConfig& config, at::Device device) : config_(config), device_(device) {}
  [[nodiscard]] const at::Tensor& weight(const std::string& name) const;
  [[nodiscard]] at::Tensor linear(const at::Tensor& x, const std::string& name) const;
  [[nodiscard]] at::Tensor norm(const at::Tensor& x, const std::string& name) const;
  [[nodiscard]] at::Tensor feed_forward(const at::Tensor& x, const std::string& layer) const;
  [[nodiscard]] std::vector<at::Tensor> project(const at::Tensor& x,
                                                const std::string& layer) const;

  ModelConfig config_;
  at::Device device_;
  std::map<std::string, at::Tensor> weights_;
};

}  // namespace holo::lm
