// Geometry and availability of units, and their reconstruction.
#include "plugins/holovid/frame.hpp"

#include <algorithm>

#include "plugins/holovid/levels.hpp"
#include "plugins/holovid/quantizer.hpp"

namespace holo::holovid {
namespace {

constexpr int kCtuMask = kCtuSize - 1;

// Place of an 8 x 8 block in the coding order of its tree, 0..63.
int tree_order(int x, int y) {
  const int cx = (x & kCtuMask) >> kCellLog2;
  const int cy = (y & kCtuMask) >> kCellLog2;
  int order = 0;
  for (int i = 0; i < kCtuLog2 - kCellLog2; ++i) {
    order |= ((cx >> i) & 1) << (2 * i) | ((cy >> i) & 1) << (2 * i + 1);
  }
  return order;
}

}  // namespace

Grid transform_grid(const Format& format, const Unit& unit, int plane) {
  const int luma = std::min(unit.log2_size, kMaxTransformLog2) - (unit.transform_split ? 1 : 0);
  int log2_size = luma;
  if (plane > 0) {
    log2_size = std::max(luma - std::max(format.shift_x, format.shift_y), kMinTransformLog2);
  }
  return {log2_size, unit.size() >> format.sx(plane) >> log2_size,
          unit.size() >> format.sy(plane) >> log2_size};
}

Basis basis_of(const Unit& unit, int plane) {
  return unit.intra && plane == 0 ? Basis::kIntra : Basis::kDct;
}

TreeLevels::TreeLevels(const Format& format) {
  for (int p = 0; p < format.planes; ++p) {
    planes[static_cast<std::size_t>(p)].resize(static_cast<std::size_t>(kCtuSize * kCtuSize) >>
                                               (format.sx(p) + format.sy(p)));
  }
}

std::int16_t* TreeLevels::of(const Format& format, const Unit& unit, int plane) {
  const int first = tree_order(unit.x, unit.y) << (2 * kCellLog2);
  return planes[static_cast<std::size_t>(plane)].data() +
         (first >> (format.sx(plane) + format.sy(plane)));
}

Frame::Frame(const Format& format_, bool key_, int position_, int quantizer_, int chroma_offset_)
    : format(format_),
      key(key_),
      quantizer(quantizer_),
      chroma_offset(chroma_offset_),
      position(position_),
      picture(format_),
      cells(static_cast<std::size_t>(format_.coded_width() >> kCellLog2) *
            static_cast<std::size_t>(format_.coded_height() >> kCellLog2)),
      cell_stride(format_.coded_width() >> kCellLog2) {}

void Frame::add_reference(std::shared_ptr<const Reference> reference) {
  const auto r = static_cast<std::size_t>(reference_count++);
  distances[r] = std::max(1, position - reference->position);
  references[r] = std::move(reference);
}

bool Frame::available(int unit_x, int unit_y, int x, int y) const {
  if (x < 0 || y < 0 || x >= format.coded_width() || y >= format.coded_height()) return false;
  const int row = unit_y >> kCtuLog2;
  const int other_row = y >> kCtuLog2;
  if (row != other_row) return other_row < row;
  const int column = unit_x >> kCtuLog2;
  const int other_column = x >> kCtuLog2;
  if (column != other_column) return other_column < column;
  return tree_order(x, y) < tree_order(unit_x, unit_y);
}

int Frame::plane_quantizer(int plane) const {
  return plane == 0 ? quantizer : chroma_quantizer(quantizer, chroma_offset);
}

void gather_edge(const Frame& frame, const Unit& unit, int plane, const Grid& grid, int column,
                 int row, Edge& edge) {
  const Format& format = frame.format;
  const int sx = format.sx(plane);
  const int sy = format.sy(plane);
  const int n = 1 << grid.log2_size;
  const int x0 = (unit.x >> sx) + column * n;
  const int y0 = (unit.y >> sy) + row * n;
  const Plane& samples = frame.picture.planes[static_cast<std::size_t>(plane)];
  const auto usable = [&](int x, int y) {
    const int luma_x = x * (1 << sx);
    const int luma_y = y * (1 << sy);
    if (luma_x >= unit.x && luma_y >= unit.y && luma_x < unit.x + unit.size() &&
        luma_y < unit.y + unit.size()) {
      return y < y0 || (x < x0 && y < y0 + n);
    }
    return frame.available(unit.x, unit.y, luma_x, luma_y);
  };
  constexpr int kStep = 4;  // availability does not change inside four samples
  const int total = 4 * n + 1;
  int known = 0;  // edge[0..known) is filled or waits for the first usable sample
  int first_usable = -1;
  const auto fill_to = [&](int end) {
    const std::uint16_t value =
        first_usable < 0 ? std::uint16_t{0} : edge[static_cast<std::size_t>(known - 1)];
    for (; known < end; ++known) edge[static_cast<std::size_t>(known)] = value;
  };
  const auto take = [&](bool ok, int count, int x, int y, int dx, int dy) {
    if (!ok) return fill_to(known + count);
    if (first_usable < 0) first_usable = known;
    for (int i = 0; i < count; ++i) {
      edge[static_cast<std::size_t>(known++)] = *samples.at(x + i * dx, y + i * dy);
    }
  };
  for (int i = 2 * n - kStep; i >= 0; i -= kStep) {
    take(usable(x0 - 1, y0 + i), kStep, x0 - 1, y0 + i + kStep - 1, 0, -1);
  }
  take(usable(x0 - 1, y0 - 1), 1, x0 - 1, y0 - 1, 0, 0);
  for (int i = 0; i < 2 * n; i += kStep) take(usable(x0 + i, y0 - 1), kStep, x0 + i, y0 - 1, 1, 0);
  if (first_usable < 0) {
    std::fill_n(edge.begin(), total, static_cast<std::uint16_t>(1 << (format.depth - 1)));
  } else {
    std::fill_n(edge.begin(), first_usable, edge[static_cast<std::size_t>(first_usable)]);
  }
}

void add_residual(const Frame& frame, const Unit& unit, int plane, int log2_size,
                  const std::int16_t* levels, std::uint16_t* samples, std::ptrdiff_t stride) {
  const int n = 1 << log2_size;
  const int depth = frame.format.depth;
  const std::int64_t step = step_4096(frame.plane_quantizer(plane), depth);
  const std::int32_t limit = coefficient_limit(log2_size, depth);
  std::int32_t coefficients[kMaxTransformSize * kMaxTransformSize];
  std::int32_t residual[kMaxTransformSize * kMaxTransformSize];
  int columns = 0;
  int rows = 0;
  for (int y = 0; y < n; ++y) {
    for (int x = 0; x < n; ++x) {
      const int level = levels[y * n + x];
      coefficients[y * n + x] = level == 0 ? 0 : dequantize(level, step, limit);
      if (level != 0) {
        columns = std::max(columns, x + 1);
        rows = y + 1;
      }
    }
  }
  if (frame.components > 0) {
    const auto& scan = scan_order(log2_size);
    for (std::size_t i = static_cast<std::size_t>(frame.components); i < scan.size(); ++i) {
      coefficients[scan[i]] = 0;
    }
  }
  inverse_transform(basis_of(unit, plane), log2_size, depth, columns, rows, coefficients, residual);
  const int max_value = frame.format.max_value();
  for (int y = 0; y < n; ++y) {
    std::uint16_t* row = samples + y * stride;
    for (int x = 0; x < n; ++x) {
      row[x] = static_cast<std::uint16_t>(std::clamp(row[x] + residual[y * n + x], 0, max_value));
    }
  }
}

void reconstruct(Frame& frame, const Unit& unit, TreeLevels& levels) {
  const Format& format = frame.format;
  for (int p = 0; p < format.planes; ++p) {
    const Grid grid = transform_grid(format, unit, p);
    const int n = 1 << grid.log2_size;
    Plane& plane = frame.picture.planes[static_cast<std::size_t>(p)];
    std::uint16_t* samples = plane.at(unit.x >> format.sx(p), unit.y >> format.sy(p));
    if (!unit.intra) predict_inter(frame, unit, p, samples, plane.stride());
    const std::int16_t* block = levels.of(format, unit, p);
    for (int i = 0; i < grid.columns * grid.rows; ++i, block += n * n) {
      const int column = i % grid.columns;
      const int row = i / grid.columns;
      std::uint16_t* at = samples + row * n * plane.stride() + column * n;
      if (unit.intra) {
        Edge edge;
        gather_edge(frame, unit, p, grid, column, row, edge);
        predict_intra(unit.intra_mode, grid.log2_size, edge, p == 0, at, plane.stride());
      }
      if (((unit.coded[static_cast<std::size_t>(p)] >> i) & 1) != 0) {
        add_residual(frame, unit, p, grid.log2_size, block, at, plane.stride());
      }
    }
  }
  Cell cell;
  cell.kind = unit.intra ? Kind::kIntra : Kind::kInter;
  cell.log2_size = static_cast<std::uint8_t>(unit.log2_size);
  cell.transform_log2 = static_cast<std::uint8_t>(transform_grid(format, unit, 0).log2_size);
  cell.intra_mode = unit.intra ? unit.intra_mode : std::uint8_t{kMean};
  cell.skip = unit.skip;
  cell.coded = unit.coded[0] != 0;
  cell.motion = unit.motion;
  for (int y = unit.y; y < unit.y + unit.size(); y += 1 << kCellLog2) {
    for (int x = unit.x; x < unit.x + unit.size(); x += 1 << kCellLog2) frame.cell(x, y) = cell;
  }
}

}  // namespace holo::holovid
