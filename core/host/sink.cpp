// Where an encoder's chunks go. Every rule of holo_sink is checked here.
#include "core/host/sink.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

namespace holo::host {
namespace {

std::string type_text(std::uint32_t type) {
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) {
    const char c = static_cast<char>((type >> shift) & 0xFF);
    text += c >= ' ' && c < 0x7F ? c : '?';
  }
  return "'" + text + "'";
}

bool is_plugin_type(std::uint32_t type) {
  for (int shift = 0; shift < 32; shift += 8) {
    const auto c = static_cast<char>((type >> shift) & 0xFF);
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) return false;
  }
  return true;
}

std::string unit_text(std::uint64_t unit) {
  return unit == HOLO_SHARED_UNIT ? "the shared unit" : "unit " + std::to_string(unit);
}

void copy_text(const std::string& from, char* to, std::size_t size) {
  std::size_t length = std::min(from.size(), size - 1);
  // Cut before a character, not inside one.
  while (length > 0 && length < from.size() && (from[length] & 0xC0) == 0x80) --length;
  std::memcpy(to, from.data(), length);
  to[length] = '\0';
}

}  // namespace

holo_status give_error(const Error& error, holo_error* record) noexcept {
  if (HOLO_HAS(record, holo_error, message)) {
    record->code = error.code;
    record->unit = error.unit;
    copy_text(error.param, record->param, sizeof(record->param));
    copy_text(error.message, record->message, sizeof(record->message));
  }
  return error.code;
}

struct Sink::State {
  State(ContainerWriter& container, const StreamInfo& info, std::uint64_t limit)
      : writer(container), timed(info.kind == HOLO_FRAME), budget(limit) {
    table.struct_size = sizeof(table);
    table.ctx = this;
    table.write = [](void* ctx, const holo_chunk* chunk, const void* data,
                     holo_error* error) -> holo_status {
      return static_cast<State*>(ctx)->write(chunk, data, error);
    };
  }

  ContainerWriter& writer;
  const bool timed;
  std::uint64_t budget;
  holo_sink table{};
  mutable std::mutex mutex;  // a plugin may break the rule of one thread at a time
  std::uint64_t charged = 0;
  std::uint64_t written = 0;
  std::map<std::uint64_t, UnitInfo> waiting;  // announced, no chunk so far
  std::uint64_t announced = 0;                // units 0..announced-1 may be written
  std::uint64_t current = HOLO_SHARED_UNIT;   // timed: the unit being written
  bool any_unit = false;
  Status first_failure;
  bool by_plugin = false;

  Status fail(Error error, bool plugin) {
    if (first_failure.ok()) {
      first_failure = error;
      by_plugin = plugin;
    }
    return error;
  }

  holo_status write(const holo_chunk* chunk, const void* data, holo_error* error) noexcept {
    try {
      const std::lock_guard lock(mutex);
      Status result = first_failure.ok() ? accept(chunk, data) : first_failure;
      return result.ok() ? HOLO_OK : give_error(result.error(), error);
    } catch (...) {
      return HOLO_NO_MEMORY;
    }
  }

  Status accept(const holo_chunk* chunk, const void* data) {
    if (Status legal = check(chunk, data); !legal.ok()) {
      return fail(std::move(legal).error(), true);
    }
    if (Status order = enter_unit(chunk->unit); !order.ok()) return order;
    holo_chunk copy{};
    copy.struct_size = sizeof(copy);
    copy.type = chunk->type;
    copy.unit = chunk->unit;
    copy.part = chunk->part;
    copy.flags = chunk->flags;
    copy.size = chunk->size;
    Status stored = writer.write(
        copy, {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(chunk->size)});
    if (!stored.ok()) {
      // The writer refuses a name used twice; anything else is its own trouble.
      const bool plugin = stored.error().code == HOLO_INVALID_ARG;
      return fail(std::move(stored).error(), plugin);
    }
    charged += chunk->size + kChunkCharge;
    written += chunk->size;
    return {};
  }

