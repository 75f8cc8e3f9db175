// Averages final states, each weighted by how often its context was met.
#include "plugins/holo-image/fast/train/context_trainer.hpp"

#include <algorithm>

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/fast/contexts.hpp"
#include "plugins/holo-image/fast/tile_codec.hpp"

namespace holo::image {
namespace {

// Qualities that stand for a band; the pictures take turns.
constexpr int kQualities[kContextBands][3] = {
    {8, 17, 25}, {33, 39, 45}, {53, 59, 65}, {73, 80, 88}};

TilePixels as_tile(const PpmPicture& picture) {
  const TileShape shape{picture.width, picture.height, 3, 0};
  TilePixels tile = make_tile(shape);
  std::size_t at = 0;
  for (int y = 0; y < shape.coded_height(); ++y)
    for (int x = 0; x < shape.coded_width(); ++x, ++at) {
      const std::uint8_t* p =
          &picture.rgb[(std::size_t(std::min(y, picture.height - 1)) * std::size_t(picture.width) +
                        std::size_t(std::min(x, picture.width - 1))) *
                       3];
      const YCbCr sample = to_ycbcr({p[0], p[1], p[2]}, 8);
      tile.colour[0][at] = sample.y;
      tile.colour[1][at] = sample.cb;
      tile.colour[2][at] = sample.cr;
    }
  return tile;
}

}  // namespace

std::vector<int> train_contexts(const std::vector<PpmPicture>& pictures) {
  constexpr std::size_t kAll = std::size_t{kContextBands} * kContextCount;
  std::vector<double> sums(kAll), weights(kAll);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const TilePixels tile = as_tile(pictures[i]);
    for (std::size_t band = 0; band < kContextBands; ++band) {
      const int quality = kQualities[band][i % 3];
      const Contexts start = starting_contexts(quality);
      Contexts learnt;
      (void)encode_tile(tile, quality, &learnt);
      for (std::size_t c = 0; c < kContextCount; ++c) {
        const AdaptiveBit& context = all_contexts(learnt)[c];
        Contexts before = start;
        const int updates = context.age() - all_contexts(before)[c].age();
        if (updates <= 0) continue;
        // One tile's opinion counts for no more than what its memory spans.
        const double weight = std::min(updates, 100);
        sums[band * kContextCount + c] += weight * context.probability();
        weights[band * kContextCount + c] += weight;
      }
    }
  }
  std::vector<int> numbers(kAll);
  for (std::size_t i = 0; i < kAll; ++i) {
    if (weights[i] < 30) continue;
    const int number = std::clamp(static_cast<int>(sums[i] / weights[i] / 16), 2, 4093) - 2048;
    numbers[i] = number == 0 ? 1 : number;
  }
  return numbers;
}

}  // namespace holo::image
