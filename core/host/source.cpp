// Where a decoder's bytes come from. Thread-safe; what it lends lives until the thread's next call.
#include "core/host/source.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "core/host/sink.hpp"

namespace holo::host {
namespace {

// Fills a struct that the plugin has allocated: its struct_size says how much of it there is. Zero
// means the size of ABI 1.0, for callers that leave the field to the filler.
template <class T>
bool fill(T* out, T value, std::size_t first_size) {
  if (out == nullptr) return false;
  const std::size_t room = out->struct_size == 0 ? first_size : out->struct_size;
  if (room < first_size) return false;
  const std::size_t size = std::min(room, sizeof(T));
  value.struct_size = static_cast<std::uint32_t>(size);
  std::memcpy(out, &value, size);
  return true;
}

constexpr std::size_t kUnitInfoSize = offsetof(holo_unit_info, shape) + sizeof(void*);
constexpr std::size_t kChunkSize = offsetof(holo_chunk, size) + sizeof(std::uint64_t);

// Upper-case types are the host's own: a plugin does not see them.
bool is_host_type(std::uint32_t type) {
  for (int shift = 0; shift < 32; shift += 8) {
    const auto c = static_cast<char>((type >> shift) & 0xFF);
    if (c >= 'A' && c <= 'Z') return true;
  }
  return false;
}

}  // namespace

struct Source::State {
  explicit State(ContainerReader& container)
      : reader(container), stream(container.header().stream.view()) {
    table.struct_size = sizeof(table);
    table.bitstream_version = reader.header().bitstream_version;
    table.ctx = this;
    table.stream = &stream;
    table.params = &reader.header().params.view();
    table.unit_info = [](void* ctx, std::uint64_t unit, holo_unit_info* out) {
      return guarded([&] { return self(ctx).unit_info(unit, out); });
    };
    table.find = [](void* ctx, std::uint32_t type, std::uint64_t unit, std::uint32_t part,
                    holo_chunk* out) {
      return guarded([&] { return self(ctx).find(type, unit, part, out); });
    };
    table.find_key = [](void* ctx, std::uint64_t unit, std::uint64_t* out) {
      return guarded([&] { return self(ctx).find_key(unit, out); });
    };
    table.read = [](void* ctx, const holo_chunk* chunk, std::uint64_t offset, void* data,
                    std::uint64_t size, holo_error* error) {
      return guarded([&] { return self(ctx).read(chunk, offset, data, size, error); });
    };
  }

  static State& self(void* ctx) { return *static_cast<State*>(ctx); }

  // No exception of the host, such as bad_alloc, may reach the plugin.
  template <class Body>
  static holo_status guarded(Body&& body) noexcept {
    try {
      return body();
    } catch (...) {
      return HOLO_NO_MEMORY;
    }
  }

  holo_status unit_info(std::uint64_t unit, holo_unit_info* out) {
    auto info = reader.unit_info(unit);
    if (!info.ok()) return info.error().code;
    const UnitInfo* lent = nullptr;
    {
      const std::lock_guard lock(mutex);
      UnitInfo& mine = lent_infos[std::this_thread::get_id()];
      mine = std::move(info).value();
      lent = &mine;  // only this thread ever writes it
    }
    return fill(out, lent->view(), kUnitInfoSize) ? HOLO_OK : HOLO_INVALID_ARG;
  }

  holo_status find(std::uint32_t type, std::uint64_t unit, std::uint32_t part, holo_chunk* out) {
    if (is_host_type(type)) return HOLO_NOT_FOUND;
    auto entry = reader.find(type, unit, part);
    if (!entry.ok()) return entry.error().code;
    return fill(out, entry->chunk, kChunkSize) ? HOLO_OK : HOLO_INVALID_ARG;
  }

  holo_status find_key(std::uint64_t unit, std::uint64_t* out) {
    auto key = reader.find_key(unit);
    if (!key.ok()) return key.error().code;
    if (out == nullptr) return HOLO_INVALID_ARG;
    *out = *key;
    return HOLO_OK;
  }

  holo_status read(const holo_chunk* chunk, std::uint64_t offset, void* data, std::uint64_t size,
                   holo_error* error) {
    if (!HOLO_HAS(chunk, holo_chunk, size) || (data == nullptr && size > 0) ||
        is_host_type(chunk->type)) {
      return give_error(make_error(HOLO_INVALID_ARG,
                                   "read: expected a chunk that find gave and a place for the "
                                   "bytes"),
                        error);
    }
    Status done = reader.read(*chunk, offset,
                              {static_cast<std::uint8_t*>(data), static_cast<std::size_t>(size)});
    return done.ok() ? HOLO_OK : give_error(done.error(), error);
  }

  ContainerReader& reader;
  const holo_stream stream;
  holo_source table{};
  std::mutex mutex;
  std::map<std::thread::id, UnitInfo> lent_infos;
};

Source::Source(ContainerReader& reader) : state_(std::make_unique<State>(reader)) {}
Source::~Source() = default;
const holo_source* Source::view() const { return &state_->table; }

}  // namespace holo::host
