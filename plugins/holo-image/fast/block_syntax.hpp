// The order of the bits of a block, written once for encoder and decoder.
//
// A Coder has `bool bit(a, b, value)`: codes `value` with the mean probability of two contexts and
// teaches both, or, when it decodes, ignores `value`; and `uint32_t bypass(value, count)`.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "core/entropy/context.hpp"
#include "plugins/holo-image/fast/quantizer.hpp"

namespace holo::image {

using entropy::AdaptiveBit;

// Magnitudes of a coded block, capped at 255, as context for the blocks after it.
struct BlockTrace {
  std::array<std::uint8_t, kBlockPixels + 2> magnitude{};  // [k + 1]; zeros at both ends
  std::uint8_t length_bucket = 0;
  std::uint8_t block_class = 0;
  std::uint8_t mode = 0;
};

// The number of coefficients up to the last that is not zero, 0..64, as bucket and offset.
inline constexpr int kLengthBuckets = 13;
inline constexpr std::array<std::uint8_t, kLengthBuckets> kLengthStart = {0, 1,  2,  3,  4,  5, 7,
                                                                          9, 13, 17, 25, 33, 49};
inline constexpr std::array<std::uint8_t, kLengthBuckets> kLengthBits = {0, 0, 0, 0, 0, 1, 1,
                                                                         2, 2, 3, 3, 4, 4};
[[nodiscard]] constexpr int length_bucket(int length) {
  int bucket = 0;
  while (bucket + 1 < kLengthBuckets && length >= kLengthStart[std::size_t(bucket) + 1]) ++bucket;
  return bucket;
}

inline constexpr int kPlaneKinds = 3;       // Y, Cb, Cr
inline constexpr int kLocalLevels = 5;      // how large the two coefficients before are
inline constexpr int kNeighbourLevels = 6;  // how large the same ones are in the blocks around
inline constexpr int kPositionBuckets = 8;
inline constexpr int kUnary = 14;  // magnitudes above go on as Exp-Golomb code

// Every context of a tile.
struct Contexts {
  std::array<AdaptiveBit, 2> same_as_left;  // [left and above differ]
  std::array<AdaptiveBit, 1> same_as_above;
  std::array<AdaptiveBit, kClasses> class_tree;
  std::array<std::array<AdaptiveBit, 3>, 4> chroma_mode;
  std::array<std::array<std::array<std::array<AdaptiveBit, kLengthBuckets>, kLengthBuckets>, 3>,
             kPlaneKinds>
      length;  // [plane][bucket of the plane before, in thirds][buckets around][unary index]
  std::array<std::array<std::array<AdaptiveBit, kBlockPixels>, kClasses>, kPlaneKinds> zero_here;
  std::array<std::array<std::array<std::array<AdaptiveBit, kPositionBuckets>, kNeighbourLevels>,
                        kLocalLevels>,
             kPlaneKinds>
      zero_around;
  std::array<std::array<std::array<AdaptiveBit, kUnary>, kPositionBuckets>, kPlaneKinds> more_here;
  std::array<
      std::array<std::array<std::array<AdaptiveBit, kUnary>, kNeighbourLevels>, kLocalLevels>,
      kPlaneKinds>
      more_around;
};

// What surrounds the block that is being coded.
struct Surroundings {
  const BlockTrace* left = nullptr;  // same plane; a trace of zeros outside the tile
  const BlockTrace* above = nullptr;
  const BlockTrace* before = nullptr;  // same place in the plane coded before; nullptr for Y
  int plane = 0;
  int block_class = 0;
};

struct LevelContext {
  int local, neighbour, position;
};

inline constexpr std::array<std::uint8_t, kBlockPixels> kPositionBucket = {
    0, 1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};

[[nodiscard]] inline LevelContext level_context(const Surroundings& around, int k, int previous,
                                                int previous2) {
  static constexpr std::array<std::uint8_t, 9> kLocal = {0, 1, 2, 2, 3, 3, 3, 3, 4};
  static constexpr std::array<std::uint8_t, 17> kNeighbour = {0, 1, 1, 2, 2, 3, 3, 3, 3,
                                                              4, 4, 4, 4, 4, 4, 4, 5};
  const auto at = static_cast<std::size_t>(k) + 1;
  const auto weigh = [at](const BlockTrace& trace) {
    return 2 * trace.magnitude[at] + trace.magnitude[at - 1] + trace.magnitude[at + 1];
  };
  int sum = weigh(*around.left) + weigh(*around.above);
  if (around.before != nullptr) sum += weigh(*around.before) / 2;
  return {kLocal[std::size_t(std::min(8, 2 * previous + previous2))],
          kNeighbour[std::size_t(std::min(16, sum))], kPositionBucket[std::size_t(k)]};
}

struct BitPair {
  AdaptiveBit& here;
  AdaptiveBit& around;
};

[[nodiscard]] inline BitPair zero_bits(Contexts& contexts, const Surroundings& around,
                                       const LevelContext& at, int k) {
  const auto plane = std::size_t(around.plane);
  return {contexts.zero_here[plane][std::size_t(around.block_class)][std::size_t(k)],
          contexts.zero_around[plane][std::size_t(at.local)][std::size_t(at.neighbour)]
                              [std::size_t(at.position)]};
}
[[nodiscard]] inline BitPair more_bits(Contexts& contexts, const Surroundings& around,
                                       const LevelContext& at, int index) {
  const auto plane = std::size_t(around.plane);
  return {contexts.more_here[plane][std::size_t(at.position)][std::size_t(index)],
          contexts.more_around[plane][std::size_t(at.local)][std::size_t(at.neighbour)]
                              [std::size_t(index)]};
}
[[nodiscard]] inline auto& length_bits(Contexts& contexts, const Surroundings& around) {
  const int before =
      around.before == nullptr ? 0 : std::min(2, (around.before->length_bucket + 2) / 3);
  const int beside = (around.left->length_bucket + around.above->length_bucket + 1) / 2;
  return contexts.length[std::size_t(around.plane)][std::size_t(before)][std::size_t(beside)];
}

// Magnitudes above kUnary: Exp-Golomb with at most 12 prefix bits, which reaches past kLevelMax.
template <class Coder>
int code_escape(Coder& coder, int value) {
  const std::uint32_t shifted = std::uint32_t(value) + 1;
  int length = 0;
  while (length < 12 && coder.bypass((shifted >> (length + 1)) != 0 ? 1u : 0u, 1) != 0) ++length;
  return int((1u << length) + coder.bypass(shifted & ((1u << length) - 1), length)) - 1;
}

// Levels of one block; `levels` is read by an encoder and filled by a decoder. Returns the length.
template <class Coder>
int code_levels(Coder& coder, Contexts& contexts, const Surroundings& around,
                std::array<std::int16_t, kBlockPixels>& levels, int length, BlockTrace& trace) {
  auto& unary = length_bits(contexts, around);
  const int target = length_bucket(length);
  int bucket = 0;
  while (bucket + 1 < kLengthBuckets &&
         coder.bit(unary[std::size_t(bucket)], unary[std::size_t(bucket)], bucket < target))
    ++bucket;
  const int start = kLengthStart[std::size_t(bucket)];
  length =
      start + int(coder.bypass(std::uint32_t(length - start), kLengthBits[std::size_t(bucket)]));
  trace.magnitude.fill(0);
  trace.length_bucket = std::uint8_t(bucket);
  int previous = 0, previous2 = 0;
  for (int k = 0; k < length; ++k) {
    const LevelContext at = level_context(around, k, previous, previous2);
    const int level = levels[std::size_t(k)];
    const int wanted = std::abs(level);
    int magnitude = 0;
    const BitPair zero = zero_bits(contexts, around, at, k);
    if (k + 1 == length || coder.bit(zero.here, zero.around, wanted != 0)) {
      magnitude = 1;
      while (magnitude <= kUnary) {
        const BitPair more = more_bits(contexts, around, at, magnitude - 1);
        if (!coder.bit(more.here, more.around, wanted > magnitude)) break;
        ++magnitude;
      }
      if (magnitude > kUnary) magnitude += code_escape(coder, wanted - magnitude);
      magnitude = std::min<int>(magnitude, kLevelMax);
      const bool negative = coder.bypass(level < 0 ? 1u : 0u, 1) != 0;
      levels[std::size_t(k)] = std::int16_t(negative ? -magnitude : magnitude);
    } else {
      levels[std::size_t(k)] = 0;
    }
    trace.magnitude[std::size_t(k) + 1] = std::uint8_t(std::min(magnitude, 255));
    previous2 = previous;
    previous = magnitude;
  }
  return length;
}

// The class of a block: as on the left, as above, or spelt out.
template <class Coder>
int code_class(Coder& coder, Contexts& contexts, int left, int above, int value) {
  AdaptiveBit& same = contexts.same_as_left[left == above ? 0 : 1];
  if (coder.bit(same, same, value == left)) return left;
  AdaptiveBit& same_above = contexts.same_as_above[0];
  if (left != above && coder.bit(same_above, same_above, value == above)) return above;
  int node = 1;
  for (int mask = kClasses / 2; mask > 0; mask /= 2) {
    AdaptiveBit& branch = contexts.class_tree[std::size_t(node)];
    node = node * 2 + (coder.bit(branch, branch, (value & mask) != 0) ? 1 : 0);
  }
  return node - kClasses;
}

// How a chroma block is foretold: 0 by the ring, 1 from luma, 2 (Cr only) from Cb.
template <class Coder>
int code_chroma_mode(Coder& coder, Contexts& contexts, int plane, int left, int above, int value) {
  const auto beside = std::size_t((left != 0) + (above != 0));
  AdaptiveBit& other = contexts.chroma_mode[std::size_t(plane) - 1][beside];
  if (!coder.bit(other, other, value != 0)) return 0;
  if (plane == 1) return 1;
  AdaptiveBit& from_cb = contexts.chroma_mode[2][beside];
  return coder.bit(from_cb, from_cb, value == 2) ? 2 : 1;
}

}  // namespace holo::image
