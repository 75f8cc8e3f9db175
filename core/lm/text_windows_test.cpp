#include "core/lm/text_windows.hpp"

#include <catch2/catch.hpp>
#include <vector>

using holo::lm::text_windows;
using holo::lm::TextWindow;

namespace {

// How often each token is a target.
std::vector<int> target_counts(std::size_t tokens, std::size_t window, std::size_t stride) {
  std::vector<int> counts(tokens);
  for (const TextWindow& each : text_windows(tokens, window, stride)) {
    REQUIRE(each.end - each.begin <= window);
    REQUIRE(each.end <= tokens);
    REQUIRE(each.begin < each.first_target);
    for (std::size_t t = each.first_target; t < each.end; ++t) ++counts[t];
  }
  return counts;
}

}  // namespace

TEST_CASE("stride = window - 1 predicts every token but the first once") {
  for (const std::size_t tokens : {2u, 255u, 256u, 257u, 511u, 512u, 1000u}) {
    std::vector<int> expected(tokens, 1);
    expected[0] = 0;
    CHECK(target_counts(tokens, 256, 255) == expected);
  }
}

TEST_CASE("stride = window leaves out the first token of each window") {
  const auto counts = target_counts(2048, 1024, 1024);
  for (std::size_t t = 0; t < counts.size(); ++t) CHECK(counts[t] == (t % 1024 == 0 ? 0 : 1));
}

TEST_CASE("overlapping windows predict with at least window - stride tokens of context") {
  const auto windows = text_windows(1000, 200, 50);
  CHECK(target_counts(1000, 200, 50)[999] == 1);
  for (std::size_t i = 1; i < windows.size(); ++i) {
    CHECK(windows[i].first_target == windows[i - 1].end);
    CHECK(windows[i].first_target - windows[i].begin == 150);
  }
}

TEST_CASE("a text of less than two tokens has nothing to predict") {
  CHECK(text_windows(0, 16, 16).empty());
  CHECK(text_windows(1, 16, 16).empty());
}
