// Entries are scaled to 28 bits, factors have 20 bits below the point. In sound equations nothing
// exceeds 31 bits; what unsound ones make of it wraps around, the same on every machine.
#include "plugins/holo-image/lossless/least_squares.hpp"

#include <algorithm>
#include <bit>

namespace holo::image::lossless {
namespace {

constexpr int kEntryBits = 28;
constexpr int kFactorBits = 20;
constexpr int kReciprocalBits = 30;
constexpr std::int32_t kMinPivot = 1 << 8;
constexpr std::int32_t kMaxPivot = 1 << kEntryBits;
constexpr std::int64_t kMaxWeight = std::int64_t{8} << kWeightBits;

struct Pivot {
  std::int64_t reciprocal = 0;
  int exponent = 0;

  void set(std::int32_t value) {
    exponent = std::bit_width(static_cast<std::uint32_t>(value));
    reciprocal = (std::int64_t{1} << (exponent + kReciprocalBits)) / value;
  }
  // entry / pivot with `bits` below the point.
  [[nodiscard]] std::int64_t divide(std::int32_t entry, int bits) const {
    return (entry * reciprocal) >> (exponent + kReciprocalBits - bits);
  }
};

using Row = std::array<std::int32_t, kMaxFeatures + 4>;

std::uint64_t product(std::int32_t a, std::int32_t b) {
  return static_cast<std::uint64_t>(std::int64_t{a} * b);
}
std::int32_t less(std::int64_t value, std::uint64_t sum) {
  return static_cast<std::int32_t>(value - (static_cast<std::int64_t>(sum) >> kFactorBits));
}

// Four at a time: from `count` on both rows hold zeros.
std::uint64_t dot(const Row& a, const Row& b, int count) {
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k < std::size_t(count); k += 4)
    sum += product(a[k], b[k]) + product(a[k + 1], b[k + 1]) + product(a[k + 2], b[k + 2]) +
           product(a[k + 3], b[k + 3]);
  return sum;
}

// To 28 bits, by the largest entry of the diagonal.
struct Scale {
  int up = 0;
  int down = 0;
  explicit Scale(std::int64_t largest) {
    const int shift = kEntryBits - std::bit_width(static_cast<std::uint64_t>(largest));
    up = std::max(shift, 0);
    down = std::max(-shift, 0);
  }
  std::int64_t operator()(std::int64_t entry) const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(entry) << up) >> down;
  }
};

}  // namespace

void solve(const Equations& equations, int features, Weights& weights) {
  std::int64_t largest = 1;
  for (int i = 0; i < features; ++i)
    largest = std::max(largest, equations[triangle(i) + std::size_t(i)]);
  const Scale scaled(largest);

  // Column by column, so that the rows of a column do not wait for each other.
  std::array<Row, kMaxFeatures> factor{};     // below the diagonal
  std::array<Row, kMaxFeatures> undivided{};  // the same times the pivot of the column
  std::array<Pivot, kMaxFeatures> pivots;
  Row side{};
  const std::int64_t* right = equations.data() + triangle(features);
  for (int j = 0; j < features; ++j) {
    const auto at = std::size_t(j);
    const Row& row = undivided[at];
    const std::int64_t diagonal = scaled(equations[triangle(j) + at]);
    Pivot& pivot = pivots[at];
    pivot.set(std::clamp(less(diagonal, dot(factor[at], row, j)), kMinPivot, kMaxPivot));
    for (int i = j + 1; i < features; ++i) {
      const auto below = std::size_t(i);
      const std::int32_t entry =
          less(scaled(equations[triangle(i) + at]), dot(factor[below], row, j));
      undivided[below][at] = entry;
      factor[below][at] = static_cast<std::int32_t>(pivot.divide(entry, kFactorBits));
    }
    side[at] = less(scaled(right[j]), dot(side, factor[at], j));
  }
  for (int i = features - 1; i >= 0; --i) {
    const auto at = std::size_t(i);
    std::uint64_t sum = 0;
    for (int k = i + 1; k < features; ++k)
      sum += product(weights[std::size_t(k)], factor[std::size_t(k)][at]);
    const std::int64_t weight =
        pivots[at].divide(side[at], kWeightBits) - (static_cast<std::int64_t>(sum) >> kFactorBits);
    weights[at] = static_cast<std::int32_t>(std::clamp(weight, -kMaxWeight, kMaxWeight));
  }
}

}  // namespace holo::image::lossless
