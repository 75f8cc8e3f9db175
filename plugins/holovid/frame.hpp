// State of one frame being coded, what its blocks inherit from their neighbours, and the
// reconstruction that encoder and decoder share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "plugins/holovid/picture.hpp"
#include "plugins/holovid/predict_intra.hpp"
#include "plugins/holovid/transform.hpp"

namespace holo::holovid {

struct Vector {
  std::int16_t x = 0;  // quarter luma samples
  std::int16_t y = 0;
  friend bool operator==(const Vector&, const Vector&) = default;
};

// Which references a block uses (bit 0, bit 1; both: their mean), and from where.
struct Motion {
  std::uint8_t references = 1;
  std::array<Vector, 2> vectors;
};
[[nodiscard]] bool same_motion(const Motion& a, const Motion& b);

enum class Kind : std::uint8_t { kNone, kInter, kIntra };

// What is remembered of each 8 x 8 luma block.
struct Cell {
  Kind kind = Kind::kNone;
  std::uint8_t log2_size = 0;
  std::uint8_t transform_log2 = 0;
  std::uint8_t intra_mode = kMean;
  bool skip = false;
  bool coded = false;  // plane 0 has nonzero levels
  Motion motion;
};

// A decoded frame that others predict from.
struct Reference {
  Picture picture;
  std::vector<Cell> cells;
  int position = 0;                // frames since the key frame
  std::array<int, 2> distances{};  // of its own references
};

inline constexpr int kMergeCandidates = 5;
inline constexpr int kNotMerged = -1;

// One coding unit: a square of luma samples with one way of prediction.
struct Unit {
  int x = 0;
  int y = 0;
  int log2_size = 3;
  bool intra = false;
  bool skip = false;
  bool residual = false;  // any level of any plane is nonzero
  bool transform_split = false;
  std::int8_t merge = kNotMerged;
  std::uint8_t intra_mode = kMean;
  Motion motion;
  std::array<std::uint64_t, 3> coded{};  // a bit for each transform block of each plane

  [[nodiscard]] int size() const { return 1 << log2_size; }
};

// Transform blocks of one plane of a unit, in raster order.
struct Grid {
  int log2_size;
  int columns;
  int rows;
};
[[nodiscard]] Grid transform_grid(const Format& format, const Unit& unit, int plane);
[[nodiscard]] Basis basis_of(const Unit& unit, int plane);

// Levels of a whole coding tree, in coding order of 8 x 8 blocks: those of a unit are contiguous,
// transform block after transform block.
struct TreeLevels {
  std::array<std::vector<std::int16_t>, 3> planes;

  explicit TreeLevels(const Format& format);
  [[nodiscard]] std::int16_t* of(const Format& format, const Unit& unit, int plane);
};

struct Frame {
  Format format;
  bool key = true;
  int quantizer = 0;
  int chroma_offset = 0;
  int components = 0;  // levels kept of each transform block; 0 means all
  int position = 0;
  int reference_count = 0;
  std::array<std::shared_ptr<const Reference>, 2> references;
  std::array<int, 2> distances{};  // to the references, >= 1
  Picture picture;                 // reconstruction so far
  std::vector<Cell> cells;
  int cell_stride = 0;

  Frame(const Format& format, bool key, int position, int quantizer, int chroma_offset);
  void add_reference(std::shared_ptr<const Reference> reference);

  [[nodiscard]] Cell& cell(int x, int y) {
    return cells[static_cast<std::size_t>((y >> kCellLog2) * cell_stride + (x >> kCellLog2))];
  }
  [[nodiscard]] const Cell& cell(int x, int y) const {
    return cells[static_cast<std::size_t>((y >> kCellLog2) * cell_stride + (x >> kCellLog2))];
  }
  // Whether the luma sample (x, y) was coded before the unit at (unit_x, unit_y).
  [[nodiscard]] bool available(int unit_x, int unit_y, int x, int y) const;
  // The neighbour's cell, or null.
  [[nodiscard]] const Cell* neighbour(const Unit& unit, int x, int y) const {
    return available(unit.x, unit.y, x, y) ? &cell(x, y) : nullptr;
  }
  [[nodiscard]] int plane_quantizer(int plane) const;
};

// The vector that the vector of reference `r` is coded against.
[[nodiscard]] Vector predict_vector(const Frame& frame, const Unit& unit, int r);
// Always kMergeCandidates motions that a unit may inherit.
[[nodiscard]] std::array<Motion, kMergeCandidates> merge_candidates(const Frame& frame,
                                                                    const Unit& unit);
// The vector as used for fetching: inside the picture plus kMotionMargin.
[[nodiscard]] Vector clamp_vector(const Format& format, const Unit& unit, Vector vector);

// Motion-compensated prediction of one plane of a unit.
void predict_inter(const Frame& frame, const Unit& unit, int plane, std::uint16_t* out,
                   std::ptrdiff_t stride);
// The samples around the transform block at (column, row) of the unit's grid.
void gather_edge(const Frame& frame, const Unit& unit, int plane, const Grid& grid, int column,
                 int row, Edge& edge);
// Adds what the levels stand for to the prediction at `samples`, in place.
void add_residual(const Frame& frame, const Unit& unit, int plane, int log2_size,
                  const std::int16_t* levels, std::uint16_t* samples, std::ptrdiff_t stride);
// Writes the unit's samples into frame.picture and its description into frame.cells.
void reconstruct(Frame& frame, const Unit& unit, TreeLevels& levels);

}  // namespace holo::holovid
