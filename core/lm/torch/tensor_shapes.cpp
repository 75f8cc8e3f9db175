#include "core/lm/torch/network.hpp"

namespace holo::lm {

namespace {

void add_gpt2(const ModelConfig& config, std::vector<TensorShape>& list) {
  const std::int64_t n = config.hidden;
  const std::int64_t wide = config.intermediate;
  list.push_back({"wte.weight", {config.vocabulary, n}});
  list.push_back({"wpe.weight", {config.max_positions, n}});
  for (std::int32_t i = 0; i < config.layers; ++i) {
    const std::string layer = "h." + std::to_string(i) + ".";
    list.push_back({layer + "ln_1.weight", {n}});
    list.push_back({layer + "ln_1.bias", {n}});
    list.push_back({layer + "attn.c_attn.weight", {n, 3 * n}});
    list.push_back({layer + "attn.c_attn.bias", {3 * n}});
    list.push_back({layer + "attn.c_proj.weight", {n, n}});
    list.push_back({layer + "attn.c_proj.bias", {n}});
    list.push_back({layer + "ln_2.weight", {n}});
    list.push_back({layer + "ln_2.bias", {n}});
    list.push_back({layer + "mlp.c_fc.weight", {n, wide}});
    list.push_back({layer + "mlp.c_fc.bias", {wide}});
    list.push_back({layer + "mlp.c_proj.weight", {wide, n}});
    list.push_back({layer + "mlp.c_proj.bias", {n}});
  }
  list.push_back({"ln_f.weight", {n}});
  list.push_back({"ln_f.bias", {n}});
}

void add_llama(const ModelConfig& config, std::vector<TensorShape>& list) {
  const std::int64_t n = config.hidden;
  const std::int64_t wide = config.intermediate;
  const std::int64_t queries = std::int64_t{config.heads} * config.head_dim;
  const std::int64_t rows = config.kv_width();
  list.push_back({"model.embed_tokens.weight", {config.vocabulary, n}});
  for (std::int32_t i = 0; i < config.layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    list.push_back({layer + "input_layernorm.weight", {n}});
    list.push_back({layer + "self_attn.q_proj.weight", {queries, n}});
    list.push_back({layer + "self_attn.k_proj.weight", {rows, n}});
    list.push_back({layer + "self_attn.v_proj.weight", {rows, n}});
    list.push_back({layer + "self_attn.o_proj.weight", {n, queries}});
    if (config.attention_bias) {
      list.push_back({layer + "self_attn.q_proj.bias", {queries}});
      list.push_back({layer + "self_attn.k_proj.bias", {rows}});
      list.push_back({layer + "self_attn.v_proj.bias", {rows}});
      list.push_back({layer + "self_attn.o_proj.bias", {n}, true});
    }
    list.push_back({layer + "post_attention_layernorm.weight", {n}});
    list.push_back({layer + "mlp.gate_proj.weight", {wide, n}});
    list.push_back({layer + "mlp.up_proj.weight", {wide, n}});
    list.push_back({layer + "mlp.down_proj.weight", {n, wide}});
  }
  list.push_back({"model.norm.weight", {n}});
}

}  // namespace

std::vector<TensorShape> tensor_shapes(const ModelConfig& config) {
  std::vector<TensorShape> list;
  if (config.architecture == Architecture::gpt2) {
    add_gpt2(config, list);
  } else {
    add_llama(config, list);
  }
  if (!config.tied_head) list.push_back({"lm_head.weight", {config.vocabulary, config.hidden}});
  return list;
}

}  // namespace holo::lm
