// Windows go through the model side by side, so that one pass over the weights serves them all.
#include "core/lm/evaluate.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "core/lm/forward.hpp"
#include "core/lm/logit_statistics.hpp"
#include "core/lm/parallel.hpp"
#include "core/lm/text_windows.hpp"

namespace holo::lm {

namespace {

// Logits of one step: 256 rows of 50257 numbers are 51 MB.
constexpr std::size_t kMostRows = 256;

// A window in work: the sequence that is measured and, to compare, one with a full cache.
struct Lane {
  TextWindow window;
  Sequence measured;
  std::vector<Sequence> full;  // one or none
  std::size_t done = 0;        // tokens that went in

  // The last token of a window is a target only.
  [[nodiscard]] std::size_t left() const { return window.end - window.begin - 1 - done; }
};

struct Totals {
  double negative_log_likelihood = 0;
  double full_negative_log_likelihood = 0;
  double kl = 0;
  std::uint64_t same_top1 = 0;
  std::uint64_t tokens = 0;
  double bytes_per_token = 0;  // weighed by `positions`
  double positions = 0;
  std::uint64_t fixed_bytes = 0;

  void add(const LogitStatistics& row) {
    negative_log_likelihood += row.negative_log_likelihood;
    full_negative_log_likelihood += row.full_negative_log_likelihood;
    kl += row.kl;
    same_top1 += row.same_top1 ? 1 : 0;
    ++tokens;
  }
};

class Evaluator {
 public:
  Evaluator(std::shared_ptr<const Model> model, std::shared_ptr<const host::PatchSet> set,
            std::span<const std::int32_t> tokens, const EvaluateOptions& options, host::Job& job)
      : model_(std::move(model)),
        set_(std::move(set)),
        tokens_(tokens),
        options_(options),
        job_(job),
        forward_(*model_, job) {}

  Status run(std::span<const TextWindow> windows) {
    std::uint64_t targets = 0;
    for (const TextWindow& window : windows) targets += window.end - window.first_target;
    job_.begin_phase("evaluate", targets);
    const std::size_t batch = std::max<std::size_t>(1, options_.batch);
    for (std::size_t at = 0; at < windows.size(); at += batch) {
      HOLO_TRY(run_batch(windows.subspan(at, std::min(batch, windows.size() - at))));
    }
    job_.finish_phase();
    return {};
  }

  [[nodiscard]] const Totals& totals() const { return totals_; }

 private:
  Status run_batch(std::span<const TextWindow> windows) {
    std::vector<Lane> lanes;
    for (const TextWindow& window : windows) {
      HOLO_ASSIGN(Sequence measured, Sequence::create(model_, set_));
      lanes.push_back({window, std::move(measured), {}, 0});
      if (!options_.compare_full) continue;
      HOLO_ASSIGN(Sequence full, Sequence::create(model_, nullptr));
      lanes.back().full.push_back(std::move(full));
    }
    std::vector<Lane*> busy;
    for (Lane& lane : lanes) busy.push_back(&lane);
    while (!busy.empty()) {
      HOLO_TRY(job_.check_cancelled());
      HOLO_TRY(step(busy));
      std::erase_if(busy, [](const Lane* lane) { return lane->left() == 0; });
    }
    for (Lane& lane : lanes) HOLO_TRY(count_bytes(lane));
    return {};
  }

  Status step(std::span<Lane* const> lanes) {
    const std::size_t runs_a_lane = options_.compare_full ? 2 : 1;
    const std::size_t room = std::max<std::size_t>(1, kMostRows / (lanes.size() * runs_a_lane));
    const std::size_t chunk = std::clamp<std::size_t>(options_.chunk, 1, room);
    std::vector<Run> runs;
    for (Lane* lane : lanes) {
      const auto next =
          tokens_.subspan(lane->window.begin + lane->done, std::min(chunk, lane->left()));
      runs.push_back({&lane->measured, next});
      for (Sequence& full : lane->full) runs.push_back({&full, next});
    }
    HOLO_ASSIGN(const auto logits, forward_.step(runs, LogitRows::all));
    const auto vocabulary = static_cast<std::size_t>(model_->config().vocabulary);
    std::vector<Target> targets;
    std::size_t row = 0;
    for (Lane* lane : lanes) {
      const std::size_t count = std::min(chunk, lane->left());
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t target = lane->window.begin + lane->done + i + 1;
        if (target >= lane->window.first_target)
          targets.push_back({row + i, row + count + i, target});
      }
      row += count * runs_a_lane;
      lane->done += count;
    }
    std::vector<LogitStatistics> statistics(targets.size());
    parallel_for(job_, targets.size(), [&](std::size_t i, std::uint32_t) {
      const Target& target = targets[i];
      const auto full = options_.compare_full
                            ? logits.subspan(target.full_row * vocabulary, vocabulary)
                            : std::span<const float>{};
      statistics[i] = logit_statistics(logits.subspan(target.row * vocabulary, vocabulary), full,
                                       tokens_[target.token]);
    });
    for (const LogitStatistics& each : statistics) totals_.add(each);
    if (!targets.empty()) job_.begin_unit(totals_.tokens - 1);
    return {};
  }

