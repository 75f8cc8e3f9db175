// Log-softmax in double precision: a sum of fifty thousand terms in float loses digits that show.
#include "core/lm/logit_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace holo::lm {

namespace {

double log_sum(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - largest);
  return largest + std::log(sum);
}

}  // namespace

LogitStatistics logit_statistics(std::span<const float> logits, std::span<const float> full,
                                 std::int32_t target) {
  LogitStatistics statistics;
  const auto at = static_cast<std::size_t>(target);
  const double norm = log_sum(logits);
  statistics.negative_log_likelihood = norm - static_cast<double>(logits[at]);
  if (full.empty()) return statistics;
  const double full_norm = log_sum(full);
  statistics.full_negative_log_likelihood = full_norm - static_cast<double>(full[at]);
  for (std::size_t i = 0; i < full.size(); ++i) {
    const double log_p = static_cast<double>(full[i]) - full_norm;
    const double log_q = static_cast<double>(logits[i]) - norm;
    statistics.kl += std::exp(log_p) * (log_p - log_q);
  }
  const auto top = [](std::span<const float> row) {
    return std::max_element(row.begin(), row.end()) - row.begin();
  };
  statistics.same_top1 = top(logits) == top(full);
  return statistics;
}

}  // namespace holo::lm
