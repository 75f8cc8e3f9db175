// Turns transforms into bases: which components are kept, and with how many bits, over all groups
// of sites of a patch together. The errors of all groups are on one scale, so one step (entropy) or
// one slope (packed) for all is reverse water-filling.
#pragma once

#include <cstdint>
#include <vector>

#include "plugins/kv-eigen/basis.hpp"
#include "plugins/kv-eigen/transform.hpp"

namespace holo::kv_eigen {

// One group of sites, with coefficients of rows that the transform was not fitted to.
struct GroupSample {
  Transform transform;
  std::size_t samples = 0;
  std::vector<float> coefficients;  // {components, samples}
  std::size_t limit = 0;            // components that may be kept
};

struct RateTarget {
  Coding coding = Coding::entropy;
  double bits = 0;      // of a position, over all groups
  bool halves = false;  // float16 coefficients instead, of all components that may be kept
  double thrift = 0;    // see fit_code
};

struct RateResult {
  double bits = 0;  // of a position, as the samples say
  double step = 0;  // entropy
};

// Completes `bases` (sites, width and features set), one for each group.
RateResult fit_rate(const std::vector<GroupSample>& groups, const RateTarget& target,
                    const Loop& loop, std::vector<Basis>& bases);

// Makes steps and tables anew for a code whose components, widths in bits (packed) and step (of
// size 1, entropy) are those of `basis` already; its transform has only these components.
void refit(const GroupSample& group, double thrift, const Loop& loop, Basis& basis);

// Bits for lanes of components with these variances of a coefficient, added over a lane: 0..6 or 8
// each, kLane times their sum at most `bits`.
std::vector<std::uint8_t> allocate_lanes(const std::vector<double>& variances, double bits);

}  // namespace holo::kv_eigen
