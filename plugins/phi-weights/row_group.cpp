// mode | scales of the rows | fixed: all codes; entropy: index bytes, indices, deviations.
#include "plugins/phi-weights/row_group.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include <holo/bytes.hpp>

#include "core/entropy/bit_io.hpp"
#include "plugins/phi-weights/index_model.hpp"

namespace phi_weights {
namespace {

using holo::entropy::BinaryDecoder;
using holo::entropy::BinaryEncoder;
using holo::entropy::BitReader;
using holo::entropy::BitWriter;

constexpr std::uint64_t kModeBytes = 1;
constexpr std::uint64_t kScaleBytes = 4;
constexpr std::uint64_t kLengthBytes = 4;

std::uint64_t bytes_for_bits(std::uint64_t bits) { return (bits + 7) / 8; }

// Fields of `width` bits from field `first` on, read from where they lie.
class FieldReader {
 public:
  FieldReader(const ChunkReader& read, std::uint64_t base, int width, std::uint64_t first,
              std::uint64_t count)
      : bytes_(load(read, base, static_cast<std::uint64_t>(width), first, count)),
        reader_(bytes_),
        width_(width) {
    (void)reader_.read(static_cast<int>(first * static_cast<std::uint64_t>(width) % 8));
  }
  std::uint32_t next() { return reader_.read(width_); }

