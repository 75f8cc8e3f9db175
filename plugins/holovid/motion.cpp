// Motion: what a unit inherits, and the samples that a vector fetches.
#include <algorithm>

#include "plugins/holovid/frame.hpp"
#include "plugins/holovid/interpolate.hpp"

namespace holo::holovid {
namespace {

std::int16_t clamp16(int value) {
  return static_cast<std::int16_t>(std::clamp(value, -32768, 32767));
}

// vector * to / from, rounded to nearest, for distances >= 1.
Vector scale_vector(Vector vector, int to, int from) {
  if (to == from) return vector;
  const auto scale = [&](int v) {
    const int magnitude = ((v < 0 ? -v : v) * to + from / 2) / from;
    return clamp16(v < 0 ? -magnitude : magnitude);
  };
  return {scale(vector.x), scale(vector.y)};
}

}  // namespace

bool same_motion(const Motion& a, const Motion& b) {
  return a.references == b.references &&
         ((a.references & 1) == 0 || a.vectors[0] == b.vectors[0]) &&
         ((a.references & 2) == 0 || a.vectors[1] == b.vectors[1]);
}

Vector predict_vector(const Frame& frame, const Unit& unit, int r) {
  const int size = unit.size();
  const std::array<std::array<int, 2>, 4> places = {{{unit.x - 1, unit.y + size - 1},
                                                     {unit.x + size - 1, unit.y - 1},
                                                     {unit.x + size, unit.y - 1},
                                                     {unit.x - 1, unit.y - 1}}};
  std::array<Vector, 3> found;
  std::size_t count = 0;
  for (const auto& place : places) {
    const Cell* cell = frame.neighbour(unit, place[0], place[1]);
    if (cell == nullptr || cell->kind != Kind::kInter || count == 3) continue;
    const int other = ((cell->motion.references >> r) & 1) != 0 ? r : 1 - r;
    found[count++] = scale_vector(cell->motion.vectors[static_cast<std::size_t>(other)],
                                  frame.distances[static_cast<std::size_t>(r)],
                                  std::max(1, frame.distances[static_cast<std::size_t>(other)]));
  }
  if (count == 0) return {};
  if (count < 3) return found[0];
  const auto median = [](int a, int b, int c) {
    return static_cast<std::int16_t>(std::max(std::min(a, b), std::min(std::max(a, b), c)));
  };
  return {median(found[0].x, found[1].x, found[2].x), median(found[0].y, found[1].y, found[2].y)};
}

std::array<Motion, kMergeCandidates> merge_candidates(const Frame& frame, const Unit& unit) {
  std::array<Motion, kMergeCandidates> list;
  std::size_t count = 0;
  const auto add = [&](const Motion& motion) {
    if (count == kMergeCandidates) return;
    for (std::size_t i = 0; i < count; ++i) {
      if (same_motion(list[i], motion)) return;
    }
    list[count++] = motion;
  };
  const int size = unit.size();
  const std::array<std::array<int, 2>, 5> places = {{{unit.x - 1, unit.y + size - 1},
                                                     {unit.x + size - 1, unit.y - 1},
                                                     {unit.x + size, unit.y - 1},
                                                     {unit.x - 1, unit.y + size},
                                                     {unit.x - 1, unit.y - 1}}};
  for (const auto& place : places) {
    if (count == 4) break;
    const Cell* cell = frame.neighbour(unit, place[0], place[1]);
    if (cell != nullptr && cell->kind == Kind::kInter) add(cell->motion);
  }
  const Reference& nearest = *frame.references[0];
  const int centre_x = std::min(unit.x + size / 2, frame.format.coded_width() - 1);
  const int centre_y = std::min(unit.y + size / 2, frame.format.coded_height() - 1);
  const Cell& before = nearest.cells[static_cast<std::size_t>(
      (centre_y >> kCellLog2) * frame.cell_stride + (centre_x >> kCellLog2))];
  if (before.kind == Kind::kInter) {
    const std::size_t r = (before.motion.references & 1) != 0 ? 0 : 1;
    Motion motion;
    motion.vectors[0] = scale_vector(before.motion.vectors[r], frame.distances[0],
                                     std::max(1, nearest.distances[r]));
    add(motion);
  }
  if (frame.reference_count == 2 && count > 0) {
    Motion motion = list[0];
    const std::size_t r = (motion.references & 1) != 0 ? 0 : 1;
    motion.references = 3;
    motion.vectors[1 - r] =
        scale_vector(motion.vectors[r], frame.distances[1 - r], frame.distances[r]);
    if (list[0].references != 3) add(motion);
  }
  add(Motion{});
  if (frame.reference_count == 2) {
    add(Motion{3, {}});
    add(Motion{2, {}});
  }
  while (count < kMergeCandidates) list[count++] = Motion{};
  return list;
}

Vector clamp_vector(const Format& format, const Unit& unit, Vector vector) {
  const int reach = unit.size() + kMotionMargin;
  const auto clamp = [&](int v, int at, int extent) {
    return clamp16(std::clamp(v, (-at - reach) * 4, (extent - at + kMotionMargin) * 4));
  };
  return {clamp(vector.x, unit.x, format.coded_width()),
          clamp(vector.y, unit.y, format.coded_height())};
}

void predict_inter(const Frame& frame, const Unit& unit, int plane, std::uint16_t* out,
                   std::ptrdiff_t stride) {
  const Format& format = frame.format;
  const int sx = format.sx(plane);
  const int sy = format.sy(plane);
  const int width = unit.size() >> sx;
  const int height = unit.size() >> sy;
  std::array<std::uint16_t, kCtuSize * kCtuSize> second;
  bool first = true;
  for (std::size_t r = 0; r < 2; ++r) {
    if (((unit.motion.references >> r) & 1) == 0) continue;
    const Vector v = clamp_vector(format, unit, unit.motion.vectors[r]);
    const Plane& source = frame.references[r]->picture.planes[static_cast<std::size_t>(plane)];
    const std::uint16_t* from =
        source.at((unit.x >> sx) + (v.x >> (2 + sx)), (unit.y >> sy) + (v.y >> (2 + sy)));
    std::uint16_t* to = first ? out : second.data();
    const std::ptrdiff_t to_stride = first ? stride : kCtuSize;
    if (plane == 0) {
      interpolate_luma(from, source.stride(), v.x & 3, v.y & 3, width, height, format.max_value(),
                       to, to_stride);
    } else {
      interpolate_chroma(from, source.stride(), (v.x << (1 - sx)) & 7, (v.y << (1 - sy)) & 7, width,
                         height, format.max_value(), to, to_stride);
    }
    if (!first) {
      for (int y = 0; y < height; ++y) {
        std::uint16_t* row = out + y * stride;
        const std::uint16_t* other = second.data() + y * kCtuSize;
        for (int x = 0; x < width; ++x)
          row[x] = static_cast<std::uint16_t>((row[x] + other[x] + 1) >> 1);
      }
    }
    first = false;
  }
}

}  // namespace holo::holovid
