// Text of an evaluation in, figures out.
#include "apps/holohost/lm/evaluation_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace holo::cli {

namespace {

// Not inside a character: continuation bytes go with their first one.
std::size_t character_start(const std::string& text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return std::min(at, text.size());
}

}  // namespace

Result<EvaluationText> evaluation_text(const LmSession& session, const Arguments& arguments) {
  if (!arguments.has("text")) {
    return make_error(HOLO_INVALID_ARG, "expected --text FILE, the text to predict");
  }
  const std::string path = arguments.text("text");
  HOLO_ASSIGN(std::string text, read_text(path));
  HOLO_ASSIGN(const auto skip, arguments.integer("skip-characters", 0, 0, INT64_MAX));
  text.erase(0, character_start(text, static_cast<std::size_t>(skip)));
  HOLO_ASSIGN(const auto most, arguments.integer("characters", INT64_MAX, 1, INT64_MAX));
  text.resize(character_start(text, std::min(text.size(), static_cast<std::size_t>(most))));
  EvaluationText result;
  HOLO_ASSIGN(result.ids, session.encode(text, path));
  const int longest = session.model->config().max_positions;
  HOLO_ASSIGN(const auto window, arguments.integer("window", longest, 2, longest));
  HOLO_ASSIGN(const auto stride, arguments.integer("stride", window, 1, window));
  HOLO_ASSIGN(const auto chunk, arguments.integer("chunk", 1, 1, longest));
  HOLO_ASSIGN(const auto batch, arguments.integer("batch", 16, 1, 4096));
  result.options = {static_cast<std::size_t>(window), static_cast<std::size_t>(stride),
                    static_cast<std::size_t>(chunk), static_cast<std::size_t>(batch),
                    !arguments.has("no-compare")};
  return result;
}

nlohmann::ordered_json evaluation_json(const lm::Evaluation& result, const std::string& kv,
                                       const lm::EvaluateOptions& options) {
  nlohmann::ordered_json json = {{"perplexity", result.perplexity}, {"tokens", result.tokens}};
  if (options.compare_full) {
    json["kl_to_full"] = result.kl_to_full;
    json["top1_agreement"] = result.top1_agreement;
    json["full_perplexity"] = result.full_perplexity;
  } else {
    json["kl_to_full"] = nullptr;  // --no-compare
    json["top1_agreement"] = nullptr;
    json["full_perplexity"] = nullptr;
  }
  json["kv"] = {{"spec", kv},
                {"bytes_per_token", result.bytes_per_token},
                {"compression_vs_f16", result.compression_vs_f16()},
                {"fixed_bytes", result.fixed_bytes}};
  json["window"] = options.window;
  json["stride"] = options.stride;
  json["chunk"] = options.chunk;
  json["seconds"] = result.seconds;
  json["tokens_per_second"] = result.tokens_per_second;
  return json;
}

std::string evaluation_lines(const lm::Evaluation& result, const std::string& kv,
                             const lm::EvaluateOptions& options) {
  std::string text = "perplexity       " + fixed(result.perplexity, 4) + "  over " +
                     std::to_string(result.tokens) + " tokens\n";
  if (options.compare_full && kv != "none") {
    const double change = 100 * (result.perplexity / result.full_perplexity - 1);
    text += "full cache       " + fixed(result.full_perplexity, 4) + "  (" +
            (change >= 0 ? "+" : "") + fixed(change, 2) + " %)\n" + "KL to full       " +
            fixed(result.kl_to_full, 5) + " nats a token\n" + "top-1 agreement  " +
            fixed(100 * result.top1_agreement, 2) + " %\n";
  }
  text += "cache            " + fixed(result.bytes_per_token, 1) + " bytes a token, " +
          fixed(result.compression_vs_f16(), 2) + "x against f16 (" + kv + ")\n";
  if (result.fixed_bytes > 0) {
    text += "bases            " + human_bytes(result.fixed_bytes) + " once a model\n";
  }
  return text + "speed            " + fixed(result.tokens_per_second, 0) + " tokens/s, " +
         std::to_string(options.batch) + " windows at a time\n";
}

}  // namespace holo::cli
