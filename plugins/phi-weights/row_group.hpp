// The payload of one chunk: some rows of a tensor, as codes or verbatim.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "plugins/phi-weights/float_types.hpp"
#include "plugins/phi-weights/phi_grid.hpp"

namespace phi_weights {

// First byte of a chunk.
enum class GroupMode : std::uint8_t { kVerbatim = 0, kFixed = 1, kEntropy = 2 };

// What encoder and decoder must agree on, from the tensor's header and its shape.
struct GroupLayout {
  FloatType type = FloatType::kF32;
  std::uint64_t rows = 0;  // in this group
  std::uint64_t row_elements = 0;
  bool scale_per_row = false;  // else `scale` is for all
  float scale = 0;
};

struct EncodedGroup {
  std::vector<std::uint8_t> bytes;
  double signal = 0;  // sum of squares of the weights
  double error = 0;   // sum of squares of the differences
};

// The largest magnitude among finite weights, 0 for none; and whether all are finite.
struct Extent {
  float largest = 0;
  bool finite = true;
};
Extent extent_of(FloatType type, const std::uint8_t* data, std::uint64_t elements);

// Codes a group, or stores it verbatim if a weight in it is NaN or infinite. `data` is packed.
EncodedGroup encode_group(const PhiGrid& grid, const GroupLayout& layout, bool entropy,
                          const std::uint8_t* data);
// The same bytes for anything that is not coded.
std::vector<std::uint8_t> verbatim_group(const std::uint8_t* data, std::size_t size);

// Reads `size` bytes of the chunk from `offset`; throws CORRUPT past its end.
using ChunkReader = std::function<void(std::uint64_t offset, void* data, std::uint64_t size)>;

// Decodes rows first .. first + count - 1 of the group into packed `out`, reading only the bytes
// that they need. Throws CORRUPT.
void decode_rows(const PhiGrid& grid, const GroupLayout& layout, std::uint64_t chunk_size,
                 const ChunkReader& read, std::uint64_t first, std::uint64_t count,
                 std::uint8_t* out);
// Rows of a chunk whose tensor is not coded.
void read_verbatim_rows(std::uint64_t row_bytes, std::uint64_t rows, std::uint64_t chunk_size,
                        const ChunkReader& read, std::uint64_t first, std::uint64_t count,
                        std::uint8_t* out);

}  // namespace phi_weights
