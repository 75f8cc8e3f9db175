// Learned projectors: they get better on held-out text, or what was given comes back.
#include <catch2/catch.hpp>

#include "core/lm/torch_test_support.hpp"

namespace holo::lm {
namespace {

struct Fixture {
  ModelConfig config = test::tiny_config(Architecture::llama);
  test::TinyWeights weights;
  std::unique_ptr<TorchModel> model;
  Windows train;
  Windows held_out;

  Fixture() {
    const auto module = load_torch_module();
    INFO((module ? "" : module.error().message));
    REQUIRE(module);
    auto opened = (*module)->open_model(config, std::ref(weights), {"cpu", 1});
    REQUIRE(opened);
    model = std::move(*opened);
    std::uint32_t state = 7;
    for (int i = 0; i < 24; ++i) {
      std::vector<std::int32_t> window(12);
      for (auto& id : window) {
        state = state * 1664525u + 1013904223u;
        id = static_cast<std::int32_t>((state >> 16) % 29);
      }
      (i < 16 ? train : held_out).push_back(std::move(window));
    }
  }

  // Keeps the first `components` of the joint row's coordinates, in steps of `step`.
  [[nodiscard]] Projector plain(std::vector<ProjectorSite> sites, std::int64_t components,
                                float step) const {
    Projector projector;
    const auto width = sites.size() * static_cast<std::size_t>(config.kv_width());
    const auto k = static_cast<std::size_t>(components);
    projector.sites = std::move(sites);
    projector.components = components;
    projector.mean.assign(width, 0);
    projector.encode.assign(width * k, 0);
    projector.decode.assign(width * k, 0);
    for (std::size_t i = 0; i < k; ++i) {
      projector.encode[i * k + i] = 1;
      projector.decode[i * width + i] = 1;
    }
    projector.steps.assign(k, step);
    return projector;
  }

