// The 'head' chunk of each tensor: how its rows are coded, and how well.
#pragma once

#include <cstdint>
#include <vector>

namespace phi_weights {

struct TensorHeader {
  bool coded = false;  // else every row group is verbatim
  bool scale_per_row = false;
  std::uint8_t index_bits = 5;
  std::uint8_t deviation_bits = 8;
  float scale = 0;               // of the whole tensor, unless per row
  std::uint64_t group_rows = 1;  // rows in each group but the last
  std::uint64_t weights = 0;
  std::uint64_t bytes = 0;  // of the row groups
  double signal = 0;        // sum of squares of the coded weights
  double error = 0;         // sum of squares of the differences

  [[nodiscard]] std::vector<std::uint8_t> write() const;
  // Throws CORRUPT for a field outside its range.
  static TensorHeader read(const std::vector<std::uint8_t>& bytes);
};

// Rows in a group: about 65536 elements, at least one row.
std::uint64_t rows_per_group(std::uint64_t row_elements);

}  // namespace phi_weights
