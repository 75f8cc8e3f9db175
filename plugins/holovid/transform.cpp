// Matrix products with rounding shifts between the stages. Sums fit 32 bits up to a depth of 10.
#include "plugins/holovid/transform.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "plugins/holovid/klt_basis.hpp"
#include "plugins/holovid/simd.hpp"

namespace holo::holovid {
namespace {

constexpr int kMatrixBits = 8;
constexpr int kIntermediateBits = 4;  // scale of the values between the stages
constexpr int kMaxDepthIn32Bits = 10;

// round(256 * sqrt(2) * cos(k * pi / 64))
constexpr std::array<std::int16_t, 33> kCosine = {
    362, 362, 360, 358, 355, 351, 346, 341, 334, 327, 319, 311, 301, 291, 280, 268, 256,
    243, 230, 216, 201, 186, 171, 155, 139, 122, 105, 88,  71,  53,  35,  18,  0};

constexpr std::int16_t cosine(int k) {
  k &= 127;
  if (k > 64) k = 128 - k;
  return static_cast<std::int16_t>(k > 32 ? -kCosine[static_cast<std::size_t>(64 - k)]
                                          : kCosine[static_cast<std::size_t>(k)]);
}

template <int N>
constexpr std::array<std::int16_t, N * N> make_dct() {
  std::array<std::int16_t, N * N> rows{};
  for (int k = 0; k < N; ++k) {
    for (int n = 0; n < N; ++n) {
      rows[static_cast<std::size_t>(k * N + n)] =
          k == 0 ? std::int16_t{1 << kMatrixBits} : cosine((2 * n + 1) * k * (32 / N));
    }
  }
  return rows;
}

template <int N>
constexpr std::array<std::int16_t, N * N> kDctRows = make_dct<N>();

template <int N>
constexpr std::array<std::int16_t, N * N> transpose(const std::array<std::int16_t, N * N>& rows) {
  std::array<std::int16_t, N * N> out{};
  for (int k = 0; k < N; ++k) {
    for (int n = 0; n < N; ++n) {
      out[static_cast<std::size_t>(n * N + k)] = rows[static_cast<std::size_t>(k * N + n)];
    }
  }
  return out;
}

struct Matrices {
  const std::int16_t* rows;
  const std::int16_t* columns;
};

template <int N>
constexpr std::array<std::int16_t, N * N> kDctColumns = transpose<N>(kDctRows<N>);
constexpr auto kIntraColumns4 = transpose<4>(kIntraKlt4);
constexpr auto kIntraColumns8 = transpose<8>(kIntraKlt8);

constexpr Matrices kMatrices[2][4] = {
    {{kDctRows<4>.data(), kDctColumns<4>.data()},
     {kDctRows<8>.data(), kDctColumns<8>.data()},
     {kDctRows<16>.data(), kDctColumns<16>.data()},
     {kDctRows<32>.data(), kDctColumns<32>.data()}},
    {{kIntraKlt4.data(), kIntraColumns4.data()},
     {kIntraKlt8.data(), kIntraColumns8.data()},
     {kDctRows<16>.data(), kDctColumns<16>.data()},
     {kDctRows<32>.data(), kDctColumns<32>.data()}},
};

const Matrices& matrices(Basis basis, int log2_size) {
  return kMatrices[static_cast<std::size_t>(basis)][log2_size - kMinTransformLog2];
}

// out[i][j] = (sum over k < inner of left[i * left_stride + k] * right[k][j]) >> shift, N columns.
template <int N, class Sum, class Left, class Right>
inline void multiply(const Left* left, int rows, int inner, const Right* right, int shift,
                     Sum limit, std::int32_t* out) {
  for (int i = 0; i < rows; ++i) {
    Sum sums[N] = {};
    for (int k = 0; k < inner; ++k) {
      const Sum factor = left[i * N + k];
      const Right* row = right + k * N;
      for (int j = 0; j < N; ++j) sums[j] += factor * static_cast<Sum>(row[j]);
    }
    const Sum half = Sum{1} << (shift - 1);
    for (int j = 0; j < N; ++j) {
      out[i * N + j] =
          static_cast<std::int32_t>(std::clamp<Sum>((sums[j] + half) >> shift, -limit, limit));
    }
  }
}

template <int N, class Sum>
inline void forward(const Matrices& m, int log2_size, const std::int32_t* residual,
                    std::int32_t* out) {
  constexpr Sum kNoLimit = 0x7FFFFFFF;
  std::int32_t middle[N * N];
  multiply<N, Sum>(m.rows, N, N, residual, log2_size + kMatrixBits - kIntermediateBits, kNoLimit,
                   middle);
  multiply<N, Sum>(middle, N, N, m.columns, kMatrixBits + kIntermediateBits - kCoefficientScaleLog2,
                   kNoLimit, out);
}

template <int N, class Sum>
inline void inverse(const Matrices& m, int log2_size, int depth, int columns, int rows,
                    const std::int32_t* coefficients, std::int32_t* residual) {
  std::int32_t middle[N * N];
  multiply<N, Sum>(m.columns, N, rows, coefficients,
                   log2_size + kMatrixBits + kCoefficientScaleLog2 - kIntermediateBits,
                   (Sum{1} << (depth + kIntermediateBits + 1)) - 1, middle);
  multiply<N, Sum>(middle, N, columns, m.rows, kMatrixBits + kIntermediateBits,
                   (Sum{1} << (depth + 1)) - 1, residual);
}

}  // namespace

const std::int16_t* basis_rows(Basis basis, int log2_size) {
  return matrices(basis, log2_size).rows;
}

HOLOVID_CLONES
void forward_transform(Basis basis, int log2_size, int depth, const std::int32_t* residual,
                       std::int32_t* out) {
  const Matrices& m = matrices(basis, log2_size);
  if (depth > kMaxDepthIn32Bits) {
    switch (log2_size) {
      case 2:
        return forward<4, std::int64_t>(m, 2, residual, out);
      case 3:
        return forward<8, std::int64_t>(m, 3, residual, out);
      case 4:
        return forward<16, std::int64_t>(m, 4, residual, out);
      default:
        return forward<32, std::int64_t>(m, 5, residual, out);
    }
  }
  switch (log2_size) {
    case 2:
      return forward<4, std::int32_t>(m, 2, residual, out);
    case 3:
      return forward<8, std::int32_t>(m, 3, residual, out);
    case 4:
      return forward<16, std::int32_t>(m, 4, residual, out);
    default:
      return forward<32, std::int32_t>(m, 5, residual, out);
  }
}

HOLOVID_CLONES
void inverse_transform(Basis basis, int log2_size, int depth, int columns, int rows,
                       const std::int32_t* coefficients, std::int32_t* residual) {
  const Matrices& m = matrices(basis, log2_size);
  if (depth > kMaxDepthIn32Bits) {
    switch (log2_size) {
      case 2:
        return inverse<4, std::int64_t>(m, 2, depth, columns, rows, coefficients, residual);
      case 3:
        return inverse<8, std::int64_t>(m, 3, depth, columns, rows, coefficients, residual);
      case 4:
        return inverse<16, std::int64_t>(m, 4, depth, columns, rows, coefficients, residual);
      default:
        return inverse<32, std::int64_t>(m, 5, depth, columns, rows, coefficients, residual);
    }
  }
  switch (log2_size) {
    case 2:
      return inverse<4, std::int32_t>(m, 2, depth, columns, rows, coefficients, residual);
    case 3:
      return inverse<8, std::int32_t>(m, 3, depth, columns, rows, coefficients, residual);
    case 4:
      return inverse<16, std::int32_t>(m, 4, depth, columns, rows, coefficients, residual);
    default:
      return inverse<32, std::int32_t>(m, 5, depth, columns, rows, coefficients, residual);
  }
}

}  // namespace holo::holovid