 private:
  static std::vector<std::uint8_t> load(const ChunkReader& read, std::uint64_t base,
                                        std::uint64_t width, std::uint64_t first,
                                        std::uint64_t count) {
    const std::uint64_t begin = first * width / 8;
    const std::uint64_t end = bytes_for_bits((first + count) * width);
    std::vector<std::uint8_t> bytes(count == 0 ? 0 : static_cast<std::size_t>(end - begin));
    if (!bytes.empty()) read(base + begin, bytes.data(), bytes.size());
    return bytes;
  }
  std::vector<std::uint8_t> bytes_;
  BitReader reader_;
  int width_;
};

std::vector<float> row_scales(const GroupLayout& layout, const std::uint8_t* data) {
  std::vector<float> scales(static_cast<std::size_t>(layout.rows), layout.scale);
  if (!layout.scale_per_row) return scales;
  const std::uint64_t row_bytes = layout.row_elements * byte_size(layout.type);
  for (float& scale : scales) {
    scale = extent_of(layout.type, data, layout.row_elements).largest;
    data += row_bytes;
  }
  return scales;
}

float decoded(const PhiGrid& grid, float scale, std::uint32_t code) {
  return static_cast<float>(static_cast<double>(scale) * grid.value(code));
}

}  // namespace

Extent extent_of(FloatType type, const std::uint8_t* data, std::uint64_t elements) {
  Extent extent;
  for (std::size_t i = 0; i < elements; ++i) {
    const float magnitude = std::fabs(load(type, data, i));
    if (std::isfinite(magnitude)) {
      extent.largest = std::max(extent.largest, magnitude);
    } else {
      extent.finite = false;
    }
  }
  return extent;
}

std::vector<std::uint8_t> verbatim_group(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> bytes(size + 1);
  bytes[0] = static_cast<std::uint8_t>(GroupMode::kVerbatim);
  std::copy_n(data, size, bytes.begin() + 1);
  return bytes;
}

EncodedGroup encode_group(const PhiGrid& grid, const GroupLayout& layout, bool entropy,
                          const std::uint8_t* data) {
  EncodedGroup group;
  const std::uint64_t elements = layout.rows * layout.row_elements;
  if (!extent_of(layout.type, data, elements).finite) {
    group.bytes = verbatim_group(data, static_cast<std::size_t>(elements) * byte_size(layout.type));
    return group;
  }
  const std::vector<float> scales = row_scales(layout, data);
  const GroupMode mode = entropy ? GroupMode::kEntropy : GroupMode::kFixed;
  group.bytes.push_back(static_cast<std::uint8_t>(mode));
  if (layout.scale_per_row) {
    for (const float scale : scales) holo::put(group.bytes, std::bit_cast<std::uint32_t>(scale));
  }
  BitWriter fields;
  BinaryEncoder coder;
  IndexModel model(grid.index_bits());
  const int field_bits = entropy ? grid.deviation_bits() : grid.code_bits();
  std::array<std::uint8_t, 4> element{};
  std::size_t at = 0;
  for (const float scale : scales) {
    const auto divisor = static_cast<double>(scale);
    for (std::uint64_t i = 0; i < layout.row_elements; ++i, ++at) {
      const float weight = load(layout.type, data, at);
      const std::uint32_t code = grid.code(scale > 0 ? static_cast<double>(weight) / divisor : 0.0);
      if (entropy) model.encode(coder, code >> grid.deviation_bits());
      fields.write(code, field_bits);
      const float again = store(layout.type, element.data(), 0, decoded(grid, scale, code));
      const double difference = static_cast<double>(again) - static_cast<double>(weight);
      group.signal += static_cast<double>(weight) * static_cast<double>(weight);
      group.error += difference * difference;
    }
  }
  if (entropy) {
    const std::vector<std::uint8_t> indices = coder.finish();
    holo::put(group.bytes, static_cast<std::uint32_t>(indices.size()));
    group.bytes.insert(group.bytes.end(), indices.begin(), indices.end());
  }
  const std::vector<std::uint8_t> packed = fields.finish();
  group.bytes.insert(group.bytes.end(), packed.begin(), packed.end());
  return group;
}

void read_verbatim_rows(std::uint64_t row_bytes, std::uint64_t rows, std::uint64_t chunk_size,
                        const ChunkReader& read, std::uint64_t first, std::uint64_t count,
                        std::uint8_t* out) {
  std::uint8_t mode = 0;
  read(0, &mode, kModeBytes);
  holo::expect(mode == static_cast<std::uint8_t>(GroupMode::kVerbatim),
               "a row group of a tensor that is not coded claims to be coded");
  holo::expect(chunk_size == kModeBytes + rows * row_bytes,
               "a row group does not have the size of its rows");
  read(kModeBytes + first * row_bytes, out, count * row_bytes);
}

void decode_rows(const PhiGrid& grid, const GroupLayout& layout, std::uint64_t chunk_size,
                 const ChunkReader& read, std::uint64_t first, std::uint64_t count,
                 std::uint8_t* out) {
  std::uint8_t mode_byte = 0;
  read(0, &mode_byte, kModeBytes);
  holo::expect(mode_byte <= static_cast<std::uint8_t>(GroupMode::kEntropy),
               "a row group has an unknown mode");
  const auto mode = static_cast<GroupMode>(mode_byte);
  if (mode == GroupMode::kVerbatim) {
    read_verbatim_rows(layout.row_elements * byte_size(layout.type), layout.rows, chunk_size, read,
                       first, count, out);
    return;
  }
  std::uint64_t base = kModeBytes;
  std::vector<float> scales(static_cast<std::size_t>(count), layout.scale);
  if (layout.scale_per_row) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count * kScaleBytes));
    read(base + first * kScaleBytes, bytes.data(), bytes.size());
    holo::ByteCursor cursor(bytes);
    for (float& scale : scales) scale = std::bit_cast<float>(cursor.get<std::uint32_t>());
    base += layout.rows * kScaleBytes;
  }
  for (const float scale : scales) {
    holo::expect(std::isfinite(scale) && scale >= 0, "a scale is not a number of 0 or more");
  }
  const bool entropy = mode == GroupMode::kEntropy;
  const std::uint64_t elements = layout.rows * layout.row_elements;
  const std::uint64_t skipped = first * layout.row_elements;
  std::vector<std::uint8_t> indices;
  if (entropy) {
    std::array<std::uint8_t, kLengthBytes> bytes{};
    read(base, bytes.data(), bytes.size());
    const auto length = holo::ByteCursor(bytes.data(), bytes.size()).get<std::uint32_t>();
    base += kLengthBytes;
    holo::expect(base <= chunk_size && length <= chunk_size - base,
                 "the indices of a row group go past its end");
    indices.resize(length);
    read(base, indices.data(), length);
    base += length;
  }
  const int field_bits = entropy ? grid.deviation_bits() : grid.code_bits();
  holo::expect(
      chunk_size == base + bytes_for_bits(elements * static_cast<std::uint64_t>(field_bits)),
      "a row group does not have the size of its rows");
  FieldReader fields(read, base, field_bits, skipped, count * layout.row_elements);
  BinaryDecoder coder(indices);
  IndexModel model(grid.index_bits());
  if (entropy) {
    for (std::uint64_t i = 0; i < skipped; ++i) {
      (void)model.decode(coder);
      holo::expect(!coder.damaged(), "the indices of a row group end too early");
    }
  }
  bool used = true;
  std::size_t at = 0;
  for (const float scale : scales) {
    for (std::uint64_t i = 0; i < layout.row_elements; ++i, ++at) {
      std::uint32_t code = 0;
      if (entropy) code = model.decode(coder) << grid.deviation_bits();
      code |= fields.next();
      used = grid.used(code) && used;
      store(layout.type, out, at, decoded(grid, scale, code));
    }
    holo::expect(!coder.damaged() || !entropy, "the indices of a row group end too early");
  }
  holo::expect(used, "a weight has the unused index of the grid");
}

}  // namespace phi_weights
