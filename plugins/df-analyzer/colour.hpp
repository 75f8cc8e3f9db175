// The planes of a picture as R'G'B' or Y', in floats of 0..1.
#pragma once

#include <vector>

#include <holo/unit.hpp>

namespace df_analyzer {

struct FloatPlane {
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::vector<float> samples;
};

// One plane for luma, else three. A gray picture gives three equal ones.
[[nodiscard]] std::vector<FloatPlane> to_float_planes(const holo::Unit& unit, bool luma);

}  // namespace df_analyzer
