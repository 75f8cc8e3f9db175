// Perplexity against a computation of its own, and what must not change it.
#include "core/lm/evaluate.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/lm/bench.hpp"

using namespace holo;
using namespace holo::lm;
using namespace holo::lm::test;

namespace {

struct Direct {
  double perplexity = 0;
  double kl = 0;
  double agreement = 0;
  std::uint64_t tokens = 0;
};

std::vector<double> log_softmax(std::span<const float> row) {
  double most = row[0];
  for (const float v : row) most = std::max(most, static_cast<double>(v));
  double sum = 0;
  for (const float v : row) sum += std::exp(static_cast<double>(v) - most);
  std::vector<double> out;
  for (const float v : row) out.push_back(static_cast<double>(v) - most - std::log(sum));
  return out;
}

Direct direct(Bench& b, const Set& set, std::size_t tokens, std::size_t window,
              std::size_t stride) {
  const auto vocabulary = static_cast<std::size_t>(b.config.vocabulary);
  Direct all;
  double loss = 0;
  std::size_t covered = 1;
  for (std::size_t begin = 0; covered < tokens && begin + 1 < tokens; begin += stride) {
    const std::size_t end = std::min(begin + window, tokens);
    Sequence measured = b.sequence(set);
    Sequence full = b.sequence(nullptr);
    const auto logits = b.feed(measured, begin, end - 1);
    const auto exact = b.feed(full, begin, end - 1);
    for (std::size_t t = std::max(covered, begin + 1); t < end; ++t) {
      const std::size_t row = (t - begin - 1) * vocabulary;
      const auto p = log_softmax(std::span(logits).subspan(row, vocabulary));
      const auto q = log_softmax(std::span(exact).subspan(row, vocabulary));
      loss -= p[static_cast<std::size_t>(b.text[t])];
      for (std::size_t v = 0; v < vocabulary; ++v) all.kl += std::exp(q[v]) * (q[v] - p[v]);
      all.agreement +=
          std::ranges::max_element(p) - p.begin() == std::ranges::max_element(q) - q.begin() ? 1
                                                                                             : 0;
      ++all.tokens;
    }
    covered = end;
  }
  all.perplexity = std::exp(loss / static_cast<double>(all.tokens));
  all.kl /= static_cast<double>(all.tokens);
  all.agreement /= static_cast<double>(all.tokens);
  return all;
}

Evaluation evaluated(Bench& b, const Set& set, std::size_t tokens, const EvaluateOptions& options) {
  auto result = evaluate(b.model, set, std::span(b.text).first(tokens), options, b.job);
  if (!result) FAIL(result.error().message);
  return *result;
}

}  // namespace

TEST_CASE("perplexity is that of the logits", "[evaluate]") {
  for (const auto& config : {small_gpt2(), small_llama()}) {
    Bench b(config);
    for (const std::string kv : {"none", "kv-quant:bits=2,group=16"}) {
      const Set set = b.set(kv);
      for (const auto& [window, stride] : std::vector<std::pair<std::size_t, std::size_t>>{
               {24, 24}, {24, 23}, {24, 7}, {70, 70}}) {
        INFO(kv << " window " << window << " stride " << stride);
        EvaluateOptions options;
        options.window = window;
        options.stride = stride;
        const Evaluation found = evaluated(b, set, 70, options);
        const Direct expected = direct(b, set, 70, window, stride);
        CHECK(found.tokens == expected.tokens);
        CHECK(found.perplexity == Approx(expected.perplexity).epsilon(1e-5));
        CHECK(found.kl_to_full == Approx(expected.kl).epsilon(1e-3).margin(1e-7));
        CHECK(found.top1_agreement == Approx(expected.agreement));
        if (kv != "none") CHECK(found.kl_to_full > 1e-4);
        if (kv == "none") CHECK(found.full_perplexity == Approx(found.perplexity).epsilon(1e-9));
        if (stride < window) CHECK(found.tokens == 69);
      }
    }
  }
}

TEST_CASE("batches, and steps of a full cache, change speed only", "[evaluate]") {
  Bench b(small_llama());
  EvaluateOptions options;
  options.window = 16;
  options.stride = 8;
  const Set quantised = b.set("kv-quant:bits=4,group=16");
  const Evaluation plain = evaluated(b, nullptr, 90, options);
  const Evaluation coded = evaluated(b, quantised, 90, options);
  for (const std::size_t batch : {0u, 1u, 3u, 100u}) {
    options.batch = batch;
    CHECK(evaluated(b, quantised, 90, options).perplexity ==
          Approx(coded.perplexity).epsilon(1e-5));
    for (const std::size_t chunk : {1u, 5u, 16u, 1000u}) {
      options.chunk = chunk;
      const Evaluation again = evaluated(b, nullptr, 90, options);
      CHECK(again.tokens == plain.tokens);
      CHECK(again.perplexity == Approx(plain.perplexity).epsilon(1e-5));
    }
    options.chunk = 1;
  }
  options.compare_full = false;
  const Evaluation alone = evaluated(b, quantised, 90, options);
  CHECK(alone.perplexity == Approx(coded.perplexity).epsilon(1e-5));
  CHECK(alone.full_perplexity == 0);
}

TEST_CASE("bytes are those of the cache", "[evaluate]") {
  Bench b(small_gpt2());
  EvaluateOptions options;
  options.window = 32;
  const Evaluation half = evaluated(b, b.set("kv-full:precision=f16"), 96, options);
  CHECK(half.f16_bytes_per_token == 3 * 2 * 40 * 2);
  CHECK(half.bytes_per_token == half.f16_bytes_per_token);
  CHECK(half.compression_vs_f16() == 1);
  CHECK(evaluated(b, nullptr, 96, options).compression_vs_f16() == 0.5);
}

TEST_CASE("what cannot be evaluated is refused", "[evaluate]") {
  Bench b(small_gpt2());
  const auto refused = [&](std::size_t tokens, std::size_t window, std::size_t stride) {
    EvaluateOptions options;
    options.window = window;
    options.stride = stride;
    const auto result = evaluate(b.model, nullptr, std::span(b.text).first(tokens), options, b.job);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == HOLO_INVALID_ARG);
    return result.error().message;
  };
  CHECK_THAT(refused(0, 0, 0), Catch::Contains("0 tokens"));
  CHECK_THAT(refused(1, 0, 0), Catch::Contains("1 tokens"));
  CHECK_THAT(refused(90, 1, 0), Catch::Contains("2 to 96"));
  CHECK_THAT(refused(90, 97, 0), Catch::Contains("2 to 96"));
  CHECK_THAT(refused(90, 16, 17), Catch::Contains("stride"));
}