  Status check(const holo_chunk* chunk, const void* data) const {
    if (!HOLO_HAS(chunk, holo_chunk, size)) {
      return make_error(HOLO_INVALID_ARG,
                        "a chunk was written whose struct_size is too small, expected at least " +
                            std::to_string(sizeof(holo_chunk)));
    }
    const std::string name = "chunk " + type_text(chunk->type) + " of " + unit_text(chunk->unit) +
                             ", part " + std::to_string(chunk->part);
    if (!is_plugin_type(chunk->type)) {
      return make_error(HOLO_INVALID_ARG,
                        name + ": a plugin's types are four lower-case letters or digits");
    }
    if (data == nullptr && chunk->size > 0) {
      return make_error(HOLO_INVALID_ARG, name + ": data is NULL");
    }
    if ((chunk->flags & ~HOLO_CHUNK_KEY) != 0) {
      return make_error(HOLO_INVALID_ARG, name + ": unknown flags " + std::to_string(chunk->flags));
    }
    if (chunk->unit != HOLO_SHARED_UNIT && chunk->unit >= announced) {
      return make_error(HOLO_INVALID_ARG, name + ": only " + std::to_string(announced) +
                                              " units have been pushed so far");
    }
    const std::uint64_t left = budget - std::min(budget, charged);
    if (left < kChunkCharge || chunk->size > left - kChunkCharge) {
      return make_error(HOLO_NO_MEMORY,
                        name + " of " + std::to_string(chunk->size) + " bytes passes the limit: " +
                            std::to_string(written) + " bytes are written, the job allows " +
                            std::to_string(budget) + "; the codec expands its input far too much");
    }
    return {};
  }

  // Timed media: shared chunks before all, then one unit at a time.
  Status enter_unit(std::uint64_t unit) {
    if (unit == HOLO_SHARED_UNIT) {
      if (!timed || !any_unit) return {};
      return fail(make_error(HOLO_INVALID_ARG,
                             "a shared chunk was written after the chunks of a unit; in timed "
                             "media shared chunks come before all"),
                  true);
    }
    if (timed && any_unit && unit != current && !waiting.contains(unit)) {
      return fail(make_error(HOLO_INVALID_ARG,
                             "a chunk of " + unit_text(unit) + " was written after those of " +
                                 unit_text(current) +
                                 "; in timed media the chunks of a unit are written together"),
                  true);
    }
    any_unit = true;
    current = unit;
    const auto waits = waiting.find(unit);
    if (waits == waiting.end()) return {};
    Status begun = writer.begin_unit(waits->second);
    waiting.erase(waits);
    return begun.ok() ? begun : fail(std::move(begun).error(), false);
  }
};

Sink::Sink(ContainerWriter& writer, const StreamInfo& stream, std::uint64_t budget)
    : state_(std::make_unique<State>(writer, stream, budget)) {}
Sink::~Sink() = default;

const holo_sink* Sink::view() const { return &state_->table; }

void Sink::allow(std::uint64_t bytes) {
  const std::lock_guard lock(state_->mutex);
  state_->budget += std::min(bytes, ~std::uint64_t{0} - state_->budget);
}

Status Sink::announce(const UnitInfo& info) {
  const std::lock_guard lock(state_->mutex);
  state_->announced = info.index + 1;
  // Frames are announced with their first chunk, in decoding order; all else when it arrives.
  if (state_->timed) {
    state_->waiting.emplace(info.index, info);
    return {};
  }
  Status begun = state_->writer.begin_unit(info);
  return begun.ok() ? begun : state_->fail(std::move(begun).error(), false);
}

Status Sink::finish() {
  const std::lock_guard lock(state_->mutex);
  for (const auto& [index, info] : state_->waiting) {
    Status begun = state_->writer.begin_unit(info);
    if (!begun.ok()) return state_->fail(std::move(begun).error(), false);
  }
  state_->waiting.clear();
  return {};
}

Status Sink::failure() const {
  const std::lock_guard lock(state_->mutex);
  return state_->first_failure;
}
bool Sink::plugin_at_fault() const { return state_->by_plugin; }
std::uint64_t Sink::bytes_written() const {
  const std::lock_guard lock(state_->mutex);
  return state_->written;
}

}  // namespace holo::host
