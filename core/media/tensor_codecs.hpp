// What the tensor readers and writers of this room share; other rooms use tensors.hpp.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/media/tensors.hpp"

namespace holo::media {

static_assert(std::endian::native == std::endian::little,
              "tensor samples travel as they lie in little-endian files");

constexpr std::size_t kLargestRank = 64;

Result<std::unique_ptr<TensorFile>> open_safetensors(ByteReader& reader);
Result<std::unique_ptr<TensorFile>> open_npy(ByteReader& reader);
Result<std::unique_ptr<TensorWriter>> create_safetensors(
    AtomicFile& file, std::vector<UnitInfo> tensors,
    const std::map<std::string, std::string>& metadata);
Result<std::unique_ptr<TensorWriter>> create_npy(AtomicFile& file, std::vector<UnitInfo> tensors);

// Bytes of the samples; empty if an extent is negative or the product passes 2^63. Zeros count as
// ones for that, so that strides cannot overflow either.
std::optional<std::uint64_t> tensor_bytes(DLDataType dtype, std::span<const std::int64_t> shape);
// "f32 {3, 4}", for messages.
std::string describe_tensor(const UnitInfo& info);

// Accepts exactly the announced tensors in order, and appends their samples to the file.
class SampleWriter : public TensorWriter {
 public:
  SampleWriter(AtomicFile& file, std::vector<UnitInfo> tensors)
      : file_(file), tensors_(std::move(tensors)) {}
  Status push(UnitBuffer& tensor) override;
  Status finish() override;

 private:
  AtomicFile& file_;
  std::vector<UnitInfo> tensors_;
  std::size_t next_ = 0;
};

// What the header of a safetensors file says of one tensor.
struct SafetensorsEntry {
  std::string name;
  std::string dtype;  // as in the file, "F32"
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  // in the samples
  std::uint64_t end = 0;
};
struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};
// Parses the JSON alone; ranges and types are the caller's to check.
Result<SafetensorsHeader> parse_safetensors_header(std::string_view json);

// What the header of an npy file says.
struct NpyHeader {
  std::string descr;  // "<f4"
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};
// Parses the dictionary alone: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
Result<NpyHeader> parse_npy_header(std::string_view text);

}  // namespace holo::media
