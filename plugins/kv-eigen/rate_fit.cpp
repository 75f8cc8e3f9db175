#include "plugins/kv-eigen/rate_fit.hpp"

#include <algorithm>
#include <cmath>
#include <holo/error.hpp>
#include <queue>

namespace holo::kv_eigen {
namespace {

// A component is worth its table if more than this share of its coefficients is beyond 0.6 steps.
constexpr double kActive = 0.003;
constexpr int kWidths[] = {0, 1, 2, 3, 4, 5, 6, 8};
// Least mean squared error of a uniform quantiser of 2^b levels for a normal variable, and its
// step. Max, "Quantizing for minimum distortion" (1960), and the same search for 6 and 8 bits.
constexpr double kError[] = {1, 0.3634, 0.1188, 0.03744, 0.01154, 0.003495, 0.00104, 0.0000866};
constexpr double kStep[] = {0, 1.596, 0.9957, 0.5860, 0.3352, 0.1881, 0.1041, 0.0308};

std::span<const float> samples_of(const GroupSample& group, std::size_t component) {
  return {group.coefficients.data() + component * group.samples, group.samples};
}

// The magnitude that a share of kActive of the samples passes.
float reach_of(std::span<const float> samples) {
  std::vector<float> sizes;
  for (const float s : samples) sizes.push_back(std::fabs(s));
  const auto rank = static_cast<std::size_t>(kActive * static_cast<double>(sizes.size()));
  std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(rank), sizes.end(),
                   std::greater<>());
  return sizes[rank];
}

struct Component {
  std::size_t group;
  std::size_t index;
  float reach;
};

std::vector<Component> components_of(const std::vector<GroupSample>& groups, const Loop& loop) {
  std::vector<Component> all;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (std::size_t k = 0; k < groups[g].limit; ++k) all.push_back({g, k, 0});
  }
  loop(all.size(), [&](std::uint64_t i) {
    all[i].reach = reach_of(samples_of(groups[all[i].group], all[i].index));
  });
  return all;
}

double bits_at(const std::vector<GroupSample>& groups, const std::vector<Component>& components,
               double step, double thrift, const Loop& loop) {
  std::vector<double> bits(components.size());
  loop(components.size(), [&](std::uint64_t i) {
    const Component& c = components[i];
    if (c.reach <= 0.6 * step) return;
    bits[i] = fit_code(samples_of(groups[c.group], c.index), step, thrift).bits;
  });
  double sum = 0;
  for (const double b : bits) sum += b;
  return sum;
}

// Copies row `from` of {.., n} times `factor` to row `to` of {.., stride}.
void copy_row(const std::vector<float>& rows, std::size_t from, std::size_t n, double factor,
              std::vector<float>& out, std::size_t to, std::size_t stride) {
  for (std::size_t i = 0; i < n; ++i) {
    out[to * stride + i] = static_cast<float>(rows[from * n + i] * factor);
  }
}

// Fills the matrices of a basis that keeps `kept` with these steps.
void assemble(const Transform& transform, const std::vector<std::size_t>& kept,
              const std::vector<double>& steps, Basis& basis) {
  const std::size_t n = basis.joint();
  const std::size_t stride = basis.joint_stride();
  basis.components = kept.size();
  basis.centre = transform.centre;
  basis.centre.resize(stride);
  basis.analysis.assign(kept.size() * stride, 0);
  basis.expansion.assign(basis.depth() * stride, 0);
  for (std::size_t f = 0; f < basis.features; ++f) {
    copy_row(transform.prediction, f, n, 1, basis.expansion, f, stride);
  }
  for (std::size_t k = 0; k < kept.size(); ++k) {
    copy_row(transform.analysis, kept[k], n, 1 / steps[k], basis.analysis, k, stride);
    copy_row(transform.synthesis, kept[k], n, steps[k], basis.expansion, basis.feature_stride() + k,
             stride);
  }
  round_rows(basis.analysis, stride);
  round_rows(basis.expansion, stride);
}

// Of the largest coefficient in the sample; kLargestLevel is some times as many.
constexpr double kMostLevels = 4000;

RateResult fit_entropy(const std::vector<GroupSample>& groups, const RateTarget& target,
                       const Loop& loop, std::vector<Basis>& bases) {
  const std::vector<Component> components = components_of(groups, loop);
  double high = 0;
  for (const Component& c : components) high = std::max(high, double{c.reach});
  high = std::max(high, 1e-30);
  // Not below: rows that reach further than the sample's must still have a level. Where that takes
  // fewer bits than were asked for, what is left out does not show.
  double low = high / kMostLevels;
  for (int round = 0; round < 18; ++round) {
    const double middle = std::sqrt(low * high);
    (bits_at(groups, components, middle, target.thrift, loop) > target.bits ? low : high) = middle;
  }
  const double step = high;
  RateResult result{0, step};
  for (std::size_t g = 0; g < groups.size(); ++g) {
    std::vector<std::size_t> kept;
    std::vector<ComponentCode> codes;
    for (const Component& c : components) {
      // One component at least: a basis without any has no meaning for its readers.
      const bool last = c.index + 1 == groups[g].limit && kept.empty();
      if (c.group != g || (c.reach <= 0.6 * step && !last)) continue;
      FittedCode fitted = fit_code(samples_of(groups[g], c.index), step, target.thrift);
      result.bits += fitted.bits;
      kept.push_back(c.index);
      codes.push_back(std::move(fitted.code));
    }
    bases[g].coding = Coding::entropy;
    bases[g].symbols = SymbolCoder(std::move(codes));
    assemble(groups[g].transform, kept, std::vector<double>(kept.size(), step), bases[g]);
    bases[g].finish();
  }
  return result;
}

