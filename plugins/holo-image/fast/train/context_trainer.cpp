// Counts symbols over all pictures; what a model saw too little of is filled up from the mean of
// its kind.
#include "plugins/holo-image/fast/train/context_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/fast/tile_codec.hpp"

namespace holo::image::fast {
namespace {

// Qualities that stand for a band.
constexpr std::array<std::array<int, 3>, kContextBands> kQualities = {
    {{6, 16, 26}, {33, 39, 46}, {53, 59, 66}, {73, 81, 90}}};
// What the mean of its kind counts for in a model, in symbols.
constexpr double kMeanWeight = 8;

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

using Distribution = std::array<double, kSymbols>;

void append_odds(const Distribution& counts, std::size_t numbers, std::vector<std::uint8_t>& odds) {
  double rest = 0;
  for (const double count : counts) rest += count;
  for (std::size_t s = 0; s < numbers; ++s) {
    double here = counts[s];
    double all = rest;
    if (s + 1 == numbers)  // stands for all after it: as of a geometric tail
      for (std::size_t t = s + 1; t + 1 < kSymbols; ++t) {
        double after = 0;
        for (std::size_t u = t; u < kSymbols; ++u) after += counts[u];
        here += counts[t];
        all += after;
      }
    const double p = std::clamp((here + 0.02) / (all + 0.04), 0.001, 0.999);
    const long number = std::lround(256 * std::log(p / (1 - p)) / kOddsStep) + kEvenOdds;
    odds.push_back(static_cast<std::uint8_t>(std::clamp(number, 0L, 63L)));
    rest -= counts[s];
  }
}

// Models of one kind lie together in Contexts; these are where kinds begin.
std::size_t kind_begin(std::size_t model) {
  constexpr std::size_t kSize = sizeof(SymbolModel);
  constexpr std::size_t kLuma = sizeof(Contexts::level_here) / 2 / kSize;
  constexpr std::size_t kAround = sizeof(Contexts::level_around) / kPlanes / kSize;
  constexpr std::size_t kLast = sizeof(Contexts::level_last) / kPlanes / kSize;
  std::size_t begin = 0;
  for (const std::size_t start :
       {offsetof(Contexts, modes) / kSize, offsetof(Contexts, length_beside) / kSize,
        offsetof(Contexts, length_class) / kSize, offsetof(Contexts, escape) / kSize,
        offsetof(Contexts, level_here) / kSize, offsetof(Contexts, level_here) / kSize + kLuma,
        offsetof(Contexts, level_around) / kSize,
        offsetof(Contexts, level_around) / kSize + kAround,
        offsetof(Contexts, level_around) / kSize + 2 * kAround,
        offsetof(Contexts, level_last) / kSize, offsetof(Contexts, level_last) / kSize + kLast,
        offsetof(Contexts, level_last) / kSize + 2 * kLast})
    if (model >= start) begin = start;
  return begin;
}

void append_band(const SymbolCounts& counts, std::vector<std::uint8_t>& odds) {
  std::vector<Distribution> means(kContextCount);
  for (std::size_t m = 0; m < kContextCount; ++m)
    for (std::size_t s = 0; s < kSymbols; ++s) means[kind_begin(m)][s] += counts[m][s];
  for (std::size_t m = 0; m < kContextCount; ++m) {
    Distribution mean = means[kind_begin(m)];
    double total = 1e-9;
    for (const double count : mean) total += count;
    for (std::size_t s = 0; s < kSymbols; ++s)
      mean[s] = counts[m][s] + mean[s] / total * kMeanWeight;
    append_odds(mean, m < kFirstLevelModel ? kAllOdds : kLevelOdds, odds);
  }
}

}  // namespace

std::vector<std::uint8_t> train_contexts(const std::vector<PpmPicture>& pictures) {
  std::vector<std::uint8_t> odds;
  for (const auto& qualities : kQualities) {
    const auto counts = std::make_unique<SymbolCounts>();
    for (const PpmPicture& picture : pictures)
      for (const int quality : qualities)
        (void)encode_tile(as_tile(picture), quality, 3, {}, counts.get());
    append_band(*counts, odds);
  }
  return odds;
}

}  // namespace holo::image::fast
