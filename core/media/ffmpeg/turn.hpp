// Planes turned upright without touching a sample's value: 4:2:2 turned by 90 degrees is 4:4:0.
#pragma once

#include "core/base/unit.hpp"

namespace holo::media {

// What the description of upright planes is; the place of chroma samples becomes "unspecified".
holo_image upright_image(const holo_image& image);
Result<UnitBuffer> upright_planes(const UnitBuffer& unit);

}  // namespace holo::media
