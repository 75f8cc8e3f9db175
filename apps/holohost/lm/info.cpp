// holohost lm info
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/holohost/lm/actions.hpp"
#include "apps/holohost/lm/options.hpp"
#include "apps/holohost/session.hpp"
#include "core/lm/patched_folder.hpp"
#include "core/lm/tokenizer.hpp"
#include "core/lm/weights.hpp"

namespace holo::cli {

namespace {

constexpr Option kOwn[] = {
    {"model", 'm', "DIR", "model folder, or one that 'lm build' made", Complete::directory},
    {"tensors", 0, nullptr, "list every tensor"},
};
constexpr auto kOptions = join_options(kOwn, kJsonOption);

struct DtypeRow {
  lm::Dtype dtype;
  const char* name;
  std::uint64_t bytes;
};
constexpr DtypeRow kDtypes[] = {
    {lm::Dtype::f32, "f32", 4}, {lm::Dtype::f16, "f16", 2}, {lm::Dtype::bf16, "bf16", 2}};

const DtypeRow& dtype_row(lm::Dtype dtype) {
  for (const DtypeRow& row : kDtypes) {
    if (row.dtype == dtype) return row;
  }
  return kDtypes[0];
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t extent : shape)
    text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

nlohmann::ordered_json tensors_json(const lm::Weights& weights) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const lm::TensorInfo& tensor : weights.tensors()) {
    rows.push_back({{"name", tensor.name},
                    {"dtype", dtype_row(tensor.dtype).name},
                    {"shape", tensor.shape},
                    {"file", tensor.file}});
  }
  return rows;
}

Result<int> info(const Arguments& arguments) {
  std::string folder = arguments.text("model");
  if (folder.empty()) {
    HOLO_ASSIGN(folder, arguments.one_operand("a model folder"));
  }
  HOLO_ASSIGN(const lm::PatchedFolder patched, lm::open_patched_folder(folder));
  HOLO_ASSIGN(const lm::ModelConfig config, lm::read_config(patched.model));
  HOLO_ASSIGN(const auto weights, lm::Weights::open(patched.model));
  HOLO_ASSIGN(const auto tokenizer, lm::Tokenizer::open(patched.model));
  HOLO_TRY(lm::check_tokenizer(*tokenizer, config));
  std::uint64_t parameters = 0;
  std::uint64_t bytes = 0;
  for (const lm::TensorInfo& tensor : weights->tensors()) {
    std::uint64_t count = 1;
    for (const std::int64_t extent : tensor.shape) count *= static_cast<std::uint64_t>(extent);
    parameters += count;
    bytes += count * dtype_row(tensor.dtype).bytes;
  }
  const auto f16_bytes = std::uint64_t{4} * static_cast<std::uint64_t>(config.layers) *
                         static_cast<std::uint64_t>(config.kv_width());
  if (wants_json(arguments)) {
    nlohmann::ordered_json kv = nlohmann::ordered_json::array();
    for (const lm::BuiltStrategy& built : patched.strategies) kv.push_back(built.kv);
    nlohmann::ordered_json json = {{"model", patched.model},
                                   {"architecture", config.architecture_name()},
                                   {"layers", config.layers},
                                   {"hidden", config.hidden},
                                   {"heads", config.heads},
                                   {"kv_heads", config.kv_heads},
                                   {"head_dim", config.head_dim},
                                   {"intermediate", config.intermediate},
                                   {"vocabulary", config.vocabulary},
                                   {"max_positions", config.max_positions},
                                   {"parameters", parameters},
                                   {"bytes", bytes},
                                   {"kv_bytes_per_token_f16", f16_bytes},
                                   {"strategies", std::move(kv)}};
    if (arguments.has("tensors")) json["tensors"] = tensors_json(*weights);
    return print_json(std::move(json));
  }
  std::printf("model        %s (%s)\n", patched.model.c_str(), config.architecture_name());
  std::printf("shape        %d layers, width %d, %d heads of %d (%d for keys and values)\n",
              config.layers, config.hidden, config.heads, config.head_dim, config.kv_heads);
  std::printf("context      %d tokens, vocabulary %d\n", config.max_positions, config.vocabulary);
  std::printf("parameters   %s million in %s\n",
              fixed(static_cast<double>(parameters) / 1e6, 1).c_str(), human_bytes(bytes).c_str());
  std::printf("cache        %llu bytes a token in f16, %s for a full context\n",
              static_cast<unsigned long long>(f16_bytes),
              human_bytes(f16_bytes * static_cast<std::uint64_t>(config.max_positions)).c_str());
  for (const lm::BuiltStrategy& built : patched.strategies) {
    std::printf("strategy     %s\n", built.kv.c_str());
  }
  if (!arguments.has("tensors")) return kExitOk;
  for (const lm::TensorInfo& tensor : weights->tensors()) {
    std::printf("%-5s %-20s %s\n", dtype_row(tensor.dtype).name, shape_text(tensor.shape).c_str(),
                tensor.name.c_str());
  }
  return kExitOk;
}

int run(const Arguments& arguments) {
  auto code = info(arguments);
  return code ? *code : report_error(arguments, code.error());
}

}  // namespace

Verb lm_info_action() {
  return {"lm info",
          "DIR [--tensors] [--json]",
          "Say what a model is",
          "Checks config.json, the headers of the weights and the tokenizer against each other. No "
          "weight is\nread.",
          "  holohost lm info gpt2\n",
          kOptions,
          Complete::directory,
          run};
}

}  // namespace holo::cli
