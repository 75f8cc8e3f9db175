#include "core/lm/torch/network.hpp"

#include <cmath>

#include "core/lm/torch/attention.hpp"

namespace holo::lm {

namespace {

std::string layer_name(const ModelConfig& config, std::int32_t layer) {
  return (config.architecture == Architecture::gpt2 ? "h." : "model.layers.") +
         std::to_string(layer) + ".";
}

}  // namespace

Result<Network> Network::load(const ModelConfig& config, const TensorSource& source,
                              at::Device device) {
  Network network(config, device);
  for (const TensorShape& tensor : tensor_shapes(config)) {
    auto data = source(tensor.name, tensor.shape);
    if (!data.ok() && tensor.optional && data.error().code == HOLO_NOT_FOUND) continue;
    if (!data.ok()) return std::move(data).error();
    std::int64_t count = 1;
    for (const std::int64_t size : tensor.shape) count *= size;
    if (static_cast<std::int64_t>(data->size()) != count) {
      return make_error(HOLO_INVALID_ARG, "the tensor " + tensor.name + " has " +
                                              std::to_string(data->size()) + " numbers, expected " +
                                              std::to_string(count));
    }
    network.weights_[tensor.name] = to_tensor(*data, tensor.shape, device);
  }
  return network;
}

Network Network::initialise(const ModelConfig& config, std::uint64_t seed, at::Device device) {
  Network network(config, device);
  at::Generator random = generator(seed);
  for (const TensorShape& tensor : tensor_shapes(config)) {
    const bool bias = tensor.name.ends_with(".bias");
    at::Tensor values;
    if (tensor.shape.size() == 1) {
      values = bias ? at::zeros(tensor.shape) : at::ones(tensor.shape);
    } else {
      // Two projections a layer add to the residual stream: their sum keeps its variance.
      const bool residual = tensor.name.ends_with("c_proj.weight");
      const double deviation = residual ? 0.02 / std::sqrt(2.0 * config.layers) : 0.02;
      values = at::empty(tensor.shape).normal_(0, deviation, random);
    }
    network.weights_[tensor.name] = values.to(device);
  }
  return network;
}

const at::Tensor& Network::weight(const std::string& name) const { return weights_.at(name); }

at::Tensor Network::linear(const at::Tensor& x, const std::string& name) const {
  const at::Tensor& matrix = weight(name + ".weight");
  const auto bias = weights_.find(name + ".bias");
  // GPT-2's matrices are {in, out}, the llama family's {out, in}.
  const bool columns = config_.architecture == Architecture::llama;
  const at::Tensor flat = x.reshape({-1, x.size(2)});
  const at::Tensor right = columns ? matrix.t() : matrix;
  const at::Tensor y =
      bias == weights_.end() ? at::mm(flat, right) : at::addmm(bias->second, flat, right);
  return y.view({x.size(0), x.size(1), y.size(1)});
}

at::Tensor Network::norm(const at::Tensor& x, const std::string& name) const {
  if (config_.architecture == Architecture::gpt2) {
    return at::layer_norm(x, {config_.hidden}, weight(name + ".weight"), weight(name + ".bias"),
                          config_.norm_epsilon);
  }
  const at::Tensor power = x.pow(2).mean(at::IntArrayRef{-1}, true);
  return x * at::rsqrt(power + config_.norm_epsilon) * weight(name + ".weight");
}

std::vector<at::Tensor> Network::project(const at::Tensor& x, const std::string& layer) const {
  if (config_.architecture == Architecture::gpt2) {
    return linear(x, layer + "attn.c_attn").split(config_.hidden, 2);
  }
  return {linear(x, layer + "self_attn.q_proj"), linear(x, layer + "self_attn.k_proj"),
          linear(x, layer + "self_attn.v_proj")};
}

at::Tensor Network::feed_forward(const at::Tensor& x, const std::string& layer) const {
  if (config_.architecture == Architecture::gpt2) {
    return linear(at::gelu(linear(x, layer + "mlp.c_fc"), "tanh"), layer + "mlp.c_proj");
  }
  const at::Tensor gate = at::silu(linear(x, layer + "mlp.gate_proj"));
  return linear(gate * linear(x, layer + "mlp.up_proj"), layer + "mlp.down_proj");
}

Pass Network::forward(const at::Tensor& ids, const PastRows* past, bool track_rows) const {
  const bool gpt2 = config_.architecture == Architecture::gpt2;
  const std::int64_t time = ids.size(1);
  const AttentionFrame frame(config_, time, device_);
  at::Tensor x = at::embedding(weight(gpt2 ? "wte.weight" : "model.embed_tokens.weight"), ids);
  if (gpt2) x = x + weight("wpe.weight").narrow(0, 0, time);
  if (track_rows) x = x.detach().requires_grad_(true);

  Pass pass;
  for (std::int32_t i = 0; i < config_.layers; ++i) {
    pass.hidden.push_back(x);
    const std::string layer = layer_name(config_, i);
    const at::Tensor input = norm(x, layer + (gpt2 ? "ln_1" : "input_layernorm"));
    std::vector<at::Tensor> parts = project(input, layer);
    LayerRows own{parts[1].contiguous(), parts[2].contiguous()};
    if (track_rows) {
      own.keys.retain_grad();
      own.values.retain_grad();
    }
    const LayerRows other =
        past != nullptr ? past->layers[static_cast<std::size_t>(i)] : LayerRows{};
    const at::Tensor mixed = attend(frame, parts[0].contiguous(), own, other,
                                    past != nullptr ? past->exact : at::Tensor());
    pass.rows.push_back(std::move(own));
    x = x + linear(mixed, layer + (gpt2 ? "attn.c_proj" : "self_attn.o_proj"));
    const std::string second = layer + (gpt2 ? "ln_2" : "post_attention_layernorm");
    x = x + feed_forward(norm(x, second), layer);
  }
  pass.hidden.push_back(x);
  pass.output = norm(x, gpt2 ? "ln_f" : "model.norm");
  return pass;
}

const at::Tensor& Network::head() const {
  if (!config_.tied_head) return weight("lm_head.weight");
  const bool gpt2 = config_.architecture == Architecture::gpt2;
  return weight(gpt2 ? "wte.weight" : "model.embed_tokens.weight");
}

at::Tensor Network::logits(const Pass& pass) const { return at::matmul(pass.output, head().t()); }

}  // namespace holo::lm
