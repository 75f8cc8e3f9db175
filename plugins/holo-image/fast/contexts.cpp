// Unpacks the shipped start (context_table.inc, written by holo-image-train).
#include "plugins/holo-image/fast/contexts.hpp"

#include <memory>

#include "plugins/holo-image/fast/model_text.hpp"

namespace holo::image {
namespace {

constexpr std::string_view kTable[] = {
#include "plugins/holo-image/fast/context_table.inc"
};
static_assert(sizeof(kTable) / sizeof(kTable[0]) ==
                  (kContextBands * kContextCount + kModelNumbersPerLine - 1) / kModelNumbersPerLine,
              "the table was trained for other contexts");

// A trained context counts as this many updates old: it keeps to what it knows, but not for long.
constexpr std::uint8_t kTrainedAge = 5;

using Bands = std::array<Contexts, kContextBands>;

std::unique_ptr<const Bands> unpack() {
  auto bands = std::make_unique<Bands>();
  int index = 0;
  for (Contexts& band : *bands)
    for (AdaptiveBit& context : all_contexts(band)) {
      const int number = model_number(kTable, index++);
      // Zero stands for a context that training never met: it starts young, at even odds.
      if (number == 0) continue;
      context = AdaptiveBit(static_cast<std::uint16_t>((number + kModelOffset) * 16), kTrainedAge);
    }
  return bands;
}

}  // namespace

const Contexts& starting_contexts(int quality) {
  static const std::unique_ptr<const Bands> bands = unpack();
  return (*bands)[static_cast<std::size_t>(context_band(quality))];
}

}  // namespace holo::image
