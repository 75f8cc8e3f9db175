// Choosing tokens: greedy, filtered, and with the frequencies that the logits say.
#include "core/lm/sampler.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace holo;
using namespace holo::lm;

namespace {

Sampler sampler(const SamplerOptions& options) {
  auto created = Sampler::create(options);
  REQUIRE(created.ok());
  return std::move(created).value();
}

std::int32_t draw(Sampler& from, std::span<const float> logits) {
  auto id = from.sample(logits);
  REQUIRE(id.ok());
  return *id;
}

std::vector<double> frequencies(const SamplerOptions& options, std::span<const float> logits) {
  Sampler from = sampler(options);
  std::vector<double> counts(logits.size());
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) {
    counts[static_cast<std::size_t>(draw(from, logits))] += 1.0 / kDraws;
  }
  return counts;
}

}  // namespace

TEST_CASE("without temperature the most likely token is taken, the lowest id of equals") {
  Sampler greedy = sampler({});
  CHECK(draw(greedy, std::vector<float>{1, 5, 3, 5}) == 1);
  CHECK(draw(greedy, std::vector<float>{-2}) == 0);
  Sampler one = sampler({.temperature = 2, .top_k = 1});
  CHECK(draw(one, std::vector<float>{1, 5, 3, 5}) == 1);
}

TEST_CASE("tokens are drawn as often as the softmax of the logits says") {
  const std::vector<float> logits = {0, 1, 2, -1};
  const double temperature = 1.5;
  std::vector<double> expected;
  double sum = 0;
  for (const float v : logits) sum += std::exp(static_cast<double>(v) / temperature);
  for (const float v : logits) {
    expected.push_back(std::exp(static_cast<double>(v) / temperature) / sum);
  }
  const auto found = frequencies({.temperature = temperature, .seed = 3}, logits);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    CHECK(found[i] == Approx(expected[i]).margin(0.015));
  }
}

TEST_CASE("top_k and top_p leave the likely tokens only") {
  const std::vector<float> logits = {std::log(0.1F), std::log(0.4F), std::log(0.3F),
                                     std::log(0.2F)};
  auto found = frequencies({.temperature = 1, .top_k = 2}, logits);
  CHECK(found[0] == 0);
  CHECK(found[3] == 0);
  CHECK(found[1] == Approx(4.0 / 7).margin(0.015));
  found = frequencies({.temperature = 1, .top_p = 0.65}, logits);
  CHECK(found[0] == 0);
  CHECK(found[3] == 0);
  CHECK(found[2] == Approx(3.0 / 7).margin(0.015));
  found = frequencies({.temperature = 1, .top_p = 0.75}, logits);
  CHECK(found[0] == 0);
  CHECK(found[3] == Approx(2.0 / 9).margin(0.015));
}

TEST_CASE("a seed gives the same tokens everywhere") {
  std::vector<float> logits(100);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i % 7) * 0.25F;
  Sampler from = sampler({.temperature = 1, .seed = 42});
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(draw(from, logits));
  CHECK(ids == std::vector<std::int32_t>{74, 17, 27, 34, 5, 87});
  Sampler other = sampler({.temperature = 1, .seed = 43});
  std::vector<std::int32_t> others;
  for (int i = 0; i < 6; ++i) others.push_back(draw(other, logits));
  CHECK(others != ids);
}

TEST_CASE("a sampler refuses what has no meaning") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const SamplerOptions& options :
       {SamplerOptions{.temperature = -1}, SamplerOptions{.temperature = nan},
        SamplerOptions{.top_k = -1}, SamplerOptions{.top_p = 0}, SamplerOptions{.top_p = 1.5},
        SamplerOptions{.top_p = nan}}) {
    const auto created = Sampler::create(options);
    REQUIRE_FALSE(created.ok());
    CHECK(created.error().code == HOLO_INVALID_ARG);
    CHECK_FALSE(created.error().param.empty());
  }
  Sampler from = sampler({});
  CHECK_FALSE(from.sample(std::vector<float>{1, std::nanf("")}).ok());
}
