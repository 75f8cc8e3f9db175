// The adaptive contexts of a frame, in one flat array, and the three ways to visit the syntax:
// writing, reading, and adding up the cost. The syntax itself is written once, as templates.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/entropy/binary_coder.hpp"
#include "core/entropy/context.hpp"

namespace holo::holovid {

// Contexts of one transform block class; a class is {size, luma or chroma, inter or intra}.
struct LevelContexts {
  static constexpr int kLastPrefix = 0;                 // 12: length of last position + 1
  static constexpr int kLastBits = kLastPrefix + 12;    // 12 x 3: its first two bits
  static constexpr int kSignificant = kLastBits + 36;   // 6 diagonals x 7 neighbourhoods
  static constexpr int kGreater = kSignificant + 42;    // 3 diagonals x 9 neighbourhoods x 14
  static constexpr int kCoded = kGreater + 3 * 9 * 14;  // 2: the block has a nonzero level
  static constexpr int kCount = kCoded + 2;
};

inline constexpr int kLevelSets = 4 * 2 * 2;
[[nodiscard]] constexpr int level_set(int log2_size, bool chroma, bool intra) {
  return (((log2_size - 2) * 2 + (chroma ? 1 : 0)) * 2 + (intra ? 1 : 0)) * LevelContexts::kCount;
}

inline constexpr int kSplit = kLevelSets * LevelContexts::kCount;  // 3 sizes x 3
inline constexpr int kSkip = kSplit + 9;                           // 3
inline constexpr int kIntra = kSkip + 3;                           // 3
inline constexpr int kMerge = kIntra + 3;                          // 4 sizes
inline constexpr int kMergeIndex = kMerge + 4;                     // 4
inline constexpr int kBoth = kMergeIndex + 4;                      // 4 sizes
inline constexpr int kSecond = kBoth + 4;                          // 1
inline constexpr int kResidual = kSecond + 1;                      // 4 sizes
inline constexpr int kTransformSplit = kResidual + 4;              // 4 sizes x inter, intra
inline constexpr int kMotion = kTransformSplit + 8;                // 2 axes x 22
inline constexpr int kLikelyMode = kMotion + 44;                   // 3
inline constexpr int kIntraMode = kLikelyMode + 3;                 // 64
inline constexpr int kContextCount = kIntraMode + 64;

using Contexts = std::vector<entropy::AdaptiveBit>;  // kContextCount of them
// The trained state that the first frame of a kind starts from.
[[nodiscard]] Contexts initial_contexts(bool key);

struct Writer {
  entropy::BinaryEncoder& coder;
  Contexts& contexts;
  bool bit(int context, bool value) {
    entropy::encode_bit(coder, contexts[static_cast<std::size_t>(context)], value);
    return value;
  }
  std::uint32_t bypass(std::uint32_t value, int count) {
    coder.encode_bypass(value, count);
    return value;
  }
  static constexpr bool kReads = false;
};

struct Reader {
  entropy::BinaryDecoder& coder;
  Contexts& contexts;
  bool invalid = false;  // a value that no writer produces
  bool bit(int context, bool) {
    return entropy::decode_bit(coder, contexts[static_cast<std::size_t>(context)]);
  }
  std::uint32_t bypass(std::uint32_t, int count) { return coder.decode_bypass(count); }
  static constexpr bool kReads = true;
};

// Cost in 1/256 bit of a zero and of a one, for every context.
using CostTable = std::vector<std::array<std::uint16_t, 2>>;
void fill_costs(const Contexts& contexts, CostTable& costs);

struct Coster {
  const CostTable& costs;
  std::uint32_t total = 0;
  bool bit(int context, bool value) {
    total += costs[static_cast<std::size_t>(context)][value ? 1 : 0];
    return value;
  }
  std::uint32_t bypass(std::uint32_t value, int count) {
    total += static_cast<std::uint32_t>(count) * 256;
    return value;
  }
  static constexpr bool kReads = false;
};

// Exp-Golomb code whose prefix is adaptive: value >= 0; context `prefix + min(length, cap)`.
// Prefixes longer than 20 are invalid.
template <class Coder>
std::uint32_t code_prefixed(Coder& coder, int prefix, int cap, std::uint32_t value) {
  const int length = Coder::kReads ? 0 : static_cast<int>(std::bit_width(value + 1)) - 1;
  int n = 0;
  while (coder.bit(prefix + (n < cap ? n : cap), n < length)) {
    if (++n > 20) {
      if constexpr (Coder::kReads) coder.invalid = true;
      return 0;
    }
  }
  const std::uint32_t rest = coder.bypass((value + 1) & ((1u << n) - 1), n);
  return (1u << n) + rest - 1;
}

}  // namespace holo::holovid
