// What strategies are shown in calibration, in which order.
#include "core/lm/calibrate.hpp"

#include <catch2/catch.hpp>

#include "tests/lm/bench.hpp"
#include "tests/lm/watched_patch.hpp"

using namespace holo;
using namespace holo::lm;
using namespace holo::lm::test;

namespace {

// The number of the call, of the block and of the value tell gradients apart.
class Numbered : public GradientSource {
 public:
  explicit Numbered(const ModelConfig& config) : config_(config) {}
  Result<std::span<const float>> gradients(std::span<const std::int32_t> ids) override {
    const auto width = static_cast<std::size_t>(config_.kv_width());
    values_.resize(2 * static_cast<std::size_t>(config_.layers) * ids.size() * width);
    for (float& v : values_) v = static_cast<float>(next_++);
    texts.emplace_back(ids.begin(), ids.end());
    return std::span<const float>(values_);
  }
  std::vector<std::vector<std::int32_t>> texts;

 private:
  ModelConfig config_;
  std::vector<float> values_;
  int next_ = 0;
};

class Failing : public GradientSource {
 public:
  Result<std::span<const float>> gradients(std::span<const std::int32_t>) override {
    return make_error(HOLO_UNSUPPORTED, "no gradients here");
  }
};

// Keeps rows as the model makes them.
class Collector : public RowObserver {
 public:
  Status observe(std::int32_t, std::span<const float>, std::span<const float> keys,
                 std::span<const float> values) override {
    rows.insert(rows.end(), keys.begin(), keys.end());
    rows.insert(rows.end(), values.begin(), values.end());
    return {};
  }
  std::vector<float> rows;
};

}  // namespace

TEST_CASE("calibration shows ids, rows and gradients text by text, then fits", "[calibrate]") {
  for (const auto& config : {small_gpt2(), small_llama()}) {
    Bench b(config);
    Watch all;
    Watch later;
    const std::vector<std::shared_ptr<host::PatchSession>> patches = {
        watched_patch(*b.model, all), watched_patch(*b.model, later, 1)};
    Numbered gradients(config);
    // 70 tokens: two windows, and a rest that is left out.
    REQUIRE(calibrate(b.model, patches, std::span(b.text).first(70), 32, &gradients, b.job).ok());

    const auto expected = [&](std::int32_t first_layer) {
      std::vector<std::string> calls;
      for (int text = 0; text < 2; ++text) {
        calls.emplace_back("tokens 32");
        for (const char* what : {"rows", "loss"}) {
          for (std::int32_t layer = first_layer; layer < config.layers; ++layer) {
            for (const char* site : {".k", ".v"}) {
              calls.push_back(std::string(what) + " h." + std::to_string(layer) + site + " 32x" +
                              std::to_string(config.kv_width()));
            }
          }
        }
      }
      calls.emplace_back("fit");
      return calls;
    };
    CHECK(all.calls == expected(0));
    CHECK(later.calls == expected(1));

    Collector collector;
    for (const std::size_t begin : {0u, 32u}) {
      Sequence s = b.sequence(nullptr);
      const Run run{&s, std::span(b.text).subspan(begin, 32)};
      REQUIRE(b.forward->step({&run, 1}, LogitRows::none, &collector).ok());
    }
    CHECK(all.rows == collector.rows);
    REQUIRE(gradients.texts.size() == 2);
    CHECK(std::equal(gradients.texts[1].begin(), gradients.texts[1].end(), b.text.begin() + 32));
    REQUIRE(all.gradients.size() == all.rows.size());
    bool in_order = true;
    for (std::size_t i = 0; i < all.gradients.size(); ++i) {
      in_order = in_order && all.gradients[i] == static_cast<float>(i);
    }
    CHECK(in_order);
    const std::size_t layer = 2u * 32u * static_cast<std::size_t>(config.kv_width());
    CHECK(later.gradients.front() == static_cast<float>(layer));
  }
}

TEST_CASE("calibration without gradients, or without a whole window", "[calibrate]") {
  Bench b(small_gpt2());
  Watch watch;
  const std::vector<std::shared_ptr<host::PatchSession>> patches = {watched_patch(*b.model, watch)};
  REQUIRE(calibrate(b.model, patches, b.text, 0, nullptr, b.job).ok());
  CHECK(watch.calls.size() == 1 + 6 + 1);
  CHECK(watch.calls.front() == "tokens 96");
  CHECK(watch.gradients.empty());

  const Status little =
      calibrate(b.model, patches, std::span(b.text).first(31), 32, nullptr, b.job);
  REQUIRE_FALSE(little.ok());
  CHECK(little.error().code == HOLO_INVALID_ARG);
  CHECK_THAT(little.error().message, Catch::Contains("31 tokens"));

  Failing failing;
  watch.calls.clear();
  const Status failed = calibrate(b.model, patches, b.text, 0, &failing, b.job);
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().message == "no gradients here");
  CHECK(watch.calls.back() != "fit");
}
