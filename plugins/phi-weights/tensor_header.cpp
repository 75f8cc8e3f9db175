// Fixed fields in little-endian order; every one is checked on reading.
#include "plugins/phi-weights/tensor_header.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include <holo/bytes.hpp>

#include "plugins/phi-weights/phi_grid.hpp"

namespace phi_weights {
namespace {

constexpr std::uint64_t kGroupElements = 65536;
constexpr std::uint8_t kCodedFlag = 1;
constexpr std::uint8_t kRowScaleFlag = 2;

}  // namespace

std::uint64_t rows_per_group(std::uint64_t row_elements) {
  return std::max<std::uint64_t>(1, kGroupElements / std::max<std::uint64_t>(row_elements, 1));
}

std::vector<std::uint8_t> TensorHeader::write() const {
  std::vector<std::uint8_t> out;
  holo::put(out, static_cast<std::uint8_t>((coded ? kCodedFlag : 0) |
                                           (scale_per_row ? kRowScaleFlag : 0)));
  holo::put(out, index_bits);
  holo::put(out, deviation_bits);
  holo::put(out, std::uint8_t{0});
  holo::put(out, std::bit_cast<std::uint32_t>(scale));
  holo::put(out, group_rows);
  holo::put(out, weights);
  holo::put(out, bytes);
  holo::put(out, std::bit_cast<std::uint64_t>(signal));
  holo::put(out, std::bit_cast<std::uint64_t>(error));
  return out;
}

TensorHeader TensorHeader::read(const std::vector<std::uint8_t>& bytes) {
  holo::ByteCursor cursor(bytes);
  TensorHeader header;
  const auto flags = cursor.get<std::uint8_t>();
  holo::expect(flags <= (kCodedFlag | kRowScaleFlag), "a tensor header has unknown flags");
  header.coded = (flags & kCodedFlag) != 0;
  header.scale_per_row = (flags & kRowScaleFlag) != 0;
  header.index_bits = cursor.get<std::uint8_t>();
  header.deviation_bits = cursor.get<std::uint8_t>();
  holo::expect(cursor.get<std::uint8_t>() == 0, "a tensor header has a reserved byte set");
  header.scale = std::bit_cast<float>(cursor.get<std::uint32_t>());
  header.group_rows = cursor.get<std::uint64_t>();
  header.weights = cursor.get<std::uint64_t>();
  header.bytes = cursor.get<std::uint64_t>();
  header.signal = std::bit_cast<double>(cursor.get<std::uint64_t>());
  header.error = std::bit_cast<double>(cursor.get<std::uint64_t>());
  holo::expect(header.index_bits == 5 || header.index_bits == 6,
               "a tensor header wants another index than 5 or 6 bits");
  holo::expect(header.deviation_bits <= kMaxDeviationBits,
               "a tensor header wants a deviation of more than 12 bits");
  holo::expect(std::isfinite(header.scale) && header.scale >= 0,
               "a scale is not a number of 0 or more");
  holo::expect(header.group_rows >= 1, "a tensor header has groups without rows");
  holo::expect(header.signal >= 0 && header.error >= 0 && std::isfinite(header.signal) &&
                   std::isfinite(header.error),
               "a tensor header has figures that are not numbers of 0 or more");
  holo::expect(cursor.left() == 0, "a tensor header is longer than its fields");
  return header;
}

}  // namespace phi_weights
