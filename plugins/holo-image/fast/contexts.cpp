// Unpacks the shipped start (context_table.inc, written by holo-image-train).
#include "plugins/holo-image/fast/contexts.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

#include "core/entropy/mixer.hpp"
#include "plugins/holo-image/fast/model_text.hpp"

namespace holo::image::fast {
namespace {

constexpr std::string_view kTable[] = {
#include "plugins/holo-image/fast/context_table.inc"
};
static_assert(sizeof(kTable) / sizeof(kTable[0]) ==
                  (kContextBands * kOddsCount + kOddsPerLine - 1) / kOddsPerLine,
              "the table was trained for other contexts");

using Bands = std::array<Contexts, kContextBands>;

std::unique_ptr<const Bands> unpack() {
  auto bands = std::make_unique<Bands>();
  std::size_t index = 0;
  for (Contexts& band : *bands)
    for (std::size_t m = 0; m < kContextCount; ++m) {
      std::array<std::uint8_t, kAllOdds> odds;
      const std::size_t count = m < kFirstLevelModel ? kAllOdds : kLevelOdds;
      for (std::size_t i = 0; i < count; ++i) odds[i] = odds_number(kTable, index++);
      all_models(band)[m] = model_of(std::span(odds).first(count));
    }
  return bands;
}

}  // namespace

SymbolModel model_of(std::span<const std::uint8_t> odds) {
  SymbolModel model;
  // Each symbol keeps a share of 1; the rest is dealt out by the odds.
  std::uint32_t rest = kWhole - kSymbols;
  for (std::size_t s = 0; s + 1 < kSymbols; ++s) {
    const int number = odds[std::min(s, odds.size() - 1)];
    const std::uint32_t part = rest * entropy::squash(kOddsStep * (number - kEvenOdds)) >> 16;
    model.start[s + 1] = static_cast<std::uint16_t>(model.start[s] + part + 1);
    rest -= part;
  }
  return model;
}

const Contexts& starting_contexts(int quality) {
  static const std::unique_ptr<const Bands> bands = unpack();
  return (*bands)[static_cast<std::size_t>(context_band(quality))];
}

}  // namespace holo::image::fast
