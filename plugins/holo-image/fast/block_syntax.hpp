// The order of the symbols of a block, written once for encoder and decoder, over the Coders of
// symbol_coder.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>

#include "plugins/holo-image/fast/contexts.hpp"
#include "plugins/holo-image/fast/quantizer.hpp"

namespace holo::image::fast {

// What a coded block leaves as context for the blocks after it.
struct BlockTrace {
  // [k + 1]: magnitude, at most 15; zeros at both ends.
  std::array<std::uint8_t, kBlockPixels + 16> magnitude{};
  std::uint8_t length_bucket = 0;
};

struct Levels {
  int length = 0;       // up to the last that is not zero, 0..64
  SparseBlock nonzero;  // -kLevelMax..kLevelMax
};

// The length as bucket and offset.
inline constexpr std::array<std::uint8_t, kLengthBuckets> kLengthStart = {
    0, 1, 2, 3, 4, 5, 7, 9, 11, 13, 17, 21, 25, 33, 41, 49};
inline constexpr std::array<std::uint8_t, kLengthBuckets> kLengthBits = {0, 0, 0, 0, 0, 1, 1, 1,
                                                                         1, 2, 2, 2, 3, 3, 3, 4};
inline constexpr auto kLengthBucket = [] {
  std::array<std::uint8_t, kBlockPixels + 1> buckets{};
  for (std::size_t bucket = 0; bucket < kLengthBuckets; ++bucket)
    for (std::size_t i = 0; i < std::size_t{1} << kLengthBits[bucket]; ++i)
      buckets[kLengthStart[bucket] + i] = static_cast<std::uint8_t>(bucket);
  return buckets;
}();

inline constexpr auto kPositionBucket = [] {
  std::array<std::uint8_t, kBlockPixels> buckets{};
  for (int k = 0; k < kBlockPixels; ++k)
    buckets[std::size_t(k)] = k < 3    ? static_cast<std::uint8_t>(k)
                              : k < 5  ? 3
                              : k < 9  ? 4
                              : k < 17 ? 5
                              : k < 33 ? 6
                                       : 7;
  return buckets;
}();

// By twice the level before plus the one before that.
inline constexpr auto kLocalLevel = [] {
  std::array<std::uint8_t, 3 * kSymbols> levels{};
  for (std::size_t s = 0; s < levels.size(); ++s)
    levels[s] = s < 4 ? static_cast<std::uint8_t>(s) : s < 6 ? 4 : s < 9 ? 5 : s < 15 ? 6 : 7;
  return levels;
}();

// Magnitudes from here on go on in raw bits.
inline constexpr int kEscape = kSymbols - 1;
inline constexpr int kEscapeBits = 11;

// What surrounds the block that is being coded.
struct Surroundings {
  const BlockTrace* left = nullptr;  // same plane; a trace of zeros outside the tile
  const BlockTrace* above = nullptr;
  const BlockTrace* before = nullptr;  // same place in the plane coded before; nullptr for Y
  int plane = 0;
  int block_class = 0;
};

// The models of one block's levels.
struct BlockModels {
  SymbolModel& length_beside;
  SymbolModel& length_class;
  SymbolModel* here;    // [k]
  SymbolModel* around;  // [place[k]][local]
  SymbolModel* last;    // [place[k]]
  SymbolModel* escape;
};
[[nodiscard]] inline BlockModels block_models(Contexts& contexts, const Surroundings& around) {
  const auto plane = std::size_t(around.plane);
  const auto block_class = std::size_t(around.block_class);
  const int before = around.before == nullptr ? 0 : around.before->length_bucket;
  const auto before_level = std::size_t(before == 0 ? 0 : before < 4 ? 1 : before < 9 ? 2 : 3);
  const auto beside =
      std::size_t((around.left->length_bucket + around.above->length_bucket + 1) / 2);
  return {contexts.length_beside[plane][before_level][beside],
          contexts.length_class[plane][block_class],
          contexts.level_here[plane == 0 ? 0 : 1][block_class].data(),
          contexts.level_around[plane][0][0].data(),
          contexts.level_last[plane][0].data(),
          contexts.escape[plane].data()};
}

// Position bucket and neighbour level of each of the first `length` positions, as one index.
using Places = std::array<std::uint8_t, kBlockPixels>;
inline void find_places(const Surroundings& around, int length, Places& places) {
  static constexpr BlockTrace kNone{};
  const std::uint8_t* const left = around.left->magnitude.data();
  const std::uint8_t* const above = around.above->magnitude.data();
  const std::uint8_t* const before =
      around.before == nullptr ? kNone.magnitude.data() : around.before->magnitude.data();
  const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
  for (int from = 0; from < length; from += 16)
    for (int k = from; k < from + 16; ++k) {
      const std::uint8_t beside = byte(2 * byte(left[k + 1] + above[k + 1]) +
                                       byte(left[k] + above[k]) + byte(left[k + 2] + above[k + 2]));
      const std::uint8_t sum =
          byte(beside + byte(byte(2 * before[k + 1] + byte(before[k] + before[k + 2])) >> 1));
      const std::uint8_t level = byte((sum >= 1) + (sum >= 3) + (sum >= 5) + (sum >= 9) +
                                      (sum >= 16) + (sum >= 28) + (sum >= 48));
      places[std::size_t(k)] = byte(kPositionBucket[std::size_t(k)] * kNeighbourLevels + level);
    }
}

// Magnitudes from kEscape on: the number of bits of what is over, and the bits.
template <class Coder>
int code_escape(Coder& coder, SymbolModel* models, std::size_t k, int magnitude) {
  SymbolModel& model = models[std::min<std::size_t>(k, kEscapePositions - 1)];
  const unsigned over = unsigned(magnitude - kEscape + 1);
  const int wanted = Coder::kDecodes ? 0 : std::bit_width(over) - 1;
  const int bits = std::min(int(coder.symbol(model, model, unsigned(wanted))), kEscapeBits);
  const unsigned low = coder.raw(over & ((1u << bits) - 1), bits);
  return std::min(kEscape - 1 + int((1u << bits) + low), int(kLevelMax));
}

// Levels of one block; `levels` is read by an encoder and filled by a decoder. `trace` may be
// around.above. An encoder leaves a position of 64 or more behind the last.
template <class Coder>
void code_levels(Coder& outer, Contexts& contexts, const Surroundings& around, Levels& levels,
                 BlockTrace& trace) {
  constexpr bool kDecodes = Coder::kDecodes;
  typename Coder::InRegisters coder = outer;
  const BlockModels models = block_models(contexts, around);
  const unsigned bucket = coder.symbol(models.length_beside, models.length_class,
                                       kDecodes ? 0 : kLengthBucket[std::size_t(levels.length)]);
  const int start = kLengthStart[bucket];
  const int length = start + int(coder.raw(unsigned(levels.length - start), kLengthBits[bucket]));
  Places places;
  find_places(around, length, places);
  trace.magnitude.fill(0);
  trace.length_bucket = std::uint8_t(bucket);
  SparseBlock& nonzero = levels.nonzero;
  std::array<std::int16_t, kBlockPixels> magnitudes;
  std::size_t count = 0;
  unsigned local = 0, previous = 0;
  const auto wanted_at = [&](std::size_t k) {
    if (kDecodes || nonzero.position[count] != k) return 0;
    return std::abs(int(nonzero.value[count]));
  };
  const auto keep = [&](std::size_t k, unsigned symbol) {
    int magnitude = int(symbol);
    if (symbol == kEscape) [[unlikely]]
      magnitude = code_escape(coder, models.escape, k, wanted_at(k));
    trace.magnitude[k + 1] = std::uint8_t(symbol);
    magnitudes[count] = std::int16_t(magnitude);
    if (kDecodes) nonzero.position[count] = std::uint8_t(k);
    count += symbol != 0 ? 1 : 0;
  };
  if (length > 0) {
    const auto end = std::size_t(length) - 1;
    for (std::size_t k = 0; k < end; ++k) {
      const std::size_t place = places[k];
      const unsigned symbol =
          coder.symbol(models.here[k], models.around[place * kLocalLevels + local],
                       unsigned(std::min(wanted_at(k), kEscape)));
      keep(k, symbol);
      local = kLocalLevel[2 * symbol + previous];
      previous = symbol;
    }
    SymbolModel& last = models.last[places[end]];
    const unsigned symbol =
        coder.symbol(last, last, unsigned(std::min(wanted_at(end), kEscape) - 1));
    keep(end, std::min<unsigned>(symbol + 1, kEscape));
  }
  for (std::size_t from = 0; from < count; from += 16) {
    const std::size_t part = std::min<std::size_t>(16, count - from);
    std::uint32_t signs = 0;
    if (!kDecodes)
      for (std::size_t i = 0; i < part; ++i) signs |= (nonzero.value[from + i] < 0 ? 1u : 0u) << i;
    signs = coder.raw(signs, int(part));
    if (kDecodes)
      for (std::size_t i = 0; i < part; ++i) {
        const int sign = -int((signs >> i) & 1);
        nonzero.value[from + i] = std::int16_t((magnitudes[from + i] ^ sign) - sign);
      }
  }
  if constexpr (kDecodes) {
    nonzero.count = int(count);
    levels.length = length;
    outer = coder;
  }
}

// What code_levels leaves behind, without coding: for an encoder that looks ahead.
inline void leave_trace(const Levels& levels, BlockTrace& trace) {
  trace.magnitude.fill(0);
  trace.length_bucket = kLengthBucket[std::size_t(levels.length)];
  for (std::size_t i = 0; i < std::size_t(levels.nonzero.count); ++i)
    trace.magnitude[std::size_t{levels.nonzero.position[i]} + 1] =
        std::uint8_t(std::min(std::abs(int(levels.nonzero.value[i])), kEscape));
}

// The class of a block.
template <class Coder>
int code_class(Coder& coder, Contexts& contexts, int left, int above, int value) {
  SymbolModel& model = contexts.block_class[std::size_t(left)][std::size_t(above)];
  return int(coder.symbol(model, model, unsigned(value))) % kClasses;
}

// How the chroma blocks are foretold: Cb's mode plus twice Cr's, each 0 by the ring, 1 from luma,
// 2 (Cr only) from Cb.
template <class Coder>
int code_modes(Coder& coder, Contexts& contexts, int left, int above, int value) {
  SymbolModel& model = contexts.modes[std::size_t(left)][std::size_t(above)];
  return int(coder.symbol(model, model, unsigned(value))) % kModePairs;
}

}  // namespace holo::image::fast
