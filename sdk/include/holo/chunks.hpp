// Sink and Source: named chunks out and in.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <holo/abi/host.h>
#include <holo/error.hpp>
#include <holo/params.hpp>
#include <holo/unit.hpp>

namespace holo {

inline constexpr std::uint64_t kSharedUnit = HOLO_SHARED_UNIT;

// fourcc("tile"): four letters or digits, lower case.
constexpr std::uint32_t fourcc(const char (&name)[5]) {
  return HOLO_FOURCC(name[0], name[1], name[2], name[3]);
}
inline std::string fourcc_name(std::uint32_t type) {
  std::string name;
  for (int i = 0; i < 4; ++i) {
    const auto c = static_cast<char>((type >> (8 * i)) & 0xFFu);
    name += (c >= 0x20 && c < 0x7F) ? c : '?';
  }
  return name;
}

// Where an encoder writes. Copies of a Sink write to the same place.
class Sink {
 public:
  explicit Sink(const holo_sink* sink) : sink_(sink) {
    if (!HOLO_HAS(sink, holo_sink, write) || sink->write == nullptr) {
      throw Failure(HOLO_ABI_MISMATCH, "the chunk sink is shorter than version 1.0");
    }
  }
  void write(std::uint32_t type, std::uint64_t unit, std::uint32_t part, std::uint32_t flags,
             const void* data, std::uint64_t size) const {
    holo_chunk chunk{};
    chunk.struct_size = sizeof chunk;
    chunk.type = type;
    chunk.unit = unit;
    chunk.part = part;
    chunk.flags = flags;
    chunk.size = size;
    holo_error error = detail::empty_error();
    detail::check_status(sink_->write(sink_->ctx, &chunk, data, &error), error,
                         "the chunk could not be written");
  }
  // Anything with data() and size(): a vector, an array, a span, a string.
  template <class Bytes>
  void write(std::uint32_t type, std::uint64_t unit, std::uint32_t part, std::uint32_t flags,
             const Bytes& bytes) const {
    static_assert(std::is_trivially_copyable_v<std::remove_reference_t<decltype(*bytes.data())>>);
    write(type, unit, part, flags, bytes.data(), bytes.size() * sizeof(*bytes.data()));
  }

 private:
  const holo_sink* sink_;
};

// What the host remembers of a unit, copied.
struct UnitRecord {
  std::int32_t kind = 0;
  std::uint64_t index = 0;
  std::int64_t pts = 0;
  std::int64_t duration = 0;
  std::string name;
  DLDataType dtype{};
  std::vector<std::int64_t> shape;
};

// Where a decoder reads. Everything that comes out of it is hostile.
class Source {
 public:
  explicit Source(const holo_source* source) : source_(check(source)), stream_(source->stream) {}

  [[nodiscard]] std::uint32_t bitstream_version() const { return source_->bitstream_version; }
  [[nodiscard]] const Stream& stream() const { return stream_; }
  [[nodiscard]] Params params() const { return Params(source_->params); }  // the encoder's

  [[nodiscard]] std::optional<holo_chunk> find(std::uint32_t type, std::uint64_t unit,
                                               std::uint32_t part) const {
    holo_chunk chunk{};
    chunk.struct_size = sizeof chunk;
    const holo_status status = source_->find(source_->ctx, type, unit, part, &chunk);
    if (status == HOLO_NOT_FOUND) return std::nullopt;
    detail::check_status(status, detail::empty_error(), "the index could not be read");
    return chunk;
  }
  // The last unit <= `unit` from which rendering can start.
  [[nodiscard]] std::optional<std::uint64_t> find_key(std::uint64_t unit) const {
    std::uint64_t key = 0;
    const holo_status status = source_->find_key(source_->ctx, unit, &key);
    if (status == HOLO_NOT_FOUND) return std::nullopt;
    detail::check_status(status, detail::empty_error(), "the index could not be read");
    return key;
  }
  [[nodiscard]] UnitRecord unit_info(std::uint64_t unit) const {
    holo_unit_info info{};
    info.struct_size = sizeof info;
    const holo_status status = source_->unit_info(source_->ctx, unit, &info);
    if (status != HOLO_OK) {
      throw Failure(status, "the file has no unit " + std::to_string(unit), {},
                    static_cast<std::int64_t>(unit));
    }
    UnitRecord record{
        info.kind,  info.index, info.pts, info.duration, info.name != nullptr ? info.name : "",
        info.dtype, {}};
    if (info.shape != nullptr && info.ndim > 0) {
      record.shape.assign(info.shape, info.shape + info.ndim);
    }
    return record;
  }

  // Exactly `size` bytes from `offset` of the payload. Asking past the chunk's own size is
  // refused before anything is read.
  void read(const holo_chunk& chunk, std::uint64_t offset, void* data, std::uint64_t size) const {
    if (offset > chunk.size || size > chunk.size - offset) {
      throw Failure(HOLO_CORRUPT, "chunk '" + fourcc_name(chunk.type) + "' holds " +
                                      std::to_string(chunk.size) + " bytes, expected " +
                                      std::to_string(size) + " at " + std::to_string(offset));
    }
    holo_error error = detail::empty_error();
    detail::check_status(source_->read(source_->ctx, &chunk, offset, data, size, &error), error,
                         "the chunk could not be read");
  }
  // The whole payload. NOT_FOUND if there is none, CORRUPT if it is longer than `limit`.
  [[nodiscard]] std::vector<std::uint8_t> read(std::uint32_t type, std::uint64_t unit,
                                               std::uint32_t part,
                                               std::uint64_t limit = UINT64_MAX) const {
    const std::optional<holo_chunk> chunk = find(type, unit, part);
    if (!chunk) {
      throw Failure(
          HOLO_NOT_FOUND,
          "chunk '" + fourcc_name(type) + "' part " + std::to_string(part) + " is missing", {},
          unit == kSharedUnit ? -1 : static_cast<std::int64_t>(unit));
    }
    if (chunk->size > limit || chunk->size > SIZE_MAX) {
      throw Failure(HOLO_CORRUPT, "chunk '" + fourcc_name(type) + "' holds " +
                                      std::to_string(chunk->size) + " bytes, expected at most " +
                                      std::to_string(limit));
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(chunk->size));
    read(*chunk, 0, bytes.data(), bytes.size());
    return bytes;
  }

 private:
  static const holo_source* check(const holo_source* source) {
    if (!HOLO_HAS(source, holo_source, read)) {
      throw Failure(HOLO_ABI_MISMATCH, "the chunk source is shorter than version 1.0");
    }
    return source;
  }
  const holo_source* source_;
  Stream stream_;
};

}  // namespace holo
