// The sink refuses what the contract forbids and remembers it; the source hands out what is there.
#include "sdk/check/store.hpp"

#include <cctype>
#include <cstring>

#include <holo/error.hpp>

namespace holo_check {
namespace {

using holo::detail::record;

bool good_type(std::uint32_t type) {
  for (int i = 0; i < 4; ++i) {
    const auto c = static_cast<unsigned char>(type >> (8 * i));
    if (std::islower(c) == 0 && std::isdigit(c) == 0) return false;
  }
  return true;
}

holo_status refuse(Store& store, holo_error* error, const std::string& text) {
  if (store.violations.size() < 8) store.violations.push_back(text);
  return record(error, HOLO_INVALID_ARG, text.c_str());
}

holo_status write(void* ctx, const holo_chunk* chunk, const void* data, holo_error* error) {
  Store& store = *static_cast<Store*>(ctx);
  if (!HOLO_HAS(chunk, holo_chunk, size)) {
    return refuse(store, error, "a chunk was written with a struct_size that is too small");
  }
  const ChunkKey key{chunk->type, chunk->unit, chunk->part};
  if (!good_type(key.type)) {
    return refuse(store, error,
                  chunk_word(key) + " has a type that is not four lower-case letters or digits");
  }
  if (data == nullptr && chunk->size > 0) {
    return refuse(store, error, chunk_word(key) + " was written with size but without data");
  }
  if ((chunk->flags & ~HOLO_CHUNK_KEY) != 0) {
    return refuse(store, error, chunk_word(key) + " has unknown flags");
  }
  if (key.unit != HOLO_SHARED_UNIT && key.unit >= store.units.size()) {
    return refuse(store, error, chunk_word(key) + " belongs to a unit that was not pushed");
  }
  if (store.chunks.count(key) != 0) {
    return refuse(store, error, chunk_word(key) + " was written twice");
  }
  if (chunk->size > store.budget - store.bytes_written) {
    return record(error, HOLO_NO_MEMORY, "the chunks pass the budget of this job");
  }
  store.bytes_written += chunk->size;
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  store.chunks[key] = {chunk->flags, {bytes, bytes + chunk->size}};
  store.order.push_back(key);
  return HOLO_OK;
}

const Store& of(void* ctx) { return *static_cast<const Store*>(ctx); }

holo_status unit_info(void* ctx, std::uint64_t unit, holo_unit_info* out) {
  const Store& store = of(ctx);
  if (unit >= store.units.size()) return HOLO_NOT_FOUND;
  const StoredUnit& u = store.units[unit];
  *out = {sizeof *out,   u.kind,
          unit,          u.pts,
          u.duration,    u.name.empty() ? nullptr : u.name.c_str(),
          u.dtype,       static_cast<std::int32_t>(u.shape.size()),
          u.shape.data()};
  return HOLO_OK;
}

holo_status find(void* ctx, std::uint32_t type, std::uint64_t unit, std::uint32_t part,
                 holo_chunk* out) {
  const auto found = of(ctx).chunks.find({type, unit, part});
  if (found == of(ctx).chunks.end()) return HOLO_NOT_FOUND;
  *out = {sizeof *out, type, unit, part, found->second.flags, found->second.bytes.size()};
  return HOLO_OK;
}

holo_status find_key(void* ctx, std::uint64_t unit, std::uint64_t* out) {
  bool found = false;
  for (const auto& [key, chunk] : of(ctx).chunks) {
    if ((chunk.flags & HOLO_CHUNK_KEY) == 0 || key.unit > unit || key.unit == HOLO_SHARED_UNIT) {
      continue;
    }
    if (!found || key.unit > *out) *out = key.unit;
    found = true;
  }
  return found ? HOLO_OK : HOLO_NOT_FOUND;
}

holo_status read(void* ctx, const holo_chunk* chunk, std::uint64_t offset, void* data,
                 std::uint64_t size, holo_error* error) {
  const auto found = of(ctx).chunks.find({chunk->type, chunk->unit, chunk->part});
  if (found == of(ctx).chunks.end()) return record(error, HOLO_NOT_FOUND, "no such chunk");
  const auto& bytes = found->second.bytes;
  if (offset > bytes.size() || size > bytes.size() - offset) {
    return record(error, HOLO_INVALID_ARG, "a read past the end of a chunk");
  }
  if (size > 0) std::memcpy(data, bytes.data() + offset, size);
  return HOLO_OK;
}

}  // namespace

std::string chunk_word(const ChunkKey& key) {
  std::string name;
  for (int i = 0; i < 4; ++i) {
    const auto c = static_cast<unsigned char>(key.type >> (8 * i));
    name += std::isprint(c) != 0 ? static_cast<char>(c) : '?';
  }
  return "chunk '" + name + "' of " +
         (key.unit == HOLO_SHARED_UNIT ? "all units" : "unit " + std::to_string(key.unit)) +
         ", part " + std::to_string(key.part);
}

StoreSink::StoreSink(Store& store) : table_{sizeof table_, 0, &store, &write} {}

StoreSource::StoreSource(const Store& store) : stream_(store.stream), params_(store.params) {
  stream_.image = store.has_image ? &store.image : nullptr;
  table_ = {sizeof table_,
            store.bitstream_version,
            const_cast<Store*>(&store),
            &stream_,
            params_.get(),
            &unit_info,
            &find,
            &find_key,
            &read};
}

}  // namespace holo_check
