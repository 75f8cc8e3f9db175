// C(k): the share of the variance that the k largest eigenvalues hold.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace holo::spectral {

// C(1)..C(n) of eigenvalues in descending order; negative ones (rounding) count as 0. The last is
// exactly 1, except that a spectrum without variance gives all zeros.
[[nodiscard]] std::vector<double> explained_variance(std::span<const double> eigenvalues);
// The smallest k with C(k) >= share; 0 if the spectrum holds no variance. `share` is in (0, 1].
[[nodiscard]] std::size_t k_for_variance(std::span<const double> eigenvalues, double share);

}  // namespace holo::spectral
