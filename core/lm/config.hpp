// What a model is: the facts of a Hugging Face config.json that the runtime needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <holo/abi/model_patch.h>

#include "core/base/result.hpp"

namespace holo::lm {

enum class Architecture { gpt2, llama };

// How a longer context was made from a shorter one ("rope_scaling" of config.json).
struct RopeScaling {
  enum class Kind { none, linear, llama3 };
  Kind kind = Kind::none;
  double factor = 1;
  double low_frequency_factor = 1;   // llama3
  double high_frequency_factor = 4;  // llama3
  double original_positions = 8192;  // llama3
};

// Rotary embedding: the angles of one head, scaling already applied.
struct Rope {
  std::int32_t dimensions = 0;  // of a head that turn; 0: no rotary embedding
  double theta = 10000;
  RopeScaling scaling;
  std::vector<float> inverse_frequencies;  // dimensions / 2
  double scale = 1;                        // of cosine and sine
};

struct ModelConfig {
  Architecture architecture = Architecture::gpt2;
  std::int32_t layers = 0;
  std::int32_t hidden = 0;  // width of the residual stream
  std::int32_t heads = 0;
  std::int32_t kv_heads = 0;
  std::int32_t head_dim = 0;
  std::int32_t intermediate = 0;  // width inside the feed-forward layer
  std::int32_t vocabulary = 0;
  std::int32_t max_positions = 0;
  double norm_epsilon = 1e-5;
  bool tied_head = true;        // the output matrix is the embedding
  bool attention_bias = false;  // llama family: biases on q, k, v (and o if the file has it)
  Rope rope;                    // llama family; layout HOLO_ROPE_HALVES
  std::int32_t bos = -1;        // -1: none
  std::vector<std::int32_t> eos;

  [[nodiscard]] std::int32_t kv_width() const { return kv_heads * head_dim; }
  [[nodiscard]] const char* architecture_name() const;  // "gpt2", "llama"
};

// `dimensions` is even. Llama 3's scaling is the formula of its "rope_type": "llama3".
Rope make_rope(std::int32_t dimensions, double theta, const RopeScaling& scaling = {});

// Reads and checks `folder`/config.json. UNSUPPORTED names the architecture or the setting that the
// runtime does not know; INVALID_ARG a value that is missing or impossible.
Result<ModelConfig> read_config(const std::string& folder);
// The same from the text of a config.json; `name` stands for it in messages.
Result<ModelConfig> parse_config(const std::string& text, const std::string& name);
// As config.json with the keys of Hugging Face, for what `lm train` writes; parse_config gives the
// same configuration back.
std::string config_json(const ModelConfig& config);

// As patches see the model. Borrows `config` and `rope`, which this fills.
holo_model describe_model(const ModelConfig& config, holo_rope& rope);

}  // namespace holo::lm
