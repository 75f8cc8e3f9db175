// Fitting is in float64; only its binary16 result matters to a decoder.
#include "plugins/holo-image/own-basis/patch_basis.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/spectral/eigensystem.hpp"
#include "plugins/holo-image/own-basis/half.hpp"

namespace holo::image {
namespace {

constexpr std::size_t kMaxDimensions = 3 * kPatchPixels;
constexpr std::int64_t kOne = std::int64_t{1} << 24;

double half_value(std::uint16_t half) {
  return static_cast<double>(half_fixed(half).value_or(0)) / static_cast<double>(kOne);
}

Error out_of_range(const char* what) {
  return make_error(HOLO_CORRUPT, std::string("patch basis: a number of the ") + what +
                                      " is out of range; the file is damaged, fetch it again");
}

}  // namespace

Result<PatchBasis> fit_patch_basis(const spectral::CovarianceAccumulator& patches,
                                   std::size_t components) {
  HOLO_ASSIGN(const spectral::Eigensystem principal, spectral::eigensystem(patches.covariance()));
  PatchBasis basis;
  basis.dimensions = patches.dimensions();
  basis.components = std::clamp<std::size_t>(components, 1, basis.dimensions);
  basis.numbers.reserve((1 + basis.components) * basis.dimensions);
  for (const double value : patches.mean()) basis.numbers.push_back(to_half(float(value)));
  for (std::size_t k = 0; k < basis.components; ++k)
    for (const double value : principal.vectors.row(k))
      basis.numbers.push_back(to_half(float(value)));
  return basis;
}

std::vector<std::uint16_t> project(const PatchBasis& basis, std::span<const float> patches) {
  const std::size_t dimensions = basis.dimensions;
  const std::size_t count = patches.size() / dimensions;
  std::vector<double> numbers(basis.numbers.size());
  std::transform(basis.numbers.begin(), basis.numbers.end(), numbers.begin(), half_value);
  std::vector<std::uint16_t> coefficients(basis.components * count);
  std::vector<double> centred(dimensions);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t d = 0; d < dimensions; ++d)
      centred[d] = double{patches[i * dimensions + d]} - numbers[d];
    for (std::size_t k = 0; k < basis.components; ++k) {
      const double* row = &numbers[(1 + k) * dimensions];
      double sum = 0;
      for (std::size_t d = 0; d < dimensions; ++d) sum += row[d] * centred[d];
      coefficients[k * count + i] = to_half(float(sum));
    }
  }
  return coefficients;
}

Result<PatchRenderer> PatchRenderer::open(const PatchBasis& basis, std::size_t used) {
  PatchRenderer renderer;
  renderer.used_ = std::min(used, basis.components);
  for (std::size_t i = 0; i < (1 + renderer.used_) * basis.dimensions; ++i) {
    const auto fixed = half_fixed(basis.numbers[i]);
    const bool is_mean = i < basis.dimensions;
    if (!fixed || std::abs(*fixed) > (is_mean ? 256 : 1) * kOne)
      return out_of_range(is_mean ? "mean" : "basis");
    if (is_mean)
      renderer.mean_.push_back(*fixed * (1 << 12));
    else
      renderer.basis_.push_back(static_cast<std::int32_t>(*fixed));
  }
  return renderer;
}

Status PatchRenderer::render(const std::uint16_t* coefficients, std::size_t stride,
                             std::uint32_t maximum, std::span<std::uint16_t> out) const {
  const std::size_t dimensions = mean_.size();
  std::array<std::int64_t, kMaxDimensions> sums;
  std::copy(mean_.begin(), mean_.end(), sums.begin());
  for (std::size_t k = 0; k < used_; ++k) {
    const auto fixed = half_fixed(coefficients[k * stride]);
    if (!fixed || std::abs(*fixed) > 4096 * kOne) return out_of_range("coefficients");
    const std::int64_t coefficient = (*fixed + (1 << 11)) >> 12;
    if (coefficient == 0) continue;
    const std::int32_t* row = &basis_[k * dimensions];
    for (std::size_t d = 0; d < dimensions; ++d) sums[d] += coefficient * row[d];
  }
  // 36 fraction bits to 16, then from 0..255 to 0..maximum, rounded to nearest.
  for (std::size_t d = 0; d < dimensions; ++d) {
    const std::int64_t value = std::max<std::int64_t>(0, sums[d] >> 20);
    const std::int64_t sample = (value * maximum + 255 * 32768) / (255 * 65536);
    out[d] = static_cast<std::uint16_t>(std::min<std::int64_t>(sample, maximum));
  }
  return {};
}

}  // namespace holo::image
