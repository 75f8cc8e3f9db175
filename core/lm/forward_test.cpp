// The runtime against the reference, whichever way the tokens are fed.
#include "core/lm/forward.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "core/lm/lm_test_support.hpp"

using namespace holo;
using namespace holo::lm;
using holo::lm::test::Tensors;

namespace {

std::vector<std::int32_t> random_tokens(std::size_t count, std::int32_t vocabulary, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::int32_t> tokens(count);
  for (auto& t : tokens) {
    t = static_cast<std::int32_t>(random() % static_cast<unsigned>(vocabulary));
  }
  return tokens;
}

struct Fixture {
  explicit Fixture(const ModelConfig& with, Precision precision = Precision::f32)
      : config(with), tensors(7), job(options()) {
    auto built = Model::build(config, tensors.source(), {precision}, job);
    if (!built) FAIL(built.error().message);
    model = std::move(built).value();
    if (precision == Precision::f16) tensors.round_to_half();
    forward = std::make_unique<Forward>(*model, job);
  }
  static host::JobOptions options() {
    host::JobOptions result;
    result.jobs = 2;
    return result;
  }
  Sequence sequence() {
    auto created = Sequence::create(model, nullptr);
    REQUIRE(created.ok());
    return std::move(created).value();
  }
  std::vector<float> step(std::vector<Run> runs, LogitRows rows) {
    auto logits = forward->step(runs, rows);
    if (!logits) FAIL(logits.error().message);
    return {logits->begin(), logits->end()};
  }
  std::vector<double> reference(std::span<const std::int32_t> tokens) const {
    return test::reference_logits(config, tensors, tokens);
  }

  ModelConfig config;
  Tensors tensors;
  host::Job job;
  std::shared_ptr<const Model> model;
  std::unique_ptr<Forward> forward;
};

double difference(std::span<const float> logits, std::span<const double> expected) {
  REQUIRE(logits.size() == expected.size());
  double most = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double d = std::abs(static_cast<double>(logits[i]) - expected[i]);
    if (!(d <= most)) most = d;
  }
  return most;
}

// A row of reference logits.
std::span<const double> row(const std::vector<double>& logits, std::size_t index,
                            std::int32_t vocabulary) {
  const auto width = static_cast<std::size_t>(vocabulary);
  return std::span(logits).subspan(index * width, width);
}

constexpr double kClose = 1e-4;

}  // namespace

TEST_CASE("both architectures give the logits of the reference, however the text is cut") {
  for (const auto& config : {test::small_gpt2(), test::small_llama()}) {
    for (const Precision precision : {Precision::f32, Precision::f16}) {
      Fixture f(config, precision);
      const auto tokens = random_tokens(60, config.vocabulary, 1);
      const auto expected = f.reference(tokens);
      for (const std::size_t chunk : {1, 2, 3, 4, 5, 8, 9, 17, 31, 60}) {
        INFO(config.layers << " layers, chunks of " << chunk);
        Sequence s = f.sequence();
        std::vector<float> logits;
        for (std::size_t t = 0; t < tokens.size(); t += chunk) {
          const std::size_t n = std::min(chunk, tokens.size() - t);
          const auto part = f.step({{&s, std::span(tokens).subspan(t, n)}}, LogitRows::all);
          logits.insert(logits.end(), part.begin(), part.end());
        }
        CHECK(difference(logits, expected) < kClose);
        CHECK(s.positions() == 60);
        CHECK(std::equal(s.tokens().begin(), s.tokens().end(), tokens.begin(), tokens.end()));
      }
      Sequence s = f.sequence();
      const auto last = f.forward->prefill(s, tokens, 13);
      REQUIRE(last.ok());
      CHECK(difference(*last, row(expected, 59, config.vocabulary)) < kClose);
    }
  }
}

TEST_CASE("several sequences in one step are as each alone") {
  for (const auto& config : {test::small_gpt2(), test::small_llama()}) {
    Fixture f(config);
    const std::size_t count = 9;
    std::vector<std::vector<std::int32_t>> texts;
    std::vector<Sequence> sequences;
    for (std::size_t i = 0; i < count; ++i) {
      texts.push_back(random_tokens(1 + 5 * i, config.vocabulary, 20 + static_cast<unsigned>(i)));
      sequences.push_back(f.sequence());
    }
    // Steps of all sequences that still have text: some a token, some many.
    std::vector<std::size_t> done(count);
    for (int turn = 0;; ++turn) {
      std::vector<Run> runs;
      std::vector<std::size_t> who;
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t n = std::min((i + static_cast<std::size_t>(turn)) % 3 == 0 ? 7UL : 1UL,
                                       texts[i].size() - done[i]);
        if (n == 0) continue;
        runs.push_back({&sequences[i], std::span(texts[i]).subspan(done[i], n)});
        who.push_back(i);
        done[i] += n;
      }
      if (runs.empty()) break;
      const auto logits = f.step(runs, LogitRows::last);
      const auto width = static_cast<std::size_t>(config.vocabulary);
      for (std::size_t r = 0; r < who.size(); ++r) {
        const auto expected = f.reference(std::span(texts[who[r]]).first(done[who[r]]));
        REQUIRE(difference(std::span(logits).subspan(r * width, width),
                           row(expected, done[who[r]] - 1, config.vocabulary)) < kClose);
      }
    }
  }
}

