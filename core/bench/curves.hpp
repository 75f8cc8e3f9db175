// Curves: what each codec of a comparison is set to, point by point.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/params.hpp"
#include "core/host/registry.hpp"

namespace holo::bench {

struct Point {
  std::string setting;  // "quality=40"; empty where nothing runs along the curve
  ParamValues params;   // fully resolved
};

// One line of the plots: a codec with fixed parameters, and one that runs along the line.
struct Curve {
  std::string name;  // the codec's alias and what tells it from the others: "peer-avif:yuv=420"
  const host::ComponentInfo* codec = nullptr;
  std::vector<Point> points;  // one at least
};

// The most points of all curves together.
inline constexpr std::size_t kMostPoints = 10000;

// Words as of --codecs: "A,B:quality=20..90/10". Of several parameters with several values, one
// runs along the curve: the codec's rate parameter (HOLO_PARAM_RATE), or else the first range, or
// else the last list of numbers. Each combination of the others makes a curve of its own.
// INVALID_ARG: an unknown codec or parameter, a codec that does not store pictures or does not work
// both ways, no codec at all.
Result<std::vector<Curve>> make_curves(const host::Registry& registry,
                                       const std::vector<std::string>& words);

}  // namespace holo::bench
