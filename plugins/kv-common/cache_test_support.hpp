// Rows and chunks in memory, for the tests of these strategies.
#pragma once

#include <cstring>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

#include <holo/kv_cache.hpp>

namespace holo::kv {

// A matrix of f32 that owns its numbers.
struct TestRows {
  std::vector<float> values;
  std::int64_t width;
  TestRows(std::int64_t rows, std::int64_t columns)
      : values(static_cast<std::size_t>(rows * columns)), width(columns) {}
  [[nodiscard]] std::int64_t height() const {
    return static_cast<std::int64_t>(values.size()) / width;
  }
  [[nodiscard]] ConstMatrix view() const { return {values.data(), width, height(), width}; }
  [[nodiscard]] Matrix out() { return {values.data(), width, height(), width}; }
  float& at(std::int64_t row, std::int64_t column) {
    return values[static_cast<std::size_t>(row * width + column)];
  }
};

inline TestRows random_rows(std::int64_t rows, std::int64_t columns, unsigned seed) {
  TestRows made(rows, columns);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (float& value : made.values) value = normal(random);
  return made;
}

inline TestRows all_rows(KvCache& cache, std::int64_t columns) {
  TestRows rows(static_cast<std::int64_t>(cache.bytes().positions), columns);
  cache.materialise(0, rows.out());
  return rows;
}

// One file of chunks of part 0.
class MemoryChunks {
 public:
  MemoryChunks() {
    sink_.struct_size = sizeof(sink_);
    sink_.ctx = this;
    sink_.write = [](void* ctx, const holo_chunk* chunk, const void* data,
                     holo_error*) -> holo_status {
      const auto* bytes = static_cast<const std::uint8_t*>(data);
      static_cast<MemoryChunks*>(ctx)->chunks[chunk->unit].assign(bytes, bytes + chunk->size);
      return HOLO_OK;
    };
    stream_.struct_size = sizeof(stream_);
    stream_.kind = HOLO_KV;
    source_.struct_size = sizeof(source_);
    source_.ctx = this;
    source_.stream = &stream_;
    source_.find = [](void* ctx, std::uint32_t type, std::uint64_t unit, std::uint32_t part,
                      holo_chunk* out) -> holo_status {
      const auto& chunks = static_cast<MemoryChunks*>(ctx)->chunks;
      const auto found = chunks.find(unit);
      if (found == chunks.end()) return HOLO_NOT_FOUND;
      out->type = type;
      out->unit = unit;
      out->part = part;
      out->size = found->second.size();
      return HOLO_OK;
    };
    source_.read = [](void* ctx, const holo_chunk* chunk, std::uint64_t offset, void* data,
                      std::uint64_t size, holo_error*) -> holo_status {
      const auto& bytes = static_cast<MemoryChunks*>(ctx)->chunks.at(chunk->unit);
      if (size > 0) std::memcpy(data, bytes.data() + offset, size);
      return HOLO_OK;
    };
  }
  MemoryChunks(const MemoryChunks&) = delete;
  MemoryChunks& operator=(const MemoryChunks&) = delete;

  [[nodiscard]] Sink sink() const { return Sink(&sink_); }
  [[nodiscard]] Source source() const { return Source(&source_); }
  std::map<std::uint64_t, std::vector<std::uint8_t>> chunks;  // by unit

 private:
  holo_sink sink_{};
  holo_source source_{};
  holo_stream stream_{};
};

// Damages every byte of what `cache` stores, one after the other, and cuts it everywhere: restore
// into a cache of `make` gives rows or a Failure, and a cut never gives rows. Returns how many
// damaged copies were refused.
template <class Make>
std::size_t try_damage(const KvCache& cache, std::int64_t columns, Make&& make) {
  MemoryChunks chunks;
  cache.store(chunks.sink(), 3);
  const std::vector<std::uint8_t> whole = chunks.chunks.at(3);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const bool cut : {false, true}) {
      std::vector<std::uint8_t> bytes = whole;
      bytes[i] ^= 0xFFu;
      if (cut) bytes.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i));
      chunks.chunks[3] = bytes;
      auto other = make();
      try {
        other->restore(chunks.source(), 3);
        if (cut) throw std::logic_error("a cut cache was restored");
        (void)all_rows(*other, columns);
      } catch (const Failure&) {
        ++refused;
      }
    }
  }
  return refused;
}

}  // namespace holo::kv
