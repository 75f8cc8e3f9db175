// Printing generated text.
#include "apps/holohost/lm/generation_report.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/holohost/session.hpp"

namespace holo::cli {

namespace {

struct StopRow {
  lm::StopReason reason;
  const char* word;
  const char* sentence;
};
constexpr StopRow kStops[] = {
    {lm::StopReason::max_tokens, "max_tokens", "stopped at --max-tokens"},
    {lm::StopReason::eos, "eos", "the text is at its end"},
    {lm::StopReason::context, "context", "the model's context is full"},
    {lm::StopReason::caller, "stopped", "stopped"},
};

const StopRow& stop_row(lm::StopReason reason) {
  for (const StopRow& row : kStops) {
    if (row.reason == reason) return row;
  }
  return kStops[0];
}

}  // namespace

void TextPrinter::add(const std::string& piece) {
  text_ += piece;
  if (!prints_ || piece.empty()) return;
  std::fwrite(piece.data(), 1, piece.size(), stdout);
  std::fflush(stdout);
}

void TextPrinter::begin(std::span<const std::int32_t> prompt) {
  for (const std::int32_t id : prompt) add(stream_.push(id));
}

void TextPrinter::push(std::int32_t id) { add(stream_.push(id)); }

void TextPrinter::finish() {
  add(stream_.finish());
  if (prints_) std::fputc('\n', stdout);
}

nlohmann::ordered_json generation_json(const lm::Generation& generation,
                                       std::span<const std::int32_t> prompt_ids,
                                       const std::string& text, const std::string& kv,
                                       lm::Sequence& sequence) {
  nlohmann::ordered_json json = {
      {"text", text},
      {"ids", generation.ids},
      {"prompt_ids", std::vector<std::int32_t>(prompt_ids.begin(), prompt_ids.end())},
      {"tokens_per_second", generation.tokens_per_second()},
      {"prefill_tokens_per_second", generation.prefill_tokens_per_second()},
      {"stopped_by", stop_row(generation.stop).word}};
  const auto bytes = sequence.bytes();
  if (bytes && bytes->positions > 0) {
    json["kv"] = {{"spec", kv},
                  {"bytes_per_token",
                   static_cast<double>(bytes->payload) / static_cast<double>(bytes->positions)},
                  {"fixed_bytes", bytes->fixed}};
  }
  return json;
}

std::string generation_line(const lm::Generation& generation) {
  return std::to_string(generation.ids.size()) + " tokens, " +
         fixed(generation.tokens_per_second(), 1) + " tokens/s; prompt of " +
         std::to_string(generation.prompt_tokens) + " tokens at " +
         fixed(generation.prefill_tokens_per_second(), 0) + " tokens/s; " +
         stop_row(generation.stop).sentence;
}

int report_streamed(const Arguments& arguments, const Error& error) {
  if (error.code != HOLO_CANCELLED && !host::Job::cancelled()) {
    return report_error(arguments, error);
  }
  end_progress();
  std::fprintf(stderr, "holohost %s: stopped\n", arguments.verb().name);
  return kExitCancelled;
}

}  // namespace holo::cli
