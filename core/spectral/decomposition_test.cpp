// Eigensystem, randomized SVD, Procrustes and whitening against matrices built from the answer.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "core/spectral/covariance.hpp"
#include "core/spectral/eigen_view.hpp"
#include "core/spectral/eigensystem.hpp"
#include "core/spectral/procrustes.hpp"
#include "core/spectral/randomized_svd.hpp"
#include "core/spectral/whitening.hpp"

namespace holo::spectral {
namespace {

Eigen::MatrixXd random_matrix(Eigen::Index rows, Eigen::Index cols, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  Eigen::MatrixXd matrix(rows, cols);
  for (Eigen::Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = normal(random);
  return matrix;
}

Eigen::MatrixXd random_rotation(Eigen::Index size, std::uint32_t seed) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(random_matrix(size, size, seed));
  return qr.householderQ();
}

TEST_CASE("eigensystem finds the values and vectors that a matrix was built from") {
  const Eigen::MatrixXd basis = random_rotation(6, 1);
  Eigen::VectorXd values(6);
  values << 1, 7, 3, 0, 5, -2;
  const Matrix matrix = to_matrix(basis * values.asDiagonal() * basis.transpose());
  const Eigensystem system = eigensystem(matrix).value();
  const std::vector<double> expected = {7, 5, 3, 1, 0, -2};
  const int source[] = {1, 4, 2, 0, 3, 5};
  for (std::size_t i = 0; i < 6; ++i) {
    REQUIRE(system.values[i] == Approx(expected[i]).margin(1e-12));
    const double cosine =
        view(system.vectors).row(static_cast<Eigen::Index>(i)).dot(basis.col(source[i]));
    REQUIRE(std::fabs(cosine) == Approx(1));
    double largest = 0;
    for (const double v : system.vectors.row(i)) {
      if (std::fabs(v) > std::fabs(largest)) largest = v;
    }
    REQUIRE(largest > 0);
  }
  REQUIRE(eigenvalues(matrix).value()[0] == Approx(7));
}

TEST_CASE("eigensystem refuses what is not square or not finite") {
  REQUIRE(eigensystem(Matrix(2, 3)).error().code == HOLO_INVALID_ARG);
  REQUIRE(eigensystem(Matrix()).error().code == HOLO_INVALID_ARG);
  Matrix bad(2, 2);
  bad.at(1, 0) = std::numeric_limits<double>::infinity();
  REQUIRE(eigenvalues(bad).error().code == HOLO_INVALID_ARG);
}

TEST_CASE(
    "randomized svd finds the leading triplets of tall and wide matrices and repeats itself") {
  for (const bool wide : {false, true}) {
    Eigen::MatrixXd a = random_rotation(60, 2).leftCols(20) *
                        Eigen::VectorXd::LinSpaced(20, 20, 1).asDiagonal() *
                        random_rotation(20, 3).transpose();
    if (wide) a.transposeInPlace();
    const Matrix matrix = to_matrix(a);
    const Svd svd = randomized_svd(matrix, 5, {.oversampling = 8, .power_iterations = 6}).value();
    REQUIRE(svd.singular.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) {
      REQUIRE(svd.singular[i] == Approx(20 - static_cast<double>(i)).epsilon(1e-3));
    }
    const auto left = view(svd.left);
    REQUIRE((left.transpose() * left - Eigen::MatrixXd::Identity(5, 5)).norm() < 1e-10);
    const Eigen::Map<const Eigen::VectorXd> singular(svd.singular.data(), 5);
    const double error = (a - left * singular.asDiagonal() * view(svd.right)).squaredNorm();
    double best = 0;  // Eckart and Young
    for (int i = 1; i <= 15; ++i) best += i * i;
    REQUIRE(error == Approx(best).epsilon(1e-3));
    const Svd again = randomized_svd(matrix, 5, {.oversampling = 8, .power_iterations = 6}).value();
    REQUIRE(again.left.data == svd.left.data);
  }
  REQUIRE(randomized_svd(Matrix(3, 4), 9).value().singular.size() == 3);
  REQUIRE(randomized_svd(Matrix(3, 4), 0).error().code == HOLO_INVALID_ARG);
}

TEST_CASE("procrustes finds the rotation and the scale between two sets of points") {
  const Eigen::MatrixXd a = random_matrix(50, 8, 4);
  const Eigen::MatrixXd rotation = random_rotation(8, 5);
  const Alignment alignment = procrustes(to_matrix(a), to_matrix(a * rotation)).value();
  REQUIRE((view(alignment.rotation) - rotation).norm() < 1e-10);
  REQUIRE(alignment.scale == Approx(1));
  REQUIRE(alignment.relative_error < 1e-10);
  REQUIRE(procrustes(to_matrix(a), to_matrix(3 * a * rotation)).value().scale == Approx(3));
  REQUIRE(procrustes(to_matrix(a), Matrix(50, 7)).error().code == HOLO_INVALID_ARG);
}

TEST_CASE("whitened data have unit covariance and come back") {
  const Eigen::MatrixXd raw = random_matrix(300, 5, 6) * random_matrix(5, 5, 7);
  const Matrix samples = to_matrix(raw.rowwise() + Eigen::RowVectorXd::Constant(5, 4.0));
  std::vector<float> floats(samples.data.begin(), samples.data.end());
  CovarianceAccumulator accumulator(5);
  REQUIRE(accumulator.push(floats, 300).ok());
  const Eigensystem system = eigensystem(accumulator.covariance()).value();
  for (const WhiteningKind kind : {WhiteningKind::kPca, WhiteningKind::kZca}) {
    const Whitening whitening = Whitening::create(system, accumulator.mean(), kind, 0).value();
    const Matrix white = whitening.apply(samples).value();
    const Eigen::MatrixXd covariance = view(white).transpose() * view(white) / 299;
    REQUIRE((covariance - Eigen::MatrixXd::Identity(5, 5)).norm() < 1e-4);
    REQUIRE((view(whitening.invert(white).value()) - view(samples)).norm() < 1e-9);
    REQUIRE(whitening.apply(Matrix(2, 4)).error().code == HOLO_INVALID_ARG);
  }
  Eigensystem flat = system;
  flat.values.back() = 0;
  REQUIRE_FALSE(Whitening::create(flat, accumulator.mean(), WhiteningKind::kPca, 0).ok());
  REQUIRE(Whitening::create(flat, accumulator.mean(), WhiteningKind::kPca, 0.1).ok());
}

}  // namespace
}  // namespace holo::spectral
