// Scan orders, and rate-distortion optimised quantization: one pass from the highest frequency
// down picks each level given its neighbourhood, then the best place to stop is chosen.
#include "plugins/holovid/levels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace holo::holovid {
namespace {

std::vector<std::uint16_t> make_scan(int log2_size) {
  const int n = 1 << log2_size;
  std::vector<std::uint16_t> order;
  for (int diagonal = 0; diagonal < 2 * n - 1; ++diagonal) {
    for (int y = std::min(diagonal, n - 1); y >= 0 && diagonal - y < n; --y) {
      order.push_back(static_cast<std::uint16_t>(y * n + diagonal - y));
    }
  }
  return order;
}

constexpr double kBit = 1.0 / 256;
constexpr double kErrorScale = 1.0 / (1 << (2 * kCoefficientScaleLog2));

double magnitude_cost(const CostTable& costs, int context, int magnitude) {
  Coster coster{costs};
  code_magnitude(coster, context, magnitude);
  return (coster.total + 256) * kBit;  // with the sign
}

}  // namespace

const std::vector<std::uint16_t>& scan_order(int log2_size) {
  static const std::array<std::vector<std::uint16_t>, 4> orders = {make_scan(2), make_scan(3),
                                                                   make_scan(4), make_scan(5)};
  return orders[static_cast<std::size_t>(log2_size - kMinTransformLog2)];
}

Chosen choose_levels(const CostTable& costs, int set, int log2_size,
                     const std::int32_t* coefficients, double step, double lambda,
                     std::int16_t* levels) {
  const auto& scan = scan_order(log2_size);
  const int size = 1 << log2_size;
  const int count = size * size;
  std::fill_n(levels, count, std::int16_t{0});
  Chosen chosen;
  double energy = 0;
  int last = -1;
  const double threshold = step * 0.5;
  for (int i = 0; i < count; ++i) {
    const double value = coefficients[scan[static_cast<std::size_t>(i)]];
    energy += value * value;
    if (std::abs(value) >= threshold) last = i;
  }
  chosen.energy = energy * kErrorScale;
  chosen.distortion = chosen.energy;
  if (last < 0) return chosen;

  // change[i]: effect of coding position i on the cost, against leaving it zero and free.
  // as_last[i]: the same if i is the last one, whose significance is not coded.
  double change[1 << (2 * kMaxTransformLog2)];
  double as_last[1 << (2 * kMaxTransformLog2)];
  double error[1 << (2 * kMaxTransformLog2)];
  constexpr double kNever = std::numeric_limits<double>::max();
  const double inverse_step = 1 / step;
  Neighbourhood around(log2_size);
  for (int i = last; i >= 0; --i) {
    const int position = scan[static_cast<std::size_t>(i)];
    const int x = position & (size - 1);
    const int y = position >> log2_size;
    const int sum = around.sum(x, y);
    const double value = std::abs(static_cast<double>(coefficients[position]));
    const double zero_error = value * value * kErrorScale;
    const auto& significant =
        costs[static_cast<std::size_t>(set + significant_context(x + y, sum))];
    double best = zero_error + lambda * significant[0] * kBit;
    const int nearest = std::min(static_cast<int>(value * inverse_step + 0.5), 32767);
    int best_level = 0;
    double best_error = zero_error;
    double best_last = kNever;
    for (int level = std::max(1, nearest - 1); level <= nearest; ++level) {
      const double off = value - level * step;
      const double off_error = off * off * kErrorScale;
      const double coded =
          off_error + lambda * magnitude_cost(costs, set + greater_context(x + y, sum), level);
      if (coded + lambda * significant[1] * kBit < best) {
        best = coded + lambda * significant[1] * kBit;
        best_level = level;
        best_error = off_error;
        best_last = coded;
      }
    }
    change[i] = best - zero_error;
    as_last[i] = best_level > 0 ? best_last - zero_error : kNever;
    error[i] = best_error - zero_error;
    if (best_level > 0) around.set(x, y, best_level);
    levels[position] =
        static_cast<std::int16_t>(coefficients[position] < 0 ? -best_level : best_level);
  }
  double below = 0;
  double best_total = 0;
  int best_end = -1;
  for (int i = 0; i <= last; ++i) {
    if (as_last[i] != kNever) {
      Coster coster{costs};
      code_last(coster, set, log2_size, i);
      const double total = below + as_last[i] + lambda * coster.total * kBit;
      if (total < best_total) {
        best_total = total;
        best_end = i;
      }
    }
    below += change[i];
  }
  for (int i = best_end + 1; i <= last; ++i) levels[scan[static_cast<std::size_t>(i)]] = 0;
  if (best_end < 0) return chosen;
  chosen.coded = true;
  for (int i = 0; i <= best_end; ++i) chosen.distortion += error[i];
  Coster coster{costs};
  code_levels(coster, set, log2_size, levels);
  chosen.cost = coster.total;
  return chosen;
}

}  // namespace holo::holovid
