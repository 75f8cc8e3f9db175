#include "core/lm/logit_statistics.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using holo::lm::logit_statistics;

TEST_CASE("likelihood and divergence of rows that can be worked out by hand") {
  // Probabilities 1/8, 1/8, 1/4, 1/2 and 1/2, 1/4, 1/8, 1/8, up to a constant in the logits.
  const auto logits = [](std::vector<double> p, double shift) {
    std::vector<float> row;
    for (const double each : p) row.push_back(static_cast<float>(std::log(each) + shift));
    return row;
  };
  const auto full = logits({0.125, 0.125, 0.25, 0.5}, 3);
  const auto other = logits({0.5, 0.25, 0.125, 0.125}, -70);
  const auto same = logit_statistics(full, full, 2);
  CHECK(same.negative_log_likelihood == Approx(std::log(4.0)));
  CHECK(same.kl == Approx(0).margin(1e-7));
  CHECK(same.same_top1);

  const auto changed = logit_statistics(other, full, 0);
  CHECK(changed.negative_log_likelihood == Approx(std::log(2.0)));
  CHECK(changed.full_negative_log_likelihood == Approx(std::log(8.0)));
  const double kl =
      0.125 * std::log(0.25) + 0.125 * std::log(0.5) + 0.25 * std::log(2.0) + 0.5 * std::log(4.0);
  CHECK(changed.kl == Approx(kl).epsilon(1e-5));
  CHECK_FALSE(changed.same_top1);
}

TEST_CASE("logits of any size do not overflow") {
  const std::vector<float> row = {1e4F, -1e4F, 9999.0F};
  const auto statistics = logit_statistics(row, {}, 0);
  CHECK(statistics.negative_log_likelihood == Approx(std::log1p(std::exp(-1.0))));
}