// The step of 2^bits levels with the least squared error over the samples.
double train_step(std::span<const float> samples, std::size_t width) {
  double energy = 0;
  for (const float s : samples) energy += double{s} * s;
  const double deviation = std::sqrt(energy / static_cast<double>(samples.size()));
  if (!(deviation > 0)) return 1e-30;
  const double levels = std::ldexp(1.0, kWidths[width]);
  double best = 0;
  double least = 1e300;
  for (const double factor : {0.7, 0.85, 1.0, 1.2, 1.45, 1.8, 2.3}) {
    const double step = deviation * kStep[width] * factor;
    double error = 0;
    for (const float s : samples) {
      const double code = std::clamp(std::round(s / step + 0.5 * (levels - 1)), 0.0, levels - 1);
      error += std::pow(s - (code - 0.5 * (levels - 1)) * step, 2);
    }
    if (error < least) {
      least = error;
      best = step;
    }
  }
  return best;
}

// Steps of the components `kept`, of which each kLane have the same width; 1 where there is none.
std::vector<double> train_steps(const GroupSample& group, const std::vector<std::size_t>& kept,
                                const std::vector<std::uint8_t>& lane_bits, const Loop& loop) {
  std::vector<double> steps(kept.size(), 1.0);
  loop(kept.size(), [&](std::uint64_t i) {
    const int bits = lane_bits[i / kLane];
    const auto* width = std::find(std::begin(kWidths), std::end(kWidths), bits);
    if (bits == 0 || width == std::end(kWidths)) return;
    steps[i] = train_step(samples_of(group, kept[i]),
                          static_cast<std::size_t>(width - std::begin(kWidths)));
  });
  return steps;
}

RateResult fit_packed(const std::vector<GroupSample>& groups, const RateTarget& target,
                      const Loop& loop, std::vector<Basis>& bases) {
  std::vector<double> variances;  // of all lanes, group after group
  for (const GroupSample& group : groups) {
    for (std::size_t k = 0; k < group.limit; k += kLane) {
      double sum = 0;
      for (std::size_t i = k; i < std::min(k + kLane, group.limit); ++i) {
        for (const float c : samples_of(group, i)) sum += double{c} * c;
      }
      variances.push_back(sum / static_cast<double>(group.samples));
    }
  }
  const std::vector<std::uint8_t> bits =
      target.halves ? std::vector<std::uint8_t>(variances.size(), std::uint8_t{16})
                    : allocate_lanes(variances, target.bits);
  RateResult result;
  std::size_t lane = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    Basis& basis = bases[g];
    std::vector<std::size_t> kept;
    basis.coding = Coding::packed;
    basis.lane_bits.clear();
    for (std::size_t k = 0; k < groups[g].limit; k += kLane, ++lane) {
      const bool last = k + kLane >= groups[g].limit && kept.empty();
      if (bits[lane] == 0 && !last) continue;
      basis.lane_bits.push_back(bits[lane]);
      result.bits += kLane * bits[lane];
      for (std::size_t i = k; i < std::min(k + kLane, groups[g].limit); ++i) kept.push_back(i);
    }
    const std::vector<double> steps = train_steps(groups[g], kept, basis.lane_bits, loop);
    assemble(groups[g].transform, kept, steps, basis);
    basis.finish();
  }
  return result;
}

}  // namespace

std::vector<std::uint8_t> allocate_lanes(const std::vector<double>& variances, double bits) {
  struct Move {
    double gain;  // error saved for a bit
    std::size_t lane;
    std::size_t width;  // index into kWidths after the move
    bool operator<(const Move& other) const { return gain < other.gain; }
  };
  std::vector<std::uint8_t> out(variances.size(), 0);
  std::priority_queue<Move> moves;
  const auto offer = [&](std::size_t lane, std::size_t width) {
    if (width == std::size(kWidths)) return;
    moves.push({variances[lane] * (kError[width - 1] - kError[width]) /
                    (kWidths[width] - kWidths[width - 1]),
                lane, width});
  };
  for (std::size_t lane = 0; lane < variances.size(); ++lane) offer(lane, 1);
  for (double left = bits; !moves.empty();) {
    const Move move = moves.top();
    moves.pop();
    const double cost = kLane * (kWidths[move.width] - kWidths[move.width - 1]);
    if (!(move.gain > 0) || cost > left) continue;
    left -= cost;
    out[move.lane] = static_cast<std::uint8_t>(kWidths[move.width]);
    offer(move.lane, move.width + 1);
  }
  return out;
}

void refit(const GroupSample& group, double thrift, const Loop& loop, Basis& basis) {
  std::vector<std::size_t> all(group.transform.analysis.size() / basis.joint());
  for (std::size_t k = 0; k < all.size(); ++k) all[k] = k;
  std::vector<double> steps(all.size(), 1.0);
  if (basis.coding == Coding::packed) {
    steps = train_steps(group, all, basis.lane_bits, loop);
  } else {
    std::vector<ComponentCode> codes;
    for (const std::size_t k : all) codes.push_back(fit_code(samples_of(group, k), 1, thrift).code);
    basis.symbols = SymbolCoder(std::move(codes));
  }
  assemble(group.transform, all, steps, basis);
  basis.finish();
}

RateResult fit_rate(const std::vector<GroupSample>& groups, const RateTarget& target,
                    const Loop& loop, std::vector<Basis>& bases) {
  return target.coding == Coding::entropy && !target.halves
             ? fit_entropy(groups, target, loop, bases)
             : fit_packed(groups, target, loop, bases);
}

}  // namespace holo::kv_eigen
