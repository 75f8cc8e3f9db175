// config.json: what is taken over, what is refused, and that damage never passes for a model.
#include "core/lm/config.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/lm/format_test_support.hpp"

namespace holo::lm::test {
namespace {

using nlohmann::json;

json gpt2() {
  return {{"model_type", "gpt2"},
          {"n_layer", 12},
          {"n_head", 12},
          {"n_embd", 768},
          {"n_positions", 1024},
          {"vocab_size", 50257},
          {"layer_norm_epsilon", 1e-5},
          {"activation_function", "gelu_new"},
          {"bos_token_id", 50256},
          {"eos_token_id", 50256}};
}
json llama() {
  return {{"model_type", "llama"},          {"num_hidden_layers", 4}, {"num_attention_heads", 8},
          {"num_key_value_heads", 2},       {"hidden_size", 128},     {"intermediate_size", 352},
          {"max_position_embeddings", 512}, {"vocab_size", 1000},     {"rms_norm_eps", 1e-6},
          {"rope_theta", 500000.0},         {"hidden_act", "silu"},   {"bos_token_id", 1},
          {"eos_token_id", {2, 7}}};
}
Result<ModelConfig> parse(const json& object) { return parse_config(object.dump(), "test"); }
Error refused(const json& object) {
  const auto config = parse(object);
  REQUIRE(!config.ok());
  return config.error();
}
json with(json object, const std::string& key, const json& value) {
  object[key] = value;
  return object;
}
bool mentions(const Error& error, const std::string& text) {
  CAPTURE(error.message, text);
  return error.message.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("GPT-2's configuration") {
  const auto config = parse(gpt2());
  REQUIRE(config.ok());
  CHECK(config->architecture == Architecture::gpt2);
  CHECK(config->layers == 12);
  CHECK(config->head_dim == 64);
  CHECK(config->kv_width() == 768);
  CHECK(config->intermediate == 3072);
  CHECK(config->max_positions == 1024);
  CHECK(config->tied_head);
  CHECK(config->rope.dimensions == 0);
  CHECK(config->eos == std::vector<std::int32_t>{50256});
}

TEST_CASE("a configuration of the Llama family") {
  const auto config = parse(llama());
  REQUIRE(config.ok());
  CHECK(config->architecture == Architecture::llama);
  CHECK(config->head_dim == 16);
  CHECK(config->kv_width() == 32);
  CHECK(!config->tied_head);
  CHECK(!config->attention_bias);
  CHECK(config->eos == std::vector<std::int32_t>{2, 7});
  REQUIRE(config->rope.inverse_frequencies.size() == 8);
  CHECK(config->rope.inverse_frequencies[0] == 1.0f);
  CHECK(config->rope.inverse_frequencies[4] == Approx(1 / std::sqrt(500000.0)));
  CHECK(parse(with(llama(), "head_dim", 32))->kv_width() == 64);

  const auto qwen = parse(with(with(llama(), "model_type", "qwen2"), "sliding_window", 64));
  REQUIRE(qwen.ok());
  CHECK(qwen->attention_bias);
}

TEST_CASE("rope scaling") {
  const json linear = {{"type", "linear"}, {"factor", 4.0}};
  const auto slow = parse(with(llama(), "rope_scaling", linear));
  REQUIRE(slow.ok());
  CHECK(slow->rope.inverse_frequencies[0] == 0.25f);

  json llama3 = {{"rope_type", "llama3"},
                 {"factor", 8.0},
                 {"low_freq_factor", 1.0},
                 {"high_freq_factor", 4.0},
                 {"original_max_position_embeddings", 8192}};
  auto object = with(with(llama(), "head_dim", 128), "rope_scaling", llama3);
  const auto old_style = parse(object);
  REQUIRE(old_style.ok());
  const auto& frequencies = old_style->rope.inverse_frequencies;
  // From an independent evaluation of the published formula in double precision.
  CHECK(frequencies[0] == 1.0f);
  CHECK(frequencies[28] == Approx(3.21144599e-03).epsilon(1e-6));
  CHECK(frequencies[31] == Approx(8.56751413e-04).epsilon(1e-6));
  CHECK(frequencies[63] == Approx(3.06892599e-07).epsilon(1e-6));

  object.erase("rope_scaling");
  object.erase("rope_theta");
  llama3["rope_theta"] = 500000.0;
  const auto new_style = parse(with(object, "rope_parameters", llama3));
  REQUIRE(new_style.ok());
  CHECK(new_style->rope.inverse_frequencies == frequencies);
}

TEST_CASE("a configuration that is written reads as the same") {
  const json scaling = {{"rope_type", "llama3"},
                        {"factor", 8.0},
                        {"low_freq_factor", 1.0},
                        {"high_freq_factor", 4.0},
                        {"original_max_position_embeddings", 256}};
  for (const auto& object : {gpt2(), llama(), with(llama(), "rope_scaling", scaling),
                             with(with(llama(), "model_type", "qwen2"), "head_dim", 48)}) {
    const auto config = parse(object);
    REQUIRE(config.ok());
    const auto again = parse_config(config_json(*config), "again");
    REQUIRE(again.ok());
    CHECK(config_json(*again) == config_json(*config));
    CHECK(again->rope.inverse_frequencies == config->rope.inverse_frequencies);
    CHECK(again->kv_width() == config->kv_width());
    CHECK(again->eos == config->eos);
    CHECK(again->attention_bias == config->attention_bias);
  }
}

TEST_CASE("what the runtime does not compute is refused by name") {
  const auto unknown = refused(with(gpt2(), "model_type", "mamba"));
  CHECK(unknown.code == HOLO_UNSUPPORTED);
  CHECK(mentions(unknown, "mamba"));
  CHECK(mentions(unknown, "gpt2, llama, mistral and qwen2"));
  const std::vector<std::pair<json, std::string>> cases = {
      {with(gpt2(), "activation_function", "relu"), "relu"},
      {with(gpt2(), "scale_attn_by_inverse_layer_idx", true), "scale_attn_by_inverse_layer_idx"},
      {with(llama(), "hidden_act", "gelu"), "gelu"},
      {with(llama(), "mlp_bias", true), "mlp_bias"},
      {with(llama(), "partial_rotary_factor", 0.5), "partial_rotary_factor"},
      {with(llama(), "rope_scaling", {{"rope_type", "yarn"}}), "yarn"},
      {with(llama(), "quantization_config", {{"bits", 4}}), "quantised"},
      {with(with(llama(), "model_type", "mistral"), "sliding_window", 128), "sliding window"}};
  for (const auto& [object, text] : cases) {
    const auto error = refused(object);
    CHECK(error.code == HOLO_UNSUPPORTED);
    CHECK(mentions(error, text));
  }
}

TEST_CASE("impossible values are refused with the key and what was expected") {
  for (const char* key : {"n_layer", "n_head", "n_embd", "vocab_size", "n_positions"}) {
    for (const json& value : {json(0), json(-3), json(1.5), json("12"), json(1u << 31)}) {
      CAPTURE(key, value.dump());
      const auto error = refused(with(gpt2(), key, value));
      CHECK(error.code == HOLO_INVALID_ARG);
      CHECK(mentions(error, key));
    }
  }
  CHECK(mentions(refused(with(gpt2(), "n_head", 7)), "n_head"));
  CHECK(mentions(refused(with(llama(), "num_key_value_heads", 3)), "num_key_value_heads"));
  CHECK(mentions(refused(with(llama(), "head_dim", 15)), "even"));
  CHECK(mentions(refused(with(llama(), "eos_token_id", {2, 1000})), "eos_token_id"));
  auto missing = llama();
  missing.erase("hidden_size");
  CHECK(mentions(refused(missing), "'hidden_size' is missing"));
  CHECK(mentions(refused(json::array()), "expected '{'"));
}

TEST_CASE("a damaged config.json is a configuration within bounds or an error with words") {
  int errors = 0;
  for (const auto& object : {gpt2(), llama()}) {
    mutate_text(object.dump(), 4000, [&errors](const std::string& text) {
      const auto config = parse_config(text, "damaged");
      if (config.ok()) {
        REQUIRE(config->heads % config->kv_heads == 0);
        REQUIRE(config->kv_width() > 0);
        return;
      }
      ++errors;
      REQUIRE(config.error().message.size() > 15);
    });
  }
  CHECK(errors > 1000);
}

TEST_CASE("what patches see of a model") {
  const auto config = parse(llama());
  REQUIRE(config.ok());
  holo_rope rope{};
  const holo_model model = describe_model(*config, rope);
  CHECK(model.kv_heads == 2);
  CHECK(model.has_rope == 1);
  CHECK(model.rope == &rope);
  CHECK(rope.dimensions == 16);
  CHECK(rope.layout == HOLO_ROPE_HALVES);
  CHECK(rope.inverse_frequencies == config->rope.inverse_frequencies.data());
  holo_rope none{};
  const auto plain = parse(gpt2());
  CHECK(describe_model(*plain, none).rope == nullptr);
}

}  // namespace holo::lm::test
