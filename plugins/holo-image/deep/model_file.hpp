// What the reader and the writer of a model's file share.
#pragma once

#include <array>
#include <cstdint>

#include "core/entropy/mixer.hpp"

namespace holo::image::deep {

inline constexpr std::uint32_t kModelMagic = 0x4D494C48;  // "HLIM"

// A context starts at one of 256 logits, met one of 16 numbers of times.
inline constexpr std::array<std::uint8_t, 16> kContextCounts = {0,  1,  2,  3,  4,  6,  8,  10,
                                                                12, 14, 16, 18, 20, 24, 28, 32};
// In 1/65536.
[[nodiscard]] inline std::uint32_t context_probability(std::uint8_t logit) {
  const std::uint32_t p = entropy::squash((int{logit} - 128) * 15);
  return p > 65535 ? 65535 : p;
}

}  // namespace holo::image::deep
