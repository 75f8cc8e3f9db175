// Vertical edges of the frame first, then horizontal ones. Strength comes from the kinds, levels
// and motion on both sides, thresholds from the quantizer.
#include "plugins/holovid/deblock.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "plugins/holovid/quantizer.hpp"

namespace holo::holovid {
namespace {

// By quantizer / 4: how much a side may bend and still be filtered, and the largest correction.
constexpr std::array<std::uint8_t, 48> kBend = {
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  6,  7,  9,  10, 12, 13, 15, 16,
    18, 20, 23, 26, 29, 32, 35, 38, 41, 44, 47, 50, 53, 56, 59, 62, 64, 64, 64, 64, 64, 64, 64, 64};
constexpr std::array<std::uint8_t, 52> kCorrection = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  0,  0,  0,  1,  1,  1,  1,  1,  1,  2,  2,  2,
    3, 3, 3, 4, 4, 5, 6, 6, 7, 9, 10, 12, 14, 17, 19, 22, 24, 26, 28, 30, 32, 32, 32, 32, 32, 32};

struct Thresholds {
  int bend;
  int correction;
};

Thresholds thresholds(int quantizer, int strength, int depth) {
  const auto bend = kBend[static_cast<std::size_t>(std::min(quantizer / 4, 47))];
  const auto correction =
      kCorrection[static_cast<std::size_t>(std::min(quantizer / 4 + (strength > 1 ? 1 : 0), 51))];
  const auto scale = [&](int v) { return depth >= 8 ? v << (depth - 8) : v >> (8 - depth); };
  return {scale(bend), scale(correction)};
}

bool motion_differs(const Motion& a, const Motion& b) {
  if (a.references != b.references) return true;
  for (std::size_t r = 0; r < 2; ++r) {
    if (((a.references >> r) & 1) == 0) continue;
    if (std::abs(a.vectors[r].x - b.vectors[r].x) >= 4) return true;
    if (std::abs(a.vectors[r].y - b.vectors[r].y) >= 4) return true;
  }
  return false;
}

// 0: leave alone, 1: residual or motion, 2: intra.
int edge_strength(const Cell& before, const Cell& here, int position) {
  const auto on_grid = [&](int log2_size) { return (position & ((1 << log2_size) - 1)) == 0; };
  const bool unit_edge = on_grid(here.log2_size) || on_grid(before.log2_size);
  if (!unit_edge && !(here.coded && on_grid(here.transform_log2))) return 0;
  if (here.kind == Kind::kIntra || before.kind == Kind::kIntra) return 2;
  if (here.coded || before.coded) return 1;
  return motion_differs(before.motion, here.motion) ? 1 : 0;
}

// Four lines across an edge; `across` steps over the edge, `along` follows it.
void filter_luma(std::uint16_t* at, std::ptrdiff_t across, std::ptrdiff_t along, Thresholds t,
                 int max_value) {
  const auto sample = [&](int line, int k) -> int { return at[line * along + k * across]; };
  const auto bend = [&](int line, int k, int step) {
    return std::abs(sample(line, k + 2 * step) - 2 * sample(line, k + step) + sample(line, k));
  };
  const int before0 = bend(0, -1, -1), after0 = bend(0, 0, 1);
  const int before3 = bend(3, -1, -1), after3 = bend(3, 0, 1);
  if (before0 + after0 + before3 + after3 >= t.bend) return;
  const auto is_flat = [&](int line, int both) {
    return 2 * both < (t.bend >> 2) &&
           std::abs(sample(line, -4) - sample(line, -1)) +
                   std::abs(sample(line, 0) - sample(line, 3)) <
               (t.bend >> 3) &&
           std::abs(sample(line, -1) - sample(line, 0)) < ((5 * t.correction + 1) >> 1);
  };
  const bool strong = is_flat(0, before0 + after0) && is_flat(3, before3 + after3);
  const int side = (t.bend + (t.bend >> 1)) >> 3;
  const bool inner_before = before0 + before3 < side;
  const bool inner_after = after0 + after3 < side;
  const auto clip = [&](int v) { return static_cast<std::uint16_t>(std::clamp(v, 0, max_value)); };
  for (int line = 0; line < 4; ++line) {
    std::uint16_t* s = at + line * along;
    const int p3 = s[-4 * across], p2 = s[-3 * across], p1 = s[-2 * across], p0 = s[-across];
    const int q0 = s[0], q1 = s[across], q2 = s[2 * across], q3 = s[3 * across];
    if (strong) {
      const auto near = [&](int v, int old) {
        return static_cast<std::uint16_t>(
            std::clamp(v, old - 2 * t.correction, old + 2 * t.correction));
      };
      s[-across] = near((p2 + 2 * p1 + 2 * p0 + 2 * q0 + q1 + 4) >> 3, p0);
      s[-2 * across] = near((p2 + p1 + p0 + q0 + 2) >> 2, p1);
      s[-3 * across] = near((2 * p3 + 3 * p2 + p1 + p0 + q0 + 4) >> 3, p2);
      s[0] = near((p1 + 2 * p0 + 2 * q0 + 2 * q1 + q2 + 4) >> 3, q0);
      s[across] = near((p0 + q0 + q1 + q2 + 2) >> 2, q1);
      s[2 * across] = near((p0 + q0 + q1 + 3 * q2 + 2 * q3 + 4) >> 3, q2);
      continue;
    }
    int delta = (9 * (q0 - p0) - 3 * (q1 - p1) + 8) >> 4;
    if (std::abs(delta) >= t.correction * 10) continue;
    delta = std::clamp(delta, -t.correction, t.correction);
    s[-across] = clip(p0 + delta);
    s[0] = clip(q0 - delta);
    const int half = t.correction >> 1;
    if (inner_before) {
      s[-2 * across] = clip(p1 + std::clamp((((p2 + p0 + 1) >> 1) - p1 + delta) >> 1, -half, half));
    }
    if (inner_after) {
      s[across] = clip(q1 + std::clamp((((q2 + q0 + 1) >> 1) - q1 - delta) >> 1, -half, half));
    }
  }
}

void filter_chroma(std::uint16_t* at, std::ptrdiff_t across, std::ptrdiff_t along, int lines,
                   int correction, int max_value) {
  for (int line = 0; line < lines; ++line) {
    std::uint16_t* s = at + line * along;
    const int p1 = s[-2 * across], p0 = s[-across], q0 = s[0], q1 = s[across];
    const int delta = std::clamp((((q0 - p0) * 4) + p1 - q1 + 4) >> 3, -correction, correction);
    s[-across] = static_cast<std::uint16_t>(std::clamp(p0 + delta, 0, max_value));
    s[0] = static_cast<std::uint16_t>(std::clamp(q0 - delta, 0, max_value));
  }
}

// The edge on the left (vertical) or on top (horizontal) of the cell at (x, y).
void filter_edge(Frame& frame, int x, int y, bool vertical) {
  const Format& format = frame.format;
  const Cell& here = frame.cell(x, y);
  const Cell& before = vertical ? frame.cell(x - 1, y) : frame.cell(x, y - 1);
  const int strength = edge_strength(before, here, vertical ? x : y);
  if (strength == 0) return;
  constexpr int kCell = 1 << kCellLog2;
  const Thresholds luma = thresholds(frame.quantizer, strength, format.depth);
  Plane& plane = frame.picture.planes[0];
  const std::ptrdiff_t across = vertical ? 1 : plane.stride();
  const std::ptrdiff_t along = vertical ? plane.stride() : 1;
  for (int i = 0; i < kCell; i += 4) {
    filter_luma(plane.at(x, y) + i * along, across, along, luma, format.max_value());
  }
  if (strength < 2) return;
  for (int p = 1; p < format.planes; ++p) {
    const int sx = format.sx(p);
    const int sy = format.sy(p);
    const int place = vertical ? x >> sx : y >> sy;
    if ((place & (kCell - 1)) != 0) continue;
    Plane& chroma = frame.picture.planes[static_cast<std::size_t>(p)];
    const Thresholds t = thresholds(frame.plane_quantizer(p), strength, format.depth);
    filter_chroma(chroma.at(x >> sx, y >> sy), vertical ? 1 : chroma.stride(),
                  vertical ? chroma.stride() : 1, kCell >> (vertical ? sy : sx), t.correction,
                  format.max_value());
  }
}

}  // namespace

void deblock(Frame& frame) {
  constexpr int kCell = 1 << kCellLog2;
  const int width = frame.format.coded_width();
  const int height = frame.format.coded_height();
  for (int y = 0; y < height; y += kCell) {
    for (int x = kCell; x < width; x += kCell) filter_edge(frame, x, y, true);
  }
  for (int y = kCell; y < height; y += kCell) {
    for (int x = 0; x < width; x += kCell) filter_edge(frame, x, y, false);
  }
}

}  // namespace holo::holovid
