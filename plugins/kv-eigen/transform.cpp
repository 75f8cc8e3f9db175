// With M = L L', the KLT of L' x is that of errors measured by M: the analysis is V' L', the
// synthesis (its inverse) L^-T V, where V holds the eigenvectors of L' Sigma L.
#include "plugins/kv-eigen/transform.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <holo/error.hpp>

namespace holo::kv_eigen {
namespace {

using Doubles = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Floats = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Measured on stories15m: towards the diagonal, and towards each site's mean.
constexpr double kDiagonal = 0.3;
constexpr double kEven = 0.02;
constexpr double kRidge = 1e-4;  // of the regression, relative to the mean variance of inputs
constexpr Eigen::Index kPrecise = 768;  // up to here eigenvectors are found in float64

Floats product(const Floats& a, const Floats& b, const Loop& loop) {
  Floats c = Floats::Zero(a.rows(), b.cols());
  multiply(static_cast<std::size_t>(a.rows()), static_cast<std::size_t>(b.cols()),
           static_cast<std::size_t>(a.cols()), {a.data(), static_cast<std::size_t>(a.cols())},
           {b.data(), static_cast<std::size_t>(b.cols())}, c.data(),
           static_cast<std::size_t>(b.cols()), loop);
  return c;
}

// The metric's Cholesky factor.
Floats factor_of(const JointMoments& m) {
  const auto n = static_cast<Eigen::Index>(m.width);
  if (m.metric.empty()) return Floats::Identity(n, n);
  Doubles metric = Eigen::Map<const Doubles>(m.metric.data(), n, n);
  const Eigen::VectorXd diagonal = metric.diagonal();
  const double mean = m.metric_scale;
  if (!(mean > 0) || !std::isfinite(mean)) {
    fail(HOLO_INVALID_ARG,
         "kv-eigen: the gradients of the loss are zero or not finite; use basis=pca");
  }
  metric *= (1 - kDiagonal) / mean;
  const auto site = static_cast<Eigen::Index>(m.site_width);
  for (Eigen::Index i = 0; i < n; i += site) {
    const double even = kEven * diagonal.segment(i, site).mean() / mean + 1e-9;
    for (Eigen::Index j = i; j < i + site; ++j) {
      metric(j, j) += kDiagonal * diagonal(j) / mean + even;
    }
  }
  const Eigen::LLT<Doubles> llt(metric);
  if (llt.info() != Eigen::Success) {
    fail(HOLO_INTERNAL, "kv-eigen: the metric of the loss is not positive definite");
  }
  return Doubles(llt.matrixL()).cast<float>();
}

// Eigenvectors as columns, largest value first.
void eigenvectors(const Floats& symmetric, Floats& vectors, std::vector<double>& values) {
  const auto take = [&](const auto& solver) {
    if (solver.info() != Eigen::Success) {
      fail(HOLO_INTERNAL, "kv-eigen: the eigenvalue iteration did not converge");
    }
    vectors = solver.eigenvectors().rowwise().reverse().template cast<float>();
    for (Eigen::Index i = symmetric.rows(); i-- > 0;) {
      values.push_back(std::max(0.0, static_cast<double>(solver.eigenvalues()(i))));
    }
  };
  if (symmetric.rows() <= kPrecise) {
    take(Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(symmetric.cast<double>()));
  } else {
    take(Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf>(symmetric));
  }
}

}  // namespace

Transform fit_transform(const JointMoments& m, const Loop& loop) {
  const auto f = static_cast<Eigen::Index>(m.features);
  const auto n = static_cast<Eigen::Index>(m.width);
  const Eigen::Map<const Doubles> joint(m.covariance.data(), f + n, f + n);
  if (!joint.allFinite()) {
    fail(HOLO_INVALID_ARG, "kv-eigen: a calibration row holds a value that is not finite");
  }
  Transform out;
  Doubles covariance = joint.bottomRightCorner(n, n);
  Eigen::VectorXd centre = Eigen::Map<const Eigen::VectorXd>(m.mean.data() + f, n);
  if (f > 0) {
    const Doubles inputs = joint.topLeftCorner(f, f);
    const Doubles cross = joint.topRightCorner(f, n);
    Doubles ridged = inputs;
    ridged.diagonal().array() += kRidge * inputs.diagonal().mean() + 1e-12;
    const Doubles weights = Eigen::LLT<Doubles>(ridged).solve(cross);
    const Floats w = weights.cast<float>();
    // Sxx - W' Sfx - (W' Sfx)' + W' Sff W, where Sff W = Sfx - ridge W.
    const Floats correction =
        product(Floats(w.transpose()), Floats((2 * cross - inputs * weights).cast<float>()), loop);
    covariance -= 0.5 * (correction + correction.transpose()).cast<double>();
    centre -= weights.transpose() * Eigen::Map<const Eigen::VectorXd>(m.mean.data(), f);
    out.prediction.assign(w.data(), w.data() + w.size());
  }
  for (Eigen::Index i = 0; i < n; ++i) out.centre.push_back(static_cast<float>(centre(i)));

  const bool weighted = !m.metric.empty();
  const Floats factor = factor_of(m);
  Floats vectors;
  if (weighted) {
    const Floats turned =
        product(Floats(factor.transpose()), product(covariance.cast<float>(), factor, loop), loop);
    eigenvectors(Floats(0.5F * (turned + turned.transpose())), vectors, out.variances);
  } else {
    eigenvectors(covariance.cast<float>(), vectors, out.variances);
  }
  const Floats rows = vectors.transpose();
  if (!weighted) {
    out.analysis.assign(rows.data(), rows.data() + rows.size());
    out.synthesis = out.analysis;
    return out;
  }
  const Floats analysis = product(rows, Floats(factor.transpose()), loop);
  const Floats synthesis =
      factor.transpose().triangularView<Eigen::Upper>().solve(vectors).transpose();
  out.analysis.assign(analysis.data(), analysis.data() + analysis.size());
  out.synthesis.assign(synthesis.data(), synthesis.data() + synthesis.size());
  return out;
}

}  // namespace holo::kv_eigen
