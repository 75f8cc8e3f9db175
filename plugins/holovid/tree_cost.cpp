// What the transform blocks of a unit cost: squared error + lambda * bits, block by block.
#include <algorithm>

#include "plugins/holovid/quantizer.hpp"
#include "plugins/holovid/tree_search.hpp"

namespace holo::holovid {
namespace {
constexpr double kBit = 1.0 / 256;
constexpr double kChromaLambda = 0.9;  // lambda of planes 1 and 2 against plane 0
}  // namespace

double TreeSearch::step_of(int plane) const {
  return static_cast<double>(step_4096(frame_.plane_quantizer(plane), frame_.format.depth)) / 4096;
}

double TreeSearch::block_cost(Unit& unit, int plane, const Grid& grid, int index,
                              const std::uint16_t* prediction, std::ptrdiff_t stride,
                              std::int16_t* levels) {
  const Format& format = frame_.format;
  const int n = 1 << grid.log2_size;
  const Plane& source = source_.planes[static_cast<std::size_t>(plane)];
  const std::uint16_t* original =
      source.at((unit.x >> format.sx(plane)) + index % grid.columns * n,
                (unit.y >> format.sy(plane)) + index / grid.columns * n);
  std::int32_t residual[kMaxTransformSize * kMaxTransformSize];
  std::int32_t coefficients[kMaxTransformSize * kMaxTransformSize];
  for (int y = 0; y < n; ++y) {
    for (int x = 0; x < n; ++x) {
      residual[y * n + x] = original[y * source.stride() + x] - prediction[y * stride + x];
    }
  }
  forward_transform(basis_of(unit, plane), grid.log2_size, format.depth, residual, coefficients);
  const int set = level_set(grid.log2_size, plane > 0, unit.intra);
  const double lambda = plane > 0 ? lambda_ * kChromaLambda : lambda_;
  const double scale = 1 << kCoefficientScaleLog2;
  const Chosen chosen = choose_levels(costs_, set, grid.log2_size, coefficients,
                                      step_of(plane) * scale, lambda, levels);
  const int context = plane == 2 ? static_cast<int>((unit.coded[1] >> index) & 1) : 0;
  const auto& flag = costs_[static_cast<std::size_t>(set + LevelContexts::kCoded + context)];
  const double empty = chosen.energy + lambda * flag[0] * kBit;
  if (chosen.coded) {
    const double cost = chosen.distortion + lambda * (chosen.cost + flag[1]) * kBit;
    if (cost < empty) {
      unit.coded[static_cast<std::size_t>(plane)] |= std::uint64_t{1} << index;
      return cost;
    }
    std::fill_n(levels, n * n, std::int16_t{0});
  }
  return empty;
}

double TreeSearch::residual_cost(Unit& unit, Scratch& scratch) {
  unit.coded = {};
  double cost = 0;
  for (int p = 0; p < frame_.format.planes; ++p) {
    const Grid grid = transform_grid(frame_.format, unit, p);
    const int n = 1 << grid.log2_size;
    const std::ptrdiff_t stride = unit.size() >> frame_.format.sx(p);
    const std::uint16_t* prediction = scratch.prediction[static_cast<std::size_t>(p)].data();
    std::int16_t* block = scratch.trial.of(frame_.format, unit, p);
    for (int i = 0; i < grid.columns * grid.rows; ++i, block += n * n) {
      cost += block_cost(unit, p, grid, i,
                         prediction + i / grid.columns * n * stride + i % grid.columns * n, stride,
                         block);
    }
  }
  return cost;
}

double TreeSearch::intra_cost(Unit& unit, Scratch& scratch) {
  unit.coded = {};
  double cost = 0;
  for (int p = 0; p < frame_.format.planes; ++p) {
    const Grid grid = transform_grid(frame_.format, unit, p);
    const int n = 1 << grid.log2_size;
    Plane& plane = frame_.picture.planes[static_cast<std::size_t>(p)];
    std::int16_t* block = scratch.trial.of(frame_.format, unit, p);
    const int blocks = grid.columns * grid.rows;
    for (int i = 0; i < blocks; ++i, block += n * n) {
      const int column = i % grid.columns;
      const int row = i / grid.columns;
      // Later blocks of the unit predict from this one, so it is reconstructed in place.
      std::uint16_t* at = plane.at((unit.x >> frame_.format.sx(p)) + column * n,
                                   (unit.y >> frame_.format.sy(p)) + row * n);
      Edge edge;
      gather_edge(frame_, unit, p, grid, column, row, edge);
      predict_intra(unit.intra_mode, grid.log2_size, edge, p == 0, at, plane.stride());
      cost += block_cost(unit, p, grid, i, at, plane.stride(), block);
      if (blocks > 1 && ((unit.coded[static_cast<std::size_t>(p)] >> i) & 1) != 0) {
        add_residual(frame_, unit, p, grid.log2_size, block, at, plane.stride());
      }
    }
  }
  return cost;
}

}  // namespace holo::holovid
