// Residuals come from the pictures themselves: the best intra mode of each block given original
// neighbours, and the best whole-sample motion from the picture before.
#include "plugins/holovid/train/klt_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include "core/spectral/eigensystem.hpp"
#include "plugins/holovid/match.hpp"
#include "plugins/holovid/predict_intra.hpp"
#include "plugins/holovid/train/y4m.hpp"
#include "plugins/holovid/transform.hpp"

namespace holo::holovid::train {
namespace {

// Covariance of rows and columns of N x N residuals, about zero.
class Statistics {
 public:
  explicit Statistics(int n) : n_(n), sums_(static_cast<std::size_t>(n * n)) {}
  void add(BlockView original, BlockView prediction) {
    std::vector<int> r(sums_.size());
    long energy = 0;
    for (int y = 0; y < n_; ++y) {
      for (int x = 0; x < n_; ++x) {
        const int d = original.samples[y * original.stride + x] -
                      prediction.samples[y * prediction.stride + x];
        r[static_cast<std::size_t>(y * n_ + x)] = d;
        energy += d * d;
      }
    }
    if (energy < 16L * n_ * n_) return;  // would be quantized away
    // Weak blocks count as much as strong ones: what matters is the ratio of variances.
    const double weight = 1.0 / static_cast<double>(energy);
    for (int line = 0; line < n_; ++line) {
      for (int i = 0; i < n_; ++i) {
        for (int j = 0; j < n_; ++j) {
          const auto at = [&](int y, int x) { return r[static_cast<std::size_t>(y * n_ + x)]; };
          sums_[static_cast<std::size_t>(i * n_ + j)] +=
              weight * (at(line, i) * at(line, j) + at(i, line) * at(j, line));
        }
      }
    }
  }
  [[nodiscard]] spectral::Matrix covariance() const {
    spectral::Matrix m(static_cast<std::size_t>(n_), static_cast<std::size_t>(n_));
    for (int i = 0; i < n_; ++i) {
      for (int j = 0; j < n_; ++j) {
        m.at(static_cast<std::size_t>(i), static_cast<std::size_t>(j)) =
            sums_[static_cast<std::size_t>(i * n_ + j)];
      }
    }
    return m;
  }
  // Mean log2 of the variances of a basis: the smaller, the fewer bits.
  [[nodiscard]] double log_variance(const std::vector<double>& rows) const {
    double total = 0;
    for (int k = 0; k < n_; ++k) {
      double variance = 0;
      for (int i = 0; i < n_; ++i) {
        for (int j = 0; j < n_; ++j) {
          variance += rows[static_cast<std::size_t>(k * n_ + i)] *
                      rows[static_cast<std::size_t>(k * n_ + j)] *
                      sums_[static_cast<std::size_t>(i * n_ + j)];
        }
      }
      total += std::log2(variance);
    }
    return total / n_;
  }

