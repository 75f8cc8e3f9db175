// Tensor files: safetensors and npy, read in place and written whole.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file.hpp"
#include "core/base/unit.hpp"

namespace holo::media {

// An open tensor file: names, shapes and dtypes are checked against the file's size on opening;
// samples are read one tensor at a time. Tensors are listed in the order of their bytes in the
// file, kind HOLO_TENSOR. The one tensor of an npy file is called "array"; its samples come in C
// order and native byte order, whatever the file has.
class TensorFile {
 public:
  virtual ~TensorFile() = default;
  [[nodiscard]] virtual std::span<const UnitInfo> tensors() const = 0;
  virtual Result<UnitBuffer> read(std::size_t index) = 0;
  // Where the samples of a tensor begin in the file, for readers that map it; -1 where they do not
  // lie there as read() gives them.
  [[nodiscard]] virtual std::int64_t sample_offset(std::size_t) const { return -1; }
  // "__metadata__" of a safetensors file.
  [[nodiscard]] virtual const std::map<std::string, std::string>& metadata() const = 0;
  // What reading changes, one sentence each: a boolean tensor becomes u8.
  [[nodiscard]] virtual std::span<const std::string> notes() const = 0;
};

// True for the first bytes of a safetensors or npy file (8 bytes of length then '{', or \x93NUMPY).
bool detect_tensors(std::span<const std::uint8_t> prefix);
// The reader must outlive the file.
Result<std::unique_ptr<TensorFile>> open_tensors(ByteReader& reader);

// Writes tensors in the given order; begin with all infos, then push each one's samples in order.
// The same tensors give the same bytes. The caller commits the file after finish().
class TensorWriter {
 public:
  virtual ~TensorWriter() = default;
  virtual Status push(UnitBuffer& tensor) = 0;
  virtual Status finish() = 0;
};
// `format` is "safetensors" or "npy" (exactly one tensor; the error names the others).
Result<std::unique_ptr<TensorWriter>> create_tensors(AtomicFile& file, std::string_view format,
                                                     std::vector<UnitInfo> tensors,
                                                     std::map<std::string, std::string> metadata);

}  // namespace holo::media