TEST_CASE("a sequence is trimmed, forked and reset") {
  Fixture f(test::small_llama());
  const auto a = random_tokens(20, f.config.vocabulary, 3);
  const auto b = random_tokens(10, f.config.vocabulary, 4);
  Sequence s = f.sequence();
  f.step({{&s, a}}, LogitRows::none);

  auto forked = s.fork();
  REQUIRE(forked.ok());
  REQUIRE(s.trim(12).ok());
  CHECK(s.positions() == 12);
  CHECK(s.tokens().size() == 12);
  CHECK_FALSE(s.trim(13).ok());

  std::vector<std::int32_t> text(a.begin(), a.begin() + 12);
  text.insert(text.end(), b.begin(), b.end());
  CHECK(difference(f.step({{&s, b}}, LogitRows::last),
                   row(f.reference(text), 21, f.config.vocabulary)) < kClose);

  text = a;
  text.insert(text.end(), b.begin(), b.end());
  CHECK(difference(f.step({{&*forked, b}}, LogitRows::last),
                   row(f.reference(text), 29, f.config.vocabulary)) < kClose);

  REQUIRE(s.reset().ok());
  CHECK(s.positions() == 0);
  CHECK(difference(f.step({{&s, b}}, LogitRows::all), f.reference(b)) < kClose);
  auto bytes = s.bytes();
  REQUIRE(bytes.ok());
  CHECK(bytes->payload == 10UL * 2 * 2 * 40 * sizeof(float));  // layers, keys and values, width
}

TEST_CASE("what a step refuses leaves the sequences as they were") {
  Fixture f(test::small_gpt2());
  Fixture other(test::small_gpt2());
  Sequence s = f.sequence();
  Sequence foreign = other.sequence();
  const auto tokens = random_tokens(90, f.config.vocabulary, 5);
  f.step({{&s, tokens}}, LogitRows::none);
  const auto refused = [&](const std::vector<Run>& runs) {
    const auto result = f.forward->step(runs, LogitRows::last);
    return !result.ok() && result.error().code == HOLO_INVALID_ARG && s.positions() == 90 &&
           s.tokens().size() == 90;
  };
  const std::vector<std::int32_t> negative = {1, -1};
  const std::vector<std::int32_t> large = {f.config.vocabulary};
  const std::vector<std::int32_t> one = {0};
  CHECK(refused({{&s, negative}}));
  CHECK(refused({{&s, large}}));
  CHECK(refused({{&s, std::span(tokens).first(7)}}));  // 97 of 96 positions
  CHECK(refused({{&s, {}}}));
  CHECK(refused({{&s, one}, {&s, one}}));
  CHECK(refused({{&s, one}, {&foreign, one}}));
  CHECK(refused({{&s, one}, {nullptr, one}}));
  CHECK(f.forward->step(std::vector<Run>{{&s, std::span(tokens).first(6)}}, LogitRows::none).ok());
}

TEST_CASE("a model names the tensor that is missing and refuses an impossible config") {
  host::Job job(Fixture::options());
  const auto config = test::small_gpt2();
  Tensors tensors(1);
  const TensorSource all = tensors.source();
  const TensorSource without =
      [&](const std::string& name,
          std::span<const std::int64_t> shape) -> Result<std::vector<float>> {
    if (name == "h.1.mlp.c_fc.bias") return make_error(HOLO_NOT_FOUND, name + " is missing");
    return all(name, shape);
  };
  const auto missing = Model::build(config, without, {}, job);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().message.find("h.1.mlp.c_fc.bias") != std::string::npos);

  auto odd = test::small_llama();
  odd.kv_heads = 4;  // of 6 heads
  CHECK_FALSE(Model::build(odd, all, {}, job).ok());
  odd = test::small_llama();
  odd.rope.inverse_frequencies.pop_back();
  CHECK_FALSE(Model::build(odd, all, {}, job).ok());
}

