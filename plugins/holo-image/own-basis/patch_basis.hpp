// A picture's own basis: mean + coefficients @ basis over 8x8 patches, stored as binary16 and
// rendered in integers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/spectral/covariance.hpp"

namespace holo::image {

inline constexpr std::size_t kPatchPixels = 64;

// A patch is the 64 samples of each plane in turn, scaled to 0..255.
struct PatchBasis {
  std::size_t dimensions = 0;          // 64 a plane
  std::size_t components = 0;          // rows of basis, 1..dimensions
  std::vector<std::uint16_t> numbers;  // binary16: the mean, then the rows of the basis
};

// The principal components of the rows that were accumulated.
[[nodiscard]] Result<PatchBasis> fit_patch_basis(const spectral::CovarianceAccumulator& patches,
                                                 std::size_t components);

// Coefficients of patches (rows of `dimensions` floats) as binary16, component by component:
// out[k * count + i] belongs to patch i.
[[nodiscard]] std::vector<std::uint16_t> project(const PatchBasis& basis,
                                                 std::span<const float> patches);

// Renders patches from binary16 numbers with integers alone.
//
// Ranges: |mean| <= 256, |basis| <= 1 and |coefficient| <= 4096 are checked. In fixed point that is
// 2^24 for the basis (24 fraction bits) and 2^24 for coefficients (rounded to 12 fraction bits), so
// a sum over 192 components plus the mean stays below 2^57.
class PatchRenderer {
 public:
  // HOLO_CORRUPT if a number is out of range. Uses the first `used` components.
  static Result<PatchRenderer> open(const PatchBasis& basis, std::size_t used);

  // `coefficients[k * stride]` is component k. Writes `dimensions` samples of 0..maximum.
  Status render(const std::uint16_t* coefficients, std::size_t stride, std::uint32_t maximum,
                std::span<std::uint16_t> out) const;

 private:
  std::vector<std::int64_t> mean_;   // 36 fraction bits
  std::vector<std::int32_t> basis_;  // 24 fraction bits
  std::size_t used_ = 0;
};

}  // namespace holo::image
