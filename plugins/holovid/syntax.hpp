// The syntax of coding trees and units, written once for writing, reading and costing.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "plugins/holovid/contexts.hpp"
#include "plugins/holovid/frame.hpp"
#include "plugins/holovid/levels.hpp"

namespace holo::holovid {

// How many of the left and upper neighbours satisfy `test`.
template <class Test>
int count_neighbours(const Frame& frame, const Unit& unit, Test test) {
  const Cell* left = frame.neighbour(unit, unit.x - 1, unit.y);
  const Cell* up = frame.neighbour(unit, unit.x, unit.y - 1);
  return (left != nullptr && test(*left) ? 1 : 0) + (up != nullptr && test(*up) ? 1 : 0);
}

template <class Coder>
bool code_split(Coder& coder, const Frame& frame, const Unit& unit, bool split) {
  const int deeper =
      count_neighbours(frame, unit, [&](const Cell& c) { return c.log2_size < unit.log2_size; });
  return coder.bit(kSplit + (unit.log2_size - 4) * 3 + deeper, split);
}

template <class Coder>
int code_merge_index(Coder& coder, int index) {
  int i = 0;
  while (i < kMergeCandidates - 1 && coder.bit(kMergeIndex + i, index > i)) ++i;
  return i;
}

template <class Coder>
int code_vector_part(Coder& coder, int axis, int value) {
  const int base = kMotion + axis * 22;
  const std::uint32_t magnitude =
      code_prefixed(coder, base, 20, static_cast<std::uint32_t>(value < 0 ? -value : value));
  if (magnitude == 0) return 0;
  const bool negative = coder.bypass(value < 0 ? 1 : 0, 1) != 0;
  return negative ? -static_cast<int>(magnitude) : static_cast<int>(magnitude);
}

template <class Coder>
Vector code_vector(Coder& coder, Vector predicted, Vector vector) {
  const auto clamp = [](int v) { return static_cast<std::int16_t>(std::clamp(v, -32768, 32767)); };
  const int dx = code_vector_part(coder, 0, vector.x - predicted.x);
  const int dy = code_vector_part(coder, 1, vector.y - predicted.y);
  return {clamp(predicted.x + dx), clamp(predicted.y + dy)};
}

template <class Coder>
void code_motion(Coder& coder, const Frame& frame, const Unit& unit, Motion& motion) {
  int references = motion.references;
  if (frame.reference_count == 2) {
    const bool both = coder.bit(kBoth + unit.log2_size - 3, references == 3);
    references = both ? 3 : coder.bit(kSecond, references == 2) ? 2 : 1;
  } else {
    references = 1;
  }
  motion.references = static_cast<std::uint8_t>(references);
  for (int r = 0; r < 2; ++r) {
    if (((references >> r) & 1) == 0) continue;
    Vector& v = motion.vectors[static_cast<std::size_t>(r)];
    v = code_vector(coder, predict_vector(frame, unit, r), v);
  }
}

// The three modes that a unit most likely has, from its left and upper neighbours.
inline std::array<int, 3> likely_modes(const Frame& frame, const Unit& unit) {
  const Cell* left_cell = frame.neighbour(unit, unit.x - 1, unit.y);
  const Cell* up_cell = frame.neighbour(unit, unit.x, unit.y - 1);
  const int left = left_cell != nullptr ? left_cell->intra_mode : kMean;
  const int up = up_cell != nullptr ? up_cell->intra_mode : kMean;
  if (left != up) {
    const int third = left != kPlanar && up != kPlanar ? kPlanar
                      : left != kMean && up != kMean   ? kMean
                                                       : 26;
    return {left, up, third};
  }
  if (left < kFirstDirection) return {kPlanar, kMean, 26};
  return {left, kFirstDirection + (left + 29) % 32, kFirstDirection + (left - 1) % 32};
}

template <class Coder>
int code_intra_mode(Coder& coder, const Frame& frame, const Unit& unit, int mode) {
  const auto likely = likely_modes(frame, unit);
  const bool is_likely = mode == likely[0] || mode == likely[1] || mode == likely[2];
  if (coder.bit(kLikelyMode, is_likely)) {
    if (!coder.bit(kLikelyMode + 1, mode != likely[0])) return likely[0];
    return coder.bit(kLikelyMode + 2, mode != likely[1]) ? likely[2] : likely[1];
  }
  int node = 1;
  for (int i = 5; i >= 0; --i) {
    node = 2 * node + (coder.bit(kIntraMode + node, ((mode >> i) & 1) != 0) ? 1 : 0);
  }
  const int read = node - 64;
  if (read >= kIntraModes) {
    if constexpr (Coder::kReads) coder.invalid = true;
    return kMean;
  }
  return read;
}

// The transform blocks of a unit. A reader finds the unit's levels zeroed.
template <class Coder>
void code_residual(Coder& coder, const Frame& frame, Unit& unit, TreeLevels& levels) {
  unit.transform_split = coder.bit(
      kTransformSplit + (unit.log2_size - 3) * 2 + (unit.intra ? 1 : 0), unit.transform_split);
  for (int p = 0; p < frame.format.planes; ++p) {
    const Grid grid = transform_grid(frame.format, unit, p);
    const int set = level_set(grid.log2_size, p > 0, unit.intra);
    std::int16_t* block = levels.of(frame.format, unit, p);
    std::uint64_t& coded = unit.coded[static_cast<std::size_t>(p)];
    for (int i = 0; i < grid.columns * grid.rows; ++i, block += 1 << (2 * grid.log2_size)) {
      const int context = p == 2 ? static_cast<int>((unit.coded[1] >> i) & 1) : 0;
      const bool has = coder.bit(set + LevelContexts::kCoded + context, ((coded >> i) & 1) != 0);
      if constexpr (Coder::kReads) coded |= std::uint64_t{has} << i;
      if (has) code_levels(coder, set, grid.log2_size, block);
    }
  }
}

// Everything about a unit but its place and its transform blocks.
template <class Coder>
void code_header(Coder& coder, const Frame& frame, Unit& unit) {
  const auto code_merge = [&] {
    unit.merge = static_cast<std::int8_t>(code_merge_index(coder, unit.merge));
    if constexpr (Coder::kReads) {
      unit.motion = merge_candidates(frame, unit)[static_cast<std::size_t>(unit.merge)];
    }
  };
  const int size_index = unit.log2_size - 3;
  if (frame.key) {
    unit.intra = true;
  } else {
    const int skips = count_neighbours(frame, unit, [](const Cell& c) { return c.skip; });
    unit.skip = coder.bit(kSkip + skips, unit.skip);
    if (unit.skip) {
      code_merge();
      unit.residual = false;
      return;
    }
    const int intras =
        count_neighbours(frame, unit, [](const Cell& c) { return c.kind == Kind::kIntra; });
    unit.intra = coder.bit(kIntra + intras, unit.intra);
  }
  if (unit.intra) {
    unit.intra_mode =
        static_cast<std::uint8_t>(code_intra_mode(coder, frame, unit, unit.intra_mode));
    unit.residual = true;
  } else if (coder.bit(kMerge + size_index, unit.merge != kNotMerged)) {
    code_merge();
    unit.residual = true;  // a merged unit without residual is a skipped one
  } else {
    code_motion(coder, frame, unit, unit.motion);
    unit.residual = coder.bit(kResidual + size_index, unit.residual);
  }
}

template <class Coder>
void code_unit(Coder& coder, const Frame& frame, Unit& unit, TreeLevels& levels) {
  code_header(coder, frame, unit);
  if (unit.residual) code_residual(coder, frame, unit, levels);
}

// Visits the units of the tree at `node` in coding order. `wants_split(unit)` says whether a
// writer splits; `on_unit(unit)` handles a leaf and returns false to stop.
template <class Coder, class WantsSplit, class OnUnit>
bool code_tree(Coder& coder, const Frame& frame, const Unit& node, WantsSplit wants_split,
               OnUnit on_unit) {
  const Format& format = frame.format;
  const int size = node.size();
  const bool crosses =
      node.x + size > format.coded_width() || node.y + size > format.coded_height();
  bool split = crosses;
  if (!crosses && node.log2_size > kCellLog2) {
    split = code_split(coder, frame, node, !Coder::kReads && wants_split(node));
  }
  if (!split) return on_unit(node);
  for (int i = 0; i < 4; ++i) {
    Unit child;
    child.log2_size = node.log2_size - 1;
    child.x = node.x + (i & 1) * size / 2;
    child.y = node.y + (i >> 1) * size / 2;
    if (child.x >= format.coded_width() || child.y >= format.coded_height()) continue;
    if (!code_tree(coder, frame, child, wants_split, on_unit)) return false;
  }
  return true;
}

}  // namespace holo::holovid
