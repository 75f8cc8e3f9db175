// Passes over the pictures with the real encoder: what contexts, weights, costs and the filter
// learn, and blocks as the encoder truly picks and foretells them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "plugins/holo-image/deep/train/filter_trainer.hpp"
#include "plugins/holo-image/deep/train/model_writer.hpp"
#include "plugins/holo-image/deep/training_trace.hpp"

namespace holo::image::deep {

struct RefinementOptions {
  std::vector<int> steps;  // pictures take turns
  int effort = 7;
  // Blocks to keep of each size for a new fit of the classes; 0: none.
  std::array<int, kSizes> samples{};
  bool filter = false;
};

struct Refinement {
  TrainedModel* trained = nullptr;  // contexts, weights, level counts and taps are replaced
  std::array<Samples, kSizes> samples;
  std::array<std::vector<int>, kSizes> assigned;
  std::uint64_t bytes = 0;  // of all coded pictures
};

using PictureSource = std::function<TilePixels(std::size_t index)>;
using PictureDone = std::function<void(std::size_t index)>;

// Codes `count` pictures one after another, contexts and weights going on from each to the next.
void refine(const PictureSource& pictures, std::size_t count, const RefinementOptions& options,
            Refinement& result, const PictureDone& done);

}  // namespace holo::image::deep
