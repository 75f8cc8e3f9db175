// A detail of a picture as a PNG file, for looking at codecs side by side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/host/registry.hpp"

namespace holo::bench {

struct Region {
  std::int32_t x = 0;
  std::int32_t y = 0;
  std::int32_t width = 0;
  std::int32_t height = 0;
};

// The square of `side` samples, or less where the picture is smaller, in which luma varies most.
Result<Region> busiest_region(const std::string& picture, std::int32_t side);

// PNG of the region of a picture, or of a .holo file that `codec` wrote. Planes as stored, without
// metadata.
Result<std::vector<std::uint8_t>> crop_of_picture(const std::string& picture, const Region& region);
Result<std::vector<std::uint8_t>> crop_of_file(host::Registry& registry,
                                               const host::ComponentInfo& codec,
                                               const std::string& file, const Region& region);

}  // namespace holo::bench
