// The whole training of a model, stage by stage, over pictures given one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "plugins/holo-image/deep/train/checkpoint.hpp"
#include "plugins/holo-image/tile_pixels.hpp"

namespace holo::image::deep {

struct TrainingPlan {
  std::uint32_t seed = 1;
  int block_samples = 400000;  // of side 8 for the first classes; fewer of the larger
  int fit_passes = 2;          // passes that refit the classes to what the encoder picks
  int longest = 1152;          // larger pictures are halved until they fit
  int crop_width = 768;        // of each picture, at its middle, in passes with the encoder
  int crop_height = 512;
  // Places for blocks of 32x32 that the pictures must have together: about half a 512x512 one.
  std::int64_t least_places = 100000;
};

struct TrainingHooks {
  // Picture `index` in internal samples, whole.
  std::function<TilePixels(std::size_t index)> picture;
  std::size_t count = 0;
  // Overall progress 0..1 and what is being done. May throw to stop.
  std::function<void(double fraction, const char* stage)> progress;
  // Called after each stage.
  std::function<void(const Progress&)> checkpoint;
};

// The bytes of a model's file. Goes on from `resumed`, if given. The same pictures, plan and build
// give the same model. Throws Failure(INVALID_ARG) if the pictures are too few or too small to
// learn from.
[[nodiscard]] std::vector<std::uint8_t> train_model(const TrainingPlan& plan,
                                                    const TrainingHooks& hooks,
                                                    std::optional<Progress> resumed);

}  // namespace holo::image::deep