  Status count_bytes(Lane& lane) {
    HOLO_ASSIGN(const holo_kv_bytes bytes, lane.measured.bytes());
    // Short last windows say little about the length that was asked for.
    if (lane.window.end - lane.window.begin < options_.window && totals_.positions > 0) return {};
    totals_.bytes_per_token += static_cast<double>(bytes.payload);
    totals_.positions += static_cast<double>(bytes.positions);
    totals_.fixed_bytes = std::max(totals_.fixed_bytes, bytes.fixed);
    return {};
  }

  struct Target {
    std::size_t row;
    std::size_t full_row;
    std::size_t token;  // of the text
  };

  std::shared_ptr<const Model> model_;
  std::shared_ptr<const host::PatchSet> set_;
  std::span<const std::int32_t> tokens_;
  EvaluateOptions options_;
  host::Job& job_;
  Forward forward_;
  Totals totals_;
};

Status check(const ModelConfig& config, std::span<const std::int32_t> tokens,
             const EvaluateOptions& options) {
  if (tokens.size() < 2) {
    return make_error(HOLO_INVALID_ARG, "the text has " + std::to_string(tokens.size()) +
                                            " tokens; at least 2 are needed to predict one");
  }
  const auto longest = static_cast<std::size_t>(config.max_positions);
  if (options.window < 2 || options.window > longest) {
    return make_error(HOLO_INVALID_ARG, "window: expected 2 to " + std::to_string(longest) +
                                            " tokens, the model's context, found " +
                                            std::to_string(options.window));
  }
  if (options.stride < 1 || options.stride > options.window) {
    return make_error(HOLO_INVALID_ARG, "stride: expected 1 to the window's " +
                                            std::to_string(options.window) + " tokens, found " +
                                            std::to_string(options.stride));
  }
  return {};
}

}  // namespace

Result<Evaluation> evaluate(const std::shared_ptr<const Model>& model,
                            const std::shared_ptr<const host::PatchSet>& set,
                            std::span<const std::int32_t> tokens, const EvaluateOptions& given,
                            host::Job& job) {
  const ModelConfig& config = model->config();
  EvaluateOptions options = given;
  if (options.window == 0) options.window = static_cast<std::size_t>(config.max_positions);
  if (options.stride == 0) options.stride = options.window;
  HOLO_TRY(check(config, tokens, options));
  const auto start = std::chrono::steady_clock::now();
  Evaluator evaluator(model, set, tokens, options, job);
  HOLO_TRY(evaluator.run(text_windows(tokens.size(), options.window, options.stride)));

  const Totals& totals = evaluator.totals();
  const auto count = static_cast<double>(totals.tokens);
  Evaluation result;
  result.tokens = totals.tokens;
  result.perplexity = std::exp(totals.negative_log_likelihood / count);
  if (options.compare_full) {
    result.full_perplexity = std::exp(totals.full_negative_log_likelihood / count);
    result.kl_to_full = totals.kl / count;
    result.top1_agreement = static_cast<double>(totals.same_top1) / count;
  }
  result.bytes_per_token = totals.positions > 0 ? totals.bytes_per_token / totals.positions : 0;
  result.f16_bytes_per_token = 4.0 * config.layers * config.kv_width();
  result.fixed_bytes = totals.fixed_bytes;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.tokens_per_second = result.seconds > 0 ? count / result.seconds : 0;
  return result;
}

}  // namespace holo::lm
