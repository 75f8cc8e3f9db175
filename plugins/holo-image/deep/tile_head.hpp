// The plain bytes before a tile's arithmetic code.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"

namespace holo::image::deep {

inline constexpr std::int32_t kStepMin = 16;
inline constexpr std::int32_t kStepMax = 9045;

struct TileHead {
  std::int32_t step = 0;  // of luma, in internal units
  bool filtered = false;
  bool adaptive = false;                // superblocks have steps of their own
  std::array<std::int16_t, 3> start{};  // what the first block of each plane is predicted from
  std::size_t bytes = 0;
};

// Byte 0: version of the model, and 128 if filtered, 64 if adaptive. Two bytes: the step, low byte
// first. Then one byte a plane: its start / 64 + 128.
[[nodiscard]] std::vector<std::uint8_t> write_tile_head(const TileHead& head, int planes);
[[nodiscard]] Result<TileHead> read_tile_head(std::span<const std::uint8_t> bytes, int planes);

}  // namespace holo::image::deep