  static TuneOptions options() {
    TuneOptions options;
    options.run.steps = 40;
    options.run.batch = 4;
    options.run.learning_rate = 2e-2;
    options.run.warm_up_steps = 4;
    options.run.evaluate_every = 10;
    options.sinks = 1;
    return options;
  }
};

TEST_CASE("Tuned projectors are better on held-out text at no more bits") {
  Fixture f;
  TuneOptions options = Fixture::options();
  options.quantisation = GENERATE(QuantisationModel::straight_through, QuantisationModel::noise);
  const std::vector<Projector> given{f.plain({{0, true}, {1, false}}, 16, 0.5F),
                                     f.plain({{0, false}}, 8, 0.5F)};
  const auto result = f.model->tune_projectors(given, f.train, f.held_out, options, {});
  INFO((result ? "" : result.error().message));
  REQUIRE(result);
  INFO("divergence " << result->divergence_before << " to " << result->divergence_after << ", bits "
                     << result->bits_before << " to " << result->bits_after);
  CHECK(result->improved);
  CHECK(result->divergence_before > 0.01);
  CHECK(result->divergence_after < 0.9 * result->divergence_before);
  CHECK(result->bits_before > 8);
  CHECK(result->bits_after <= result->bits_before * (1 + options.rate_tolerance) + 1e-3);
  REQUIRE(result->projectors.size() == 2);
  CHECK(result->projectors[0].encode != given[0].encode);
  CHECK(result->projectors[0].steps == given[0].steps);
  REQUIRE(result->errors.size() == 3);
  CHECK(result->errors[1].site.layer == 1);
  CHECK_FALSE(result->errors[1].site.keys);
  CHECK(result->errors[1].before > 0.1);  // only 4 of its 12 coordinates were kept

  // What comes back is what was measured: given again, it starts from there.
  options.run.steps = 1;
  const auto again = f.model->tune_projectors(result->projectors, f.train, f.held_out, options, {});
  REQUIRE(again);
  CHECK(again->divergence_before == Approx(result->divergence_after).epsilon(1e-3));
}

TEST_CASE("A tuning that does not help gives back what it was given, and says so") {
  Fixture f;
  TuneOptions options = Fixture::options();
  options.run.steps = 6;
  options.run.evaluate_every = 2;
  options.run.learning_rate = 5;
  options.run.warm_up_steps = 0;
  const std::vector<Projector> given{f.plain({{0, true}}, 12, 0.01F)};
  const auto result = f.model->tune_projectors(given, f.train, f.held_out, options, {});
  INFO((result ? "" : result.error().message));
  REQUIRE(result);
  CHECK_FALSE(result->improved);
  CHECK(result->projectors[0].encode == given[0].encode);
  CHECK(result->projectors[0].decode == given[0].decode);
  CHECK(result->divergence_after == result->divergence_before);
  CHECK(result->best_step == 0);
}

TEST_CASE("Projectors that lose nothing leave the logits alone") {
  Fixture f;
  TuneOptions options = Fixture::options();
  options.run.steps = 1;
  const std::vector<Projector> given{f.plain({{0, true}, {0, false}, {1, true}}, 36, 0)};
  const auto result = f.model->tune_projectors(given, f.train, f.held_out, options, {});
  REQUIRE(result);
  CHECK(std::abs(result->divergence_before) < 1e-5);
  CHECK(result->errors[0].before < 1e-10);
  CHECK(result->bits_before == 0);

  SECTION("and exact positions are exact: with all of them recent, any projector does") {
    options.recent = 12;
    const std::vector<Projector> coarse{f.plain({{0, true}}, 1, 5)};
    const auto exact = f.model->tune_projectors(coarse, f.train, f.held_out, options, {});
    REQUIRE(exact);
    CHECK(std::abs(exact->divergence_before) < 1e-5);
    CHECK(exact->errors[0].before > 0.1);
  }
}

TEST_CASE("A stopped tuning goes on to the same projectors") {
  Fixture f;
  TuneOptions options = Fixture::options();
  options.run.steps = 24;
  options.run.evaluate_every = 6;
  options.quantisation = QuantisationModel::noise;
  const std::vector<Projector> given{f.plain({{0, true}, {1, false}}, 16, 0.5F),
                                     f.plain({{0, false}}, 8, 0.5F)};
  const auto whole = f.model->tune_projectors(given, f.train, f.held_out, options, {});
  REQUIRE(whole);
  TrainingCheckpoint kept;
  options.run.checkpoint = [&](const TrainingCheckpoint& checkpoint) {
    kept = checkpoint;
    return Status{};
  };
  const auto stopped =
      f.model->tune_projectors(given, f.train, f.held_out, options, [](const RunProgress& now) {
        return now.step == 14 ? Status(make_error(HOLO_CANCELLED, "stopped")) : Status{};
      });
  REQUIRE_FALSE(stopped);
  REQUIRE(kept.step == 14);
  options.run.resume = &kept;
  const auto resumed = f.model->tune_projectors(given, f.train, f.held_out, options, {});
  REQUIRE(resumed);
  INFO("divergence " << whole->divergence_before << " to " << whole->divergence_after);
  CHECK(whole->improved);
  CHECK(resumed->improved == whole->improved);
  CHECK(resumed->best_step == whole->best_step);
  CHECK(resumed->projectors[0].encode == whole->projectors[0].encode);
  CHECK(resumed->projectors[0].decode == whole->projectors[0].decode);
}

TEST_CASE("Projectors that do not fit the model are refused") {
  Fixture f;
  const auto refused = [&](const std::vector<Projector>& given, const Windows& train) {
    const auto result = f.model->tune_projectors(given, train, f.held_out, Fixture::options(), {});
    REQUIRE_FALSE(result);
    CHECK(result.error().code == HOLO_INVALID_ARG);
    return result.error().message;
  };
  CHECK_THAT(refused({}, f.train), Catch::Contains("no projector"));
  CHECK_THAT(refused({f.plain({{2, true}}, 4, 1)}, f.train), Catch::Contains("2 layers"));
  CHECK_THAT(refused({f.plain({{0, true}}, 4, 1), f.plain({{0, true}}, 4, 1)}, f.train),
             Catch::Contains("two projectors"));
  Projector cut = f.plain({{0, true}}, 4, 1);
  cut.decode.pop_back();
  CHECK_THAT(refused({cut}, f.train), Catch::Contains("12 numbers in 4 components"));
  Windows uneven = f.train;
  uneven.back().pop_back();
  CHECK_THAT(refused({f.plain({{0, true}}, 4, 1)}, uneven), Catch::Contains("one length"));
  CHECK_THAT(refused({f.plain({{0, true}}, 4, 1)}, {}), Catch::Contains("give more text"));
}

}  // namespace
}  // namespace holo::lm
