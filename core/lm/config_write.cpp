// The configuration as a config.json that other software reads too.
#include <nlohmann/json.hpp>

#include "core/lm/config.hpp"

namespace holo::lm {
namespace {

using nlohmann::ordered_json;

ordered_json gpt2_json(const ModelConfig& config) {
  return {{"architectures", ordered_json::array({"GPT2LMHeadModel"})},
          {"model_type", "gpt2"},
          {"activation_function", "gelu_new"},
          {"n_layer", config.layers},
          {"n_head", config.heads},
          {"n_embd", config.hidden},
          {"n_inner", config.intermediate},
          {"n_positions", config.max_positions},
          {"n_ctx", config.max_positions},
          {"layer_norm_epsilon", config.norm_epsilon}};
}

ordered_json scaling_json(const RopeScaling& scaling) {
  switch (scaling.kind) {
    case RopeScaling::Kind::none:
      break;
    case RopeScaling::Kind::linear:
      return {{"rope_type", "linear"}, {"factor", scaling.factor}};
    case RopeScaling::Kind::llama3:
      return {{"rope_type", "llama3"},
              {"factor", scaling.factor},
              {"low_freq_factor", scaling.low_frequency_factor},
              {"high_freq_factor", scaling.high_frequency_factor},
              {"original_max_position_embeddings",
               static_cast<std::int64_t>(scaling.original_positions)}};
  }
  return nullptr;
}

ordered_json llama_json(const ModelConfig& config) {
  return {{"architectures", ordered_json::array({"LlamaForCausalLM"})},
          {"model_type", "llama"},
          {"hidden_act", "silu"},
          {"hidden_size", config.hidden},
          {"intermediate_size", config.intermediate},
          {"num_hidden_layers", config.layers},
          {"num_attention_heads", config.heads},
          {"num_key_value_heads", config.kv_heads},
          {"head_dim", config.head_dim},
          {"max_position_embeddings", config.max_positions},
          {"rms_norm_eps", config.norm_epsilon},
          {"rope_theta", config.rope.theta},
          {"rope_scaling", scaling_json(config.rope.scaling)},
          {"attention_bias", config.attention_bias}};
}

}  // namespace

std::string config_json(const ModelConfig& config) {
  auto object = config.architecture == Architecture::gpt2 ? gpt2_json(config) : llama_json(config);
  object["vocab_size"] = config.vocabulary;
  object["tie_word_embeddings"] = config.tied_head;
  if (config.bos >= 0) object["bos_token_id"] = config.bos;
  if (config.eos.size() == 1) object["eos_token_id"] = config.eos.front();
  if (config.eos.size() > 1) object["eos_token_id"] = config.eos;
  object["torch_dtype"] = "float32";
  return object.dump(2) + "\n";
}

}  // namespace holo::lm
