// Tensor formats by magic and by name, and the one way that samples reach a file.
#include "core/media/tensors.hpp"

#include <algorithm>
#include <array>

#include "core/media/tensor_codecs.hpp"

namespace holo::media {
namespace {

constexpr std::array<std::uint8_t, 6> kNpyMagic = {0x93, 'N', 'U', 'M', 'P', 'Y'};
constexpr std::size_t kPrefix = 9;

bool is_npy(std::span<const std::uint8_t> prefix) {
  return prefix.size() >= kNpyMagic.size() &&
         std::equal(kNpyMagic.begin(), kNpyMagic.end(), prefix.begin());
}

// A length below 2^32 and the brace that every header begins with.
bool is_safetensors(std::span<const std::uint8_t> prefix) {
  return prefix.size() >= kPrefix && prefix[8] == '{' &&
         std::all_of(prefix.begin() + 4, prefix.begin() + 8, [](auto byte) { return byte == 0; });
}

}  // namespace

bool detect_tensors(std::span<const std::uint8_t> prefix) {
  return is_npy(prefix) || is_safetensors(prefix);
}

Result<std::unique_ptr<TensorFile>> open_tensors(ByteReader& reader) {
  std::array<std::uint8_t, kPrefix> first{};
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(first.size(), reader.size()));
  const std::span prefix(first.data(), count);
  HOLO_TRY(reader.read_at(0, prefix));
  if (is_npy(prefix)) return open_npy(reader);
  if (is_safetensors(prefix)) return open_safetensors(reader);
  return make_error(HOLO_UNSUPPORTED,
                    "not a tensor file that can be read: expected safetensors or npy, found other "
                    "first bytes");
}

Result<std::unique_ptr<TensorWriter>> create_tensors(AtomicFile& file, std::string_view format,
                                                     std::vector<UnitInfo> tensors,
                                                     std::map<std::string, std::string> metadata) {
  if (format == "safetensors") return create_safetensors(file, std::move(tensors), metadata);
  if (format == "npy") return create_npy(file, std::move(tensors));
  return make_error(HOLO_UNSUPPORTED, "tensors cannot be written as '" + std::string(format) +
                                          "'; use safetensors or npy");
}

std::optional<std::uint64_t> tensor_bytes(DLDataType dtype, std::span<const std::int64_t> shape) {
  constexpr std::uint64_t kMost = INT64_MAX;
  bool empty = false;
  std::uint64_t bytes = dtype.bits / 8u;
  for (const std::int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    const std::uint64_t factor = std::max<std::uint64_t>(static_cast<std::uint64_t>(extent), 1);
    if (factor > kMost / bytes) return std::nullopt;
    bytes *= factor;
    empty = empty || extent == 0;
  }
  return empty ? 0 : bytes;
}

std::string describe_tensor(const UnitInfo& info) {
  std::string text = dtype_name(info.dtype) + " {";
  for (std::size_t i = 0; i < info.shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(info.shape[i]);
  }
  return text + "}";
}

Status SampleWriter::push(UnitBuffer& tensor) {
  if (next_ == tensors_.size()) {
    return make_error(HOLO_INVALID_ARG, "tensor '" + tensor.info.name + "' is one more than the " +
                                            std::to_string(tensors_.size()) + " announced");
  }
  const UnitInfo& expected = tensors_[next_];
  const UnitInfo& found = tensor.info;
  if (found.name != expected.name || dtype_name(found.dtype) != dtype_name(expected.dtype) ||
      found.shape != expected.shape) {
    return make_error(HOLO_INVALID_ARG, "expected tensor '" + expected.name + "' of " +
                                            describe_tensor(expected) + ", found '" + found.name +
                                            "' of " + describe_tensor(found));
  }
  ++next_;
  return file_.write(std::span(tensor.plane(0), static_cast<std::size_t>(tensor.byte_size())));
}

Status SampleWriter::finish() {
  if (next_ != tensors_.size()) {
    return make_error(HOLO_INVALID_ARG, "only " + std::to_string(next_) + " of " +
                                            std::to_string(tensors_.size()) +
                                            " tensors were written");
  }
  return {};
}

}  // namespace holo::media
