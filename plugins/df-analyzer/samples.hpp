// Units as sample rows: patches of pictures, rows of tensors.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include <holo/unit.hpp>

namespace df_analyzer {

// Takes `count` rows, one after the other in `rows`. Called several times a unit.
using RowSink = std::function<void(std::span<const float> rows, std::size_t count)>;

struct PatchOptions {
  std::int64_t size = 8;    // samples on a side
  std::int64_t stride = 8;  // from patch to patch
  bool luma = false;        // Y alone; else R, G and B together, plane after plane
  std::uint64_t most = 0;   // patches of one picture, spread evenly
};

// Values in a patch, in order: plane, row, column. Samples are scaled to 0..1.
[[nodiscard]] std::size_t patch_dimensions(const PatchOptions& options);
// Every whole patch from the top left corner. Alpha is left out; Y'CbCr becomes R'G'B' by the
// picture's matrix and range (unspecified: BT.601), chroma repeated. Nothing for smaller pictures.
void for_each_patch(const holo::Unit& unit, const PatchOptions& options, const RowSink& sink);

// Rows of a tensor of rank 2 or more: the last dimension holds the features. At most `most` rows,
// spread evenly. Throws UNSUPPORTED for a dtype that is not a number.
[[nodiscard]] std::size_t row_dimensions(const holo::Tensor& tensor);
void for_each_row(const holo::Tensor& tensor, std::uint64_t most, const RowSink& sink);

}  // namespace df_analyzer
