// How many dimensions data fill: the participation ratio Df, Df freed of sampling bias, and two
// entropy ranks. They are different quantities; none stands in for another.
#pragma once

#include <cstdint>
#include <span>

namespace holo::spectral {

// Df = (sum l)^2 / sum l^2 over eigenvalues l >= 0 (negative ones count as 0); 0 for none.
// 1 if one direction holds everything, n if n directions hold the same.
[[nodiscard]] double participation_ratio(std::span<const double> eigenvalues);

// Df of the population, from the eigenvalues of a sample covariance S with n degrees of freedom:
// samples - 1 about the sample mean (divided by samples - 1), samples about zero.
//
// S spreads: for normal data with covariance C of Q features, Wishart moments give
//   E tr(S^2) = (1 + 1/n) tr(C^2) + (tr C)^2 / n,     E (tr S)^2 = (tr C)^2 + 2 tr(C^2) / n,
// so that to first order 1/Df(S) = 1/Df(C) + 1/n: white noise in Q dimensions reads Q n / (Q + n).
// Solved for the unbiased traces (Srivastava, "Some tests concerning the covariance matrix in high
// dimensional data", 2005):
//   tr(C^2) ~ n^2 / ((n - 1)(n + 2)) (tr(S^2) - (tr S)^2 / n),   (tr C)^2 ~ (tr S)^2 - 2 tr(C^2) /
//   n
// The result is kept within 1..Q. Samples must be independent: overlapping patches count for less
// than their number. Below n = 2 nothing can be told and the ratio of S itself is returned.
[[nodiscard]] double participation_ratio_corrected(std::span<const double> eigenvalues,
                                                   std::uint64_t degrees_of_freedom);

// Where the Q features are themselves a random draw from a larger population (neurons, hidden
// units), the same spread happens along them: 1/Df(C) = 1/Df + 1/Q, in all
//   1/estimate ~ 1/P + 1/Q + 1/Df   for P samples and Q features.
// Takes the ratio that is free of the samples' part and returns Df of that population; infinity if
// the data cannot tell it from unbounded (as for white noise). Where the features are the whole
// space, as the pixels of a patch are, this step must be left out.
[[nodiscard]] double participation_ratio_of_population(double corrected, std::size_t features);

// exp(entropy of s / sum s) over singular values s = sqrt(l): the effective rank of Roy and
// Vetterli, "The effective rank: a measure of effective dimensionality" (2007).
[[nodiscard]] double effective_rank(std::span<const double> eigenvalues);
// exp(entropy of l / sum l) over the eigenvalues themselves; never below Df.
[[nodiscard]] double entropy_rank(std::span<const double> eigenvalues);

}  // namespace holo::spectral
