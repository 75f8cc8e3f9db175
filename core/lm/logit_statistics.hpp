// What one row of logits says about the next token, alone and against another row.
#pragma once

#include <cstdint>
#include <span>

namespace holo::lm {

struct LogitStatistics {
  double negative_log_likelihood = 0;  // of the target, nats
  double full_negative_log_likelihood = 0;
  double kl = 0;           // KL(full || row), nats
  bool same_top1 = false;  // lowest id wins a tie
};

// `full` may be empty: then only negative_log_likelihood is set. 0 <= target < logits.size().
LogitStatistics logit_statistics(std::span<const float> logits, std::span<const float> full,
                                 std::int32_t target);

}  // namespace holo::lm
