// Why generation ends, and swaps while it goes on.
#include "core/lm/generate.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/lm/bench.hpp"

using namespace holo;
using namespace holo::lm;
using namespace holo::lm::test;

namespace {

Generation generated(Bench& b, Sequence& s, std::size_t prompt, const GenerateOptions& options) {
  auto result = generate(*b.forward, s, std::span(b.text).first(prompt), options, b.job);
  if (!result) FAIL(result.error().message);
  return *result;
}

GenerateOptions sampled(std::size_t tokens) {
  GenerateOptions options;
  options.max_tokens = tokens;
  options.sampler.temperature = 1;
  options.sampler.seed = 3;
  return options;
}

}  // namespace

TEST_CASE("generation ends at max_tokens, and feeds what it chose", "[generate]") {
  Bench b(small_gpt2());
  Sequence s = b.sequence(nullptr);
  const Generation g = generated(b, s, 10, sampled(20));
  CHECK(g.stop == StopReason::max_tokens);
  CHECK(g.ids.size() == 20);
  CHECK(g.prompt_tokens == 10);
  REQUIRE(s.positions() == 29);  // the last token is not fed
  CHECK(std::equal(g.ids.begin(), g.ids.end() - 1, s.tokens().begin() + 10));
  Sequence again = b.sequence(nullptr);
  CHECK(generated(b, again, 10, sampled(20)).ids == g.ids);
  Sequence none = b.sequence(nullptr);
  CHECK(generated(b, none, 10, sampled(0)).ids.empty());
}

TEST_CASE("the greedy choice is the likeliest token of each step", "[generate]") {
  Bench b(small_llama());
  Sequence s = b.sequence(nullptr);
  GenerateOptions options;
  options.max_tokens = 12;
  const Generation g = generated(b, s, 5, options);
  std::copy(g.ids.begin(), g.ids.end(), b.text.begin() + 5);
  Sequence fed = b.sequence(nullptr);
  const auto logits = b.feed(fed, 0, 16);
  const auto vocabulary = static_cast<std::size_t>(b.config.vocabulary);
  for (std::size_t i = 0; i < g.ids.size(); ++i) {
    const auto row = std::span(logits).subspan((4 + i) * vocabulary, vocabulary);
    CHECK(g.ids[i] == std::ranges::max_element(row) - row.begin());
  }
}

TEST_CASE("generation ends at an eos, which it keeps for itself", "[generate]") {
  ModelConfig config = small_gpt2();
  Bench open_ended(config);
  Sequence s = open_ended.sequence(nullptr);
  const auto ids = generated(open_ended, s, 10, sampled(30)).ids;
  config.eos = {ids[7]};
  Bench b(config);
  Sequence stopped = b.sequence(nullptr);
  const Generation g = generated(b, stopped, 10, sampled(30));
  CHECK(g.stop == StopReason::eos);
  CHECK(g.ids == std::vector<std::int32_t>(ids.begin(), std::ranges::find(ids, ids[7])));
  Sequence on = b.sequence(nullptr);
  GenerateOptions options = sampled(30);
  options.stop_at_eos = false;
  CHECK(generated(b, on, 10, options).ids == ids);
}

TEST_CASE("generation ends where the context is full", "[generate]") {
  Bench b(small_llama());
  Sequence s = b.sequence(nullptr);
  const Generation g = generated(b, s, 90, sampled(100));
  CHECK(g.stop == StopReason::context);
  CHECK(g.ids.size() == 7);
  CHECK(s.positions() == 96);
  const auto more = generate(*b.forward, s, std::span(b.text).first(1), sampled(1), b.job);
  REQUIRE_FALSE(more.ok());
  CHECK(more.error().code == HOLO_INVALID_ARG);
  CHECK_THAT(more.error().message, Catch::Contains("0 fit"));
  const auto empty = generate(*b.forward, s, {}, sampled(1), b.job);
  REQUIRE_FALSE(empty.ok());
  CHECK(empty.error().code == HOLO_INVALID_ARG);
}

TEST_CASE("the caller may stop, and swap strategies between tokens", "[generate]") {
  Bench b(small_llama());
  Sequence plain = b.sequence(nullptr);
  const auto expected = generated(b, plain, 10, sampled(30)).ids;
  const Set full = b.set("kv-full:precision=f32");
  std::vector<std::int32_t> told;
  Sequence s = b.sequence(nullptr);
  GenerateOptions options = sampled(30);
  options.on_token = [&](std::int32_t id) {
    told.push_back(id);
    const auto swap = s.adopt(told.size() % 4 < 2 ? full : nullptr);
    CHECK(swap.ok());
    return told.size() < 25;
  };
  const Generation g = generated(b, s, 10, options);
  CHECK(g.stop == StopReason::caller);
  CHECK(g.ids == std::vector<std::int32_t>(expected.begin(), expected.begin() + 25));
  CHECK(told == g.ids);

  const Set residual = b.set("kv-recompute:keep=residual");
  const Set packed = b.set("kv-eigen:scope=site,coding=packed");
  std::size_t count = 0;
  Sequence mixed = b.sequence(full);
  options.on_token = [&](std::int32_t) {
    const Set next[] = {residual, packed, nullptr};
    CHECK(mixed.adopt(next[++count % 3]).ok());
    return true;
  };
  const Generation all = generated(b, mixed, 10, options);
  CHECK(all.ids.size() == 30);
  CHECK(mixed.tokens().size() == 39);
}
