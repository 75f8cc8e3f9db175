// The trainer of the better profile, on a plan so small that nothing good comes of it: the same
// model every time, from every checkpoint; damage and want of pictures are told.
#include <catch2/catch.hpp>
#include <cmath>
#include <holo/error.hpp>

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/deep/tile_codec.hpp"
#include "plugins/holo-image/deep/train/trainer.hpp"

using namespace holo::image;
using namespace holo::image::deep;

namespace {

// Different shading, edges and texture in each.
TilePixels photograph(std::size_t index) {
  const int side = 150 + 30 * int(index);
  TilePixels tile = make_tile({side, side, index == 1 ? 1 : 3, 0});
  for (std::size_t p = 0; p < tile.colour.size(); ++p)
    for (int y = 0; y < tile.shape.coded_height(); ++y)
      for (int x = 0; x < tile.shape.coded_width(); ++x)
        tile.colour[p][std::size_t(y * tile.shape.coded_width() + x)] =
            clamp_internal(int(2500 * std::sin(0.05 * x + 0.02 * y * double(index + 1)) +
                               900 * std::sin(0.9 * x) * std::sin(0.7 * y)) +
                           ((x / 20 + y / 30) % 2) * 1500 - 700 * int(p));
  return tile;
}

TrainingPlan small_plan() {
  TrainingPlan plan;
  plan.block_samples = 1000;
  plan.fit_passes = 1;
  plan.crop_width = plan.crop_height = 48;
  plan.least_places = 1000;
  return plan;
}

struct Trained {
  std::vector<std::uint8_t> model;
  std::vector<std::vector<std::uint8_t>> checkpoints;
  int reports = 0;
};

Trained train(std::optional<Progress> from = {}) {
  Trained out;
  TrainingHooks hooks;
  hooks.count = 2;
  hooks.picture = photograph;
  double last = 0;
  hooks.progress = [&](double fraction, const char*) {
    CHECK(fraction >= last);
    CHECK(fraction <= 1);
    last = fraction;
    ++out.reports;
  };
  hooks.checkpoint = [&](const Progress& progress) {
    out.checkpoints.push_back(save_progress(progress));
  };
  const TrainingPlan plan = small_plan();
  out.model = train_model(plan, hooks, std::move(from));
  return out;
}

const Trained& whole() {
  static const Trained trained = train();
  return trained;
}

}  // namespace

TEST_CASE("Training reports, keeps checkpoints and gives a model that codes") {
  CHECK(whole().reports > 8);
  CHECK(whole().checkpoints.size() == 8);
  const auto model = read_model(whole().model);
  REQUIRE(model.ok());
  const TilePixels tile = photograph(0);
  const auto bytes = encode_tile(**model, tile, {900, 4, false});
  const auto decoded = decode_tile(**model, bytes, tile.shape, 0);
  REQUIRE(decoded.ok());
  double sum = 0;
  for (std::size_t i = 0; i < tile.colour[0].size(); ++i)
    sum += std::pow(tile.colour[0][i] - decoded->colour[0][i], 2);
  CHECK(sum / double(tile.colour[0].size()) < 900 * 900 / 3);
}

TEST_CASE("From a checkpoint on, training gives the same model") {
  for (const std::size_t stage : {3, 5}) {
    auto resumed = load_progress(whole().checkpoints[stage]);
    REQUIRE(resumed);
    CHECK(resumed->stage == int(stage) + 1);
    CHECK(train(std::move(resumed)).model == whole().model);
  }
}

TEST_CASE("A damaged checkpoint is none") {
  for (const std::size_t stage : {0, 7}) {
    const auto& sound = whole().checkpoints[stage];
    for (std::size_t length = 0; length < sound.size(); length += 1 + length)
      CHECK_FALSE(load_progress(std::span(sound).first(length)));
    CHECK_FALSE(load_progress(std::span(sound).first(sound.size() - 1)));
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{4}, std::size_t{9}, sound.size() / 2, sound.size() - 1}) {
      auto damaged = sound;
      damaged[at] ^= 4;
      CHECK_FALSE(load_progress(damaged));
    }
  }
}

TEST_CASE("Too few pictures are refused with what to give") {
  TrainingHooks hooks;
  hooks.picture = photograph;
  hooks.count = 2;
  hooks.progress = [](double, const char*) {};
  hooks.checkpoint = [](const Progress&) {};
  try {
    (void)train_model(TrainingPlan{}, hooks, {});
    FAIL("accepted");
  } catch (const holo::Failure& failure) {
    CHECK(failure.status() == HOLO_INVALID_ARG);
    CHECK_THAT(failure.message(), Catch::Contains("100000 places"));
    CHECK_THAT(failure.message(), Catch::Contains("at least 98 px"));
  }
}