 private:
  int n_;
  std::vector<double> sums_;
};

Edge edge_at(const Plane& plane, int x, int y, int n) {
  Edge edge{};
  for (int i = 0; i <= 4 * n; ++i) {
    edge[static_cast<std::size_t>(i)] = i < 2 * n    ? *plane.at(x - 1, y + 2 * n - 1 - i)
                                        : i == 2 * n ? *plane.at(x - 1, y - 1)
                                                     : *plane.at(x + i - 2 * n - 1, y - 1);
  }
  return edge;
}

void collect_intra(const Plane& plane, int log2_size, Statistics& statistics) {
  const int n = 1 << log2_size;
  std::uint16_t prediction[32 * 32];
  std::uint16_t best[32 * 32];
  for (int y = n; y + 2 * n <= plane.height(); y += n) {
    for (int x = n; x + 2 * n <= plane.width(); x += n) {
      const Edge edge = edge_at(plane, x, y, n);
      std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
      for (int mode = 0; mode < kIntraModes; ++mode) {
        predict_intra(mode, log2_size, edge, true, prediction, n);
        const std::uint64_t error =
            sum_squares({plane.at(x, y), plane.stride()}, {prediction, n}, n, n);
        if (error >= least) continue;
        least = error;
        std::copy_n(prediction, n * n, best);
      }
      statistics.add({plane.at(x, y), plane.stride()}, {best, n});
    }
  }
}

void collect_inter(const Plane& plane, const Plane& before, int log2_size, Statistics& statistics) {
  const int n = 1 << log2_size;
  constexpr int kRange = 7;
  for (int y = 0; y + n <= plane.height(); y += n) {
    for (int x = 0; x + n <= plane.width(); x += n) {
      std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
      BlockView best{};
      for (int dy = -kRange; dy <= kRange; ++dy) {
        for (int dx = -kRange; dx <= kRange; ++dx) {
          const BlockView candidate{before.at(x + dx, y + dy), before.stride()};
          const std::uint64_t error =
              sum_squares({plane.at(x, y), plane.stride()}, candidate, n, n);
          if (error < least) {
            least = error;
            best = candidate;
          }
        }
      }
      statistics.add({plane.at(x, y), plane.stride()}, best);
    }
  }
}

std::vector<double> unit_rows(const std::int16_t* rows, int n) {
  std::vector<double> out;
  for (int i = 0; i < n * n; ++i) out.push_back(rows[i] / (256 * std::sqrt(n)));
  return out;
}

std::vector<double> trained_rows(const Statistics& statistics, int n) {
  const auto system = spectral::eigensystem(statistics.covariance());
  if (!system.ok()) throw std::runtime_error(system.error().message);
  std::vector<double> rows;
  for (int k = 0; k < n; ++k) {
    for (int i = 0; i < n; ++i) {
      rows.push_back(
          system.value().vectors.at(static_cast<std::size_t>(k), static_cast<std::size_t>(i)));
    }
  }
  return rows;
}

}  // namespace

void train_klt(const std::vector<std::string>& clips) {
  std::printf(
      "// Trained bases: separable KLT of intra residuals, rows in falling order of variance, "
      "scaled\n// so that the norm of a row is 256 * sqrt(N). Written by train/main.cpp.\n#pragma "
      "once\n\n#include <array>\n#include <cstdint>\n\nnamespace holo::holovid {\n\n");
  for (const int log2_size : {2, 3}) {
    const int n = 1 << log2_size;
    Statistics intra(n);
    Statistics inter(n);
    for (const std::string& clip : clips) {
      Y4mReader reader(clip);
      std::optional<Picture> before;
      for (int i = 0; i < 6; ++i) {
        auto picture = reader.next();
        if (!picture) break;
        if (before) collect_inter(picture->planes[0], before->planes[0], log2_size, inter);
        if (i % 5 == 0) collect_intra(picture->planes[0], log2_size, intra);
        before = std::move(picture);
      }
    }
    const auto dct = unit_rows(basis_rows(Basis::kDct, log2_size), n);
    const auto rows = trained_rows(intra, n);
    const auto inter_rows = trained_rows(inter, n);
    // In two dimensions the gain in variance counts twice, and a bit is a factor of four.
    std::fprintf(stderr, "%dx%d: intra gains %.4f bit a sample over the DCT, inter %.4f\n", n, n,
                 intra.log_variance(dct) - intra.log_variance(rows),
                 inter.log_variance(dct) - inter.log_variance(inter_rows));
    std::printf("inline constexpr std::array<std::int16_t, %d> kIntraKlt%d = {\n", n * n, n);
    for (int i = 0; i < n * n; ++i) {
      std::printf(
          "%s%d,%s", i % n == 0 ? "    " : " ",
          static_cast<int>(std::lround(rows[static_cast<std::size_t>(i)] * 256 * std::sqrt(n))),
          i % n == n - 1 ? "\n" : "");
    }
    std::printf("};\n");
  }
  std::printf("\n}  // namespace holo::holovid\n");
}

}  // namespace holo::holovid::train
