// Whole patches on a grid, gathered into blocks of rows.
#include <algorithm>

#include "plugins/df-analyzer/colour.hpp"
#include "plugins/df-analyzer/samples.hpp"

namespace df_analyzer {
namespace {

constexpr std::uint64_t kBlockRows = 512;

std::uint64_t steps(std::int64_t extent, const PatchOptions& options) {
  if (extent < options.size) return 0;
  return static_cast<std::uint64_t>((extent - options.size) / options.stride + 1);
}

}  // namespace

std::size_t patch_dimensions(const PatchOptions& options) {
  return static_cast<std::size_t>(options.size * options.size) * (options.luma ? 1 : 3);
}

void for_each_patch(const holo::Unit& unit, const PatchOptions& options, const RowSink& sink) {
  const std::vector<FloatPlane> planes = to_float_planes(unit, options.luma);
  const std::uint64_t across = steps(planes[0].width, options);
  const std::uint64_t total = across * steps(planes[0].height, options);
  const std::uint64_t kept = std::min(total, options.most);
  std::vector<float> block;
  for (std::uint64_t i = 0; i < kept; ++i) {
    const std::uint64_t patch = i * total / kept;
    const auto left = static_cast<std::int64_t>(patch % across) * options.stride;
    const auto top = static_cast<std::int64_t>(patch / across) * options.stride;
    for (const FloatPlane& plane : planes) {
      for (std::int64_t y = top; y < top + options.size; ++y) {
        const auto row = plane.samples.begin() + (y * plane.width + left);
        block.insert(block.end(), row, row + options.size);
      }
    }
    if ((i + 1) % kBlockRows == 0 || i + 1 == kept) {
      sink(block, static_cast<std::size_t>(i % kBlockRows + 1));
      block.clear();
    }
  }
}

}  // namespace df_analyzer
