// The linear code of a fitted patch, handed out for further training and taken back.
#include <algorithm>
#include <cmath>
#include <string>

#include "plugins/kv-eigen/eigen_patch.hpp"
#include "plugins/kv-eigen/rate_fit.hpp"

namespace holo::kv_eigen {
namespace {

// {rows, columns} with rows `stride` apart, transposed.
std::vector<float> transposed(const float* from, std::size_t rows, std::size_t columns,
                              std::size_t stride) {
  std::vector<float> out(rows * columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) out[c * rows + r] = from[r * stride + c];
  }
  return out;
}

bool all_finite(const float* values, std::size_t count) {
  return std::all_of(values, values + count, [](float v) { return std::isfinite(v); });
}

}  // namespace

const Basis& EigenPatch::projector_basis(std::uint32_t index) const {
  expect_fitted();
  if (index >= bases_.size()) {
    fail(HOLO_INVALID_ARG,
         "kv-eigen: projector " + std::to_string(index) + " of " + std::to_string(bases_.size()));
  }
  if (bases_[index]->features > 0) {
    fail(HOLO_UNSUPPORTED,
         "kv-eigen: rows are predicted from tokens, so its code is not linear; use predict=none");
  }
  return *bases_[index];
}

std::uint32_t EigenPatch::projector_count() { return static_cast<std::uint32_t>(bases_.size()); }

holo_projector EigenPatch::projector(std::uint32_t index) {
  const Basis& basis = projector_basis(index);
  const std::size_t stride = basis.joint_stride();
  HandedOut& out = handed_out_;
  out = {};
  for (const SiteKey& key : basis.sites) {
    const auto found = std::find(site_order_.begin(), site_order_.end(), key);
    out.sites.push_back(static_cast<std::uint32_t>(found - site_order_.begin()));
  }
  out.encode = transposed(basis.analysis.data(), basis.components, basis.joint(), stride);
  for (std::size_t k = 0; k < basis.components; ++k) {
    const float* row = basis.expansion.data() + k * stride;
    out.decode.insert(out.decode.end(), row, row + basis.joint());
    const unsigned bits = basis.coding == Coding::packed ? basis.lane_bits[k / kLane] : 0;
    out.steps.push_back(bits == 16 ? 0.0F : 1.0F);
    out.limits.push_back(bits == 0 || bits == 16 ? 0.0F
                                                 : 0.5F * static_cast<float>((1u << bits) - 1u));
  }
  holo_projector projector{};
  projector.struct_size = sizeof projector;
  projector.site_count = static_cast<std::uint32_t>(out.sites.size());
  projector.sites = out.sites.data();
  projector.width = static_cast<std::int64_t>(basis.joint());
  projector.components = static_cast<std::int64_t>(basis.components);
  projector.mean = basis.centre.data();
  projector.encode = out.encode.data();
  projector.decode = out.decode.data();
  projector.steps = out.steps.data();
  projector.limits = out.limits.data();
  return projector;
}

void EigenPatch::set_projector(std::uint32_t index, const holo_projector& given) {
  const Basis& old = projector_basis(index);
  const std::size_t n = old.joint();
  const std::size_t m = old.components;
  if (given.width != static_cast<std::int64_t>(n) ||
      given.components != static_cast<std::int64_t>(m) || given.mean == nullptr ||
      given.encode == nullptr || given.decode == nullptr || !all_finite(given.mean, n) ||
      !all_finite(given.encode, n * m) || !all_finite(given.decode, n * m)) {
    fail(HOLO_INVALID_ARG, "kv-eigen: a projector of " + std::to_string(n) + " values and " +
                               std::to_string(m) + " components, all finite, was expected");
  }
  if (index >= sample_rows_.size() || sample_rows_[index].empty()) {
    fail(HOLO_UNSUPPORTED,
         "kv-eigen: projectors can be set between fit and activate, while the calibration rows are "
         "held");
  }
  GroupSample sample;
  sample.transform.centre.assign(given.mean, given.mean + n);
  sample.transform.analysis = transposed(given.encode, n, m, m);
  sample.transform.synthesis.assign(given.decode, given.decode + n * m);
  const std::vector<float>& rows = sample_rows_[index];
  sample.samples = rows.size() / n;
  sample.coefficients.resize(m * sample.samples);
  std::vector<float> residual(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) residual[i] = rows[i] - given.mean[i % n];
  kv_eigen::multiply(m, sample.samples, n, {sample.transform.analysis.data(), n},
                     MatrixRef{residual.data(), n}.transposed(), sample.coefficients.data(),
                     sample.samples, loop_);
  Basis basis;
  basis.sites = old.sites;
  basis.width = old.width;
  basis.coding = old.coding;
  basis.lane_bits = old.lane_bits;
  refit(sample, options_.thrift, loop_, basis);
  bases_[index] = std::make_shared<const Basis>(std::move(basis));
}

}  // namespace holo::kv_eigen
