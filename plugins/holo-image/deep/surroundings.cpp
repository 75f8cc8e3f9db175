// Means over the units that touch a block, and gradients of the band around it.
#include "plugins/holo-image/deep/surroundings.hpp"

#include <algorithm>

#include "plugins/holo-image/deep/fixed_log.hpp"
#include "plugins/holo-image/deep/gradients.hpp"

namespace holo::image::deep {
namespace {

// 16 log2 of the gain where nothing is known: Y, and Cb or Cr.
constexpr std::array<int, 2> kStartGain = {0, -24};

template <class Visit>
void for_units_beside(const TileState& state, const Position& at, const Visit& visit) {
  for (int i = 0; i < at.side(); i += 4) {
    const Unit& above = state.unit(at.x + i, at.y - 1);
    if (above.known) visit(above);
    const Unit& left = state.unit(at.x - 1, at.y + i);
    if (left.known) visit(left);
  }
}

}  // namespace

int gain_beside(const TileState& state, const Position& at, int plane) {
  int sum = 0, count = 0;
  for_units_beside(state, at, [&](const Unit& unit) {
    sum += unit.gain[std::size_t(plane)];
    ++count;
  });
  return count > 0 ? sum / count : kStartGain[plane > 0 ? 1 : 0];
}

Surroundings surroundings_of(const TileState& state, const Position& at, int plane,
                             const Ring& ring, int log_step) {
  Surroundings out;
  int gain = 0, count = 0;
  std::array<std::uint32_t, kBins> sums{};
  for_units_beside(state, at, [&](const Unit& unit) {
    gain += unit.gain[std::size_t(plane)];
    ++count;
    const Spectrum& spectrum = state.spectra[std::size_t(unit.spectrum + plane)];
    for (std::size_t b = 0; b < kBins; ++b) sums[b] += spectrum[b];
  });
  out.gain = count > 0 ? gain / count : kStartGain[plane > 0 ? 1 : 0];
  if (count > 0)
    for (std::size_t b = 0; b < kBins; ++b) {
      out.bin_mean[b] = static_cast<std::uint16_t>(sums[b] / static_cast<std::uint32_t>(count));
      out.bin_level[b] = static_cast<std::uint8_t>(
          std::min(11, (log2_16(std::uint64_t{16} * sums[b] / std::uint32_t(count) + 1) + 8) / 12));
    }
  const auto nonzeros = [&](const Unit& unit) {
    return unit.known ? std::min<int>(3, unit.nonzeros[std::size_t(plane)]) : 1;
  };
  out.beside_nonzeros = nonzeros(state.unit(at.x - 1, at.y)) + nonzeros(state.unit(at.x, at.y - 1));
  std::uint64_t squares = 0;
  for (int i = 0; i < ring_samples(at.side()); ++i) {
    const std::int64_t d = ring.sample[std::size_t(i)] - ring.mean;
    squares += static_cast<std::uint64_t>(d * d);
  }
  const int log_deviation = log2_16(squares / std::uint64_t(ring_samples(at.side())) + 1) / 2;
  out.roughness = std::clamp((log_deviation - log_step + 64) / 8, 0, 15);
  return out;
}

Orientation orientation_of(const TileState& state, const Position& at) {
  const int band = std::max(3, at.side() / 4);
  GradientSums sums;
  const auto look = [&](int x0, int y0, int x1, int y1) {
    for (int y = std::max(0, y0); y < y1; ++y) {
      const std::int16_t* row = state.row(0, y);
      const std::int16_t* below = state.row(0, y + 1);
      for (int x = std::max(0, x0); x < x1; ++x) sums.add(row[x + 1] - row[x], below[x] - row[x]);
    }
  };
  // Samples whose right and lower neighbours are decoded, too: above the last row above, and left
  // of the last column on the left.
  if (at.y > 0) look(at.x - band, at.y - band, at.x + at.side() - 1, at.y - 1);
  if (at.x > 0) look(at.x - band, std::max(0, at.y - 1), at.x - 1, at.y + at.side() - 1);
  Orientation out;
  if (sums.count == 0) return out;
  out.direction = sums.sector();
  const int percent = sums.coherence_percent();
  const int directed = percent >= 80 ? 3 : percent >= 60 ? 2 : percent >= 30 ? 1 : 0;
  const std::int64_t energy = sums.energy() / sums.count;  // 4096 to a squared 8-bit step
  const int strong = energy > 400 * 4096 ? 3 : energy > 64 * 4096 ? 2 : energy > 9 * 4096 ? 1 : 0;
  out.strength = directed * 4 + strong;
  return out;
}

}  // namespace holo::image::deep
