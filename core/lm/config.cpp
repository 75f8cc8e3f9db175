// config.json of the two families: what the runtime computes is taken over, what it would have to
// ignore is refused.
#include "core/lm/config.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/lm/config_reader.hpp"
#include "core/lm/json_file.hpp"

namespace holo::lm {
namespace {

using nlohmann::json;

constexpr std::uint64_t kLargestFile = 1 << 20;
constexpr std::int32_t kMostLayers = 1024;
constexpr std::int32_t kMostHeads = 1024;
constexpr std::int32_t kLargestHead = 1024;
constexpr std::int32_t kLargestHidden = 1 << 17;
constexpr std::int32_t kLargestIntermediate = 1 << 20;
constexpr std::int32_t kLargestVocabulary = 1 << 22;
constexpr std::int32_t kMostPositions = 1 << 24;

void read_special_ids(ConfigReader& reader, ModelConfig& config) {
  const auto bos = reader.ids("bos_token_id", config.vocabulary);
  if (!bos.empty()) config.bos = bos.front();
  config.eos = reader.ids("eos_token_id", config.vocabulary);
}

void read_gpt2(ConfigReader& reader, ModelConfig& config) {
  config.architecture = Architecture::gpt2;
  config.layers = reader.count("n_layer", kMostLayers);
  config.heads = reader.count("n_head", kMostHeads);
  config.hidden = reader.count("n_embd", kLargestHidden);
  config.kv_heads = config.heads;
  config.head_dim = config.hidden / config.heads;
  config.intermediate = reader.count("n_inner", kLargestIntermediate, 4 * config.hidden);
  config.vocabulary = reader.count("vocab_size", kLargestVocabulary);
  config.max_positions =
      reader.count("n_positions", kMostPositions, reader.count("n_ctx", kMostPositions, 1024));
  config.norm_epsilon = reader.real("layer_norm_epsilon", 0, 1, 1e-5);
  config.tied_head = reader.flag("tie_word_embeddings", true);
  reader.choice("activation_function", {"gelu_new", "gelu_pytorch_tanh"});
  reader.require("scale_attn_weights", true);
  reader.require("scale_attn_by_inverse_layer_idx", false);
  reader.require("add_cross_attention", false);
  if (config.hidden % config.heads != 0) {
    reader.fail(HOLO_INVALID_ARG, "'n_embd' is " + std::to_string(config.hidden) +
                                      ", expected a multiple of 'n_head' " +
                                      std::to_string(config.heads));
  }
}

RopeScaling read_scaling(ConfigReader& parent, const json& object) {
  RopeScaling scaling;
  if (object.is_null()) return scaling;
  ConfigReader reader(object, parent.name());
  std::string type = text_member(object, "rope_type");
  if (type.empty()) type = text_member(object, "type");
  if (!object.is_object()) {
    reader.fail(HOLO_INVALID_ARG,
                "the rope settings are " + shown(object) + ", expected an object");
  } else if (type == "linear") {
    scaling.kind = RopeScaling::Kind::linear;
    scaling.factor = reader.real("factor", 1e-3, 1e6);
  } else if (type == "llama3") {
    scaling.kind = RopeScaling::Kind::llama3;
    scaling.factor = reader.real("factor", 1e-3, 1e6);
    scaling.low_frequency_factor = reader.real("low_freq_factor", 1e-3, 1e6);
    scaling.high_frequency_factor = reader.real("high_freq_factor", 1e-3, 1e6);
    scaling.original_positions =
        reader.count("original_max_position_embeddings", kMostPositions, 8192);
    if (scaling.high_frequency_factor <= scaling.low_frequency_factor) {
      reader.fail(HOLO_INVALID_ARG,
                  "'high_freq_factor' is not above 'low_freq_factor' in the rope settings");
    }
  } else if (!type.empty() && type != "default") {
    reader.fail(HOLO_UNSUPPORTED, "rope scaling of type '" + type.substr(0, 40) +
                                      "'; this runtime knows default, linear and llama3");
  }
  parent.take_failure(reader);
  return scaling;
}

// Newer files have everything under "rope_parameters", older ones theta at the top.
void read_rope(ConfigReader& reader, ModelConfig& config) {
  const json& parameters = member(reader.object(), "rope_parameters");
  const json& scaling = member(reader.object(), "rope_scaling");
  ConfigReader inner(parameters, reader.name());
  const double theta = inner.real("rope_theta", 1, 1e12, reader.real("rope_theta", 1, 1e12, 10000));
  const double turned =
      inner.real("partial_rotary_factor", 0, 1, reader.real("partial_rotary_factor", 0, 1, 1));
  reader.take_failure(inner);
  if (turned != 1) {
    reader.fail(HOLO_UNSUPPORTED,
                "'partial_rotary_factor' is not 1; this runtime turns whole heads only");
  }
  const RopeScaling found = read_scaling(reader, parameters.is_null() ? scaling : parameters);
  if (reader.status().ok()) config.rope = make_rope(config.head_dim, theta, found);
}

void read_llama(ConfigReader& reader, const std::string& type, ModelConfig& config) {
  config.architecture = Architecture::llama;
  config.layers = reader.count("num_hidden_layers", kMostLayers);
  config.heads = reader.count("num_attention_heads", kMostHeads);
  config.hidden = reader.count("hidden_size", kLargestHidden);
  config.kv_heads = reader.count("num_key_value_heads", kMostHeads, config.heads);
  config.head_dim =
      reader.count("head_dim", kLargestHead, std::max(1, config.hidden / config.heads));
  config.intermediate = reader.count("intermediate_size", kLargestIntermediate);
  config.vocabulary = reader.count("vocab_size", kLargestVocabulary);
  config.max_positions = reader.count("max_position_embeddings", kMostPositions);
  config.norm_epsilon = reader.real("rms_norm_eps", 0, 1, 1e-6);
  config.tied_head = reader.flag("tie_word_embeddings", false);
  config.attention_bias = type == "qwen2" || reader.flag("attention_bias", false);
  reader.choice("hidden_act", {"silu", "swish"});
  reader.require("mlp_bias", false);
  if (config.heads % config.kv_heads != 0) {
    reader.fail(HOLO_INVALID_ARG, "'num_attention_heads' is " + std::to_string(config.heads) +
                                      ", expected a multiple of 'num_key_value_heads' " +
                                      std::to_string(config.kv_heads));
  }
  if (config.head_dim % 2 != 0) {
    reader.fail(HOLO_INVALID_ARG, "the width of a head is " + std::to_string(config.head_dim) +
                                      ", expected an even number for the rotary embedding");
  }
  if (type != "qwen2" || reader.flag("use_sliding_window", false)) {
    const auto window = reader.count("sliding_window", INT32_MAX, INT32_MAX);
    if (window < config.max_positions) {
      reader.fail(HOLO_UNSUPPORTED, "attention in a sliding window of " + std::to_string(window) +
                                        " positions; this runtime attends to all of the " +
                                        std::to_string(config.max_positions));
    }
  }
}

}  // namespace

const char* ModelConfig::architecture_name() const {
  return architecture == Architecture::gpt2 ? "gpt2" : "llama";
}

Result<ModelConfig> parse_config(const std::string& text, const std::string& name) {
  HOLO_ASSIGN(const auto object, parse_json_object(text, name));
  const std::string type = text_member(object, "model_type");
  ConfigReader reader(object, name);
  ModelConfig config;
  if (!member(object, "quantization_config").is_null()) {
    return make_error(HOLO_UNSUPPORTED, name +
                                            ": the weights are quantised; use the model's f32, f16 "
                                            "or bf16 files");
  }
  if (type == "gpt2") {
    read_gpt2(reader, config);
  } else if (type == "llama" || type == "mistral" || type == "qwen2") {
    read_llama(reader, type, config);
    read_rope(reader, config);
  } else {
    return make_error(HOLO_UNSUPPORTED, name + ": architecture '" + type.substr(0, 60) +
                                            "' is not known; this runtime has gpt2, llama, mistral "
                                            "and qwen2 ('model_type')");
  }
  read_special_ids(reader, config);
  HOLO_TRY(reader.status());
  return config;
}

Result<ModelConfig> read_config(const std::string& folder) {
  const std::string path = folder + "/config.json";
  HOLO_ASSIGN(const auto text, read_text_file(path, kLargestFile));
  return parse_config(text, "'" + path + "'");
}

holo_model describe_model(const ModelConfig& config, holo_rope& rope) {
  holo_model model{};
  model.struct_size = sizeof model;
  model.layers = config.layers;
  model.architecture = config.architecture_name();
  model.hidden = config.hidden;
  model.heads = config.heads;
  model.kv_heads = config.kv_heads;
  model.head_dim = config.head_dim;
  model.max_positions = config.max_positions;
  model.vocabulary = config.vocabulary;
  rope = {};
  rope.struct_size = sizeof rope;
  if (config.rope.dimensions > 0) {
    rope.layout = HOLO_ROPE_HALVES;
    rope.dimensions = config.rope.dimensions;
    rope.scale = config.rope.scale;
    rope.inverse_frequencies = config.rope.inverse_frequencies.data();
    model.has_rope = 1;
    model.rope = &rope;
  }
  return model;
}

}  // namespace holo::lm