TEST_CASE("random models depend on the seed only") {
  host::Job job(Fixture::options());
  const auto config = test::small_llama();
  const auto tokens = random_tokens(5, config.vocabulary, 6);
  const auto logits_of = [&](std::uint64_t seed) {
    auto model = Model::random(config, seed, {}, job);
    REQUIRE(model.ok());
    auto sequence = Sequence::create(*model, nullptr);
    REQUIRE(sequence.ok());
    Forward forward(**model, job);
    const Run run{&*sequence, tokens};
    auto logits = forward.step(std::span(&run, 1), LogitRows::last);
    REQUIRE(logits.ok());
    return std::vector<float>(logits->begin(), logits->end());
  };
  const auto first = logits_of(1);
  CHECK(first == logits_of(1));
  CHECK(first != logits_of(2));
}

TEST_CASE("an observer sees the rows of a step, and patches its first residual") {
  struct Observer final : RowObserver {
    Status observe(std::int32_t layer, std::span<const float> queries, std::span<const float> keys,
                   std::span<const float> values) override {
      CHECK(static_cast<std::size_t>(layer) == layers++);
      CHECK(queries.size() == 6UL * 6 * 20);
      last_keys.assign(keys.begin(), keys.end());
      last_values.assign(values.begin(), values.end());
      return {};
    }
    Status observe_hidden(std::int32_t layer, std::span<const float> rows) override {
      CHECK(static_cast<std::size_t>(layer) == hidden++);
      if (layer == 0) first_hidden.assign(rows.begin(), rows.end());
      return {};
    }
    std::size_t layers = 0;
    std::size_t hidden = 0;
    std::vector<float> last_keys, last_values, first_hidden;
  };
  Fixture f(test::small_llama());
  Sequence a = f.sequence();
  Sequence b = f.sequence();
  const auto tokens = random_tokens(6, f.config.vocabulary, 8);
  const std::vector<Run> runs = {{&a, std::span(tokens).first(5)}, {&b, std::span(tokens).last(1)}};
  Observer observer;
  REQUIRE(f.forward->step(runs, LogitRows::none, &observer).ok());
  CHECK(observer.layers == 2);
  CHECK(observer.hidden == 3);
  // The caches got these rows, the runs one after the other.
  const float* keys = a.cache().keys(1).rows();
  CHECK(std::equal(keys, keys + 5 * 40, observer.last_keys.begin()));
  const float* values = b.cache().values(1).rows();
  CHECK(std::equal(values, values + 40, observer.last_values.begin() + 5 * 40));

  const holo_model& description = f.model->description();
  std::vector<float> row(static_cast<std::size_t>(f.config.hidden));
  REQUIRE(description.input(description.input_ctx, tokens[3], 3, row.data()) == HOLO_OK);
  CHECK(std::equal(row.begin(), row.end(), observer.first_hidden.begin() + 3 * 36));
  CHECK(description.input(description.input_ctx, -1, 0, row.data()) == HOLO_INVALID_ARG);
  CHECK(description.input(description.input_ctx, f.config.vocabulary, 0, row.data()) ==
        HOLO_INVALID_ARG);
  CHECK(description.input(description.input_ctx, 0, 96, row.data()) == HOLO_INVALID_ARG);
}

TEST_CASE("a step that fails halfway leaves the sequences as they were") {
  struct Failing final : RowObserver {
    Status observe(std::int32_t layer, std::span<const float>, std::span<const float>,
                   std::span<const float>) override {
      if (layer == 1) return make_error(HOLO_IO, "enough");
      return {};
    }
  };
  Fixture f(test::small_gpt2());
  Sequence a = f.sequence();
  Sequence b = f.sequence();
  const auto tokens = random_tokens(20, f.config.vocabulary, 9);
  f.step({{&a, std::span(tokens).first(10)}}, LogitRows::none);
  Failing failing;
  const std::vector<Run> runs = {{&a, std::span(tokens).last(10)}, {&b, tokens}};
  const auto failed = f.forward->step(runs, LogitRows::last, &failing);
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code == HOLO_IO);
  CHECK(a.tokens().size() == 10);
  CHECK(a.positions() == 10);
  CHECK(b.positions() == 0);
  const auto expected = f.reference(tokens);
  const auto logits = f.step(runs, LogitRows::last);
  const auto width = static_cast<std::size_t>(f.config.vocabulary);
  CHECK(difference(std::span(logits).first(width), row(expected, 19, f.config.vocabulary)) <
        kClose);
  CHECK(difference(std::span(logits).last(width), row(expected, 19, f.config.vocabulary)) < kClose);
}
