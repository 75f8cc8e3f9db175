// Cold storage of a sequence.
#include "core/host/kv_storage.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace holo::host {
namespace {

constexpr std::uint32_t kRows = HOLO_FOURCC('r', 'o', 'w', 's');
constexpr std::uint64_t kBlockRows = 256;

KvCache& cache_of(KvSequence& sequence, std::uint64_t unit) {
  const auto layer = static_cast<std::int32_t>(unit / 2);
  return unit % 2 == 0 ? sequence.keys(layer) : sequence.values(layer);
}

Error failed(holo_status status, const holo_error& error) {
  return make_error(status,
                    error.message[0] != '\0' ? error.message : "status " + std::to_string(status));
}

holo_error empty_error() {
  holo_error error{};
  error.struct_size = sizeof(error);
  return error;
}

Status store_rows(KvCache& cache, std::size_t width, const holo_sink& sink, std::uint64_t unit) {
  const std::uint64_t positions = cache.positions();
  if (positions == 0) return {};
  std::vector<float> rows(static_cast<std::size_t>(positions) * width);
  HOLO_TRY(cache.materialise(0, rows));
  holo_chunk chunk{sizeof(holo_chunk), kRows, unit, 0, 0, rows.size() * sizeof(float)};
  holo_error error = empty_error();
  const holo_status status = sink.write(sink.ctx, &chunk, rows.data(), &error);
  return status == HOLO_OK ? Status() : Status(failed(status, error));
}

Status restore_rows(KvCache& cache, const holo_source& source, std::uint64_t unit,
                    std::uint64_t positions, std::size_t width) {
  holo_chunk chunk{};
  chunk.struct_size = sizeof(chunk);
  const std::uint64_t row_bytes = width * sizeof(float);
  if (source.find(source.ctx, kRows, unit, 0, &chunk) != HOLO_OK ||
      chunk.size != positions * row_bytes) {
    return make_error(HOLO_CORRUPT, "the file holds no " + std::to_string(positions) + " rows of " +
                                        std::to_string(width) + " numbers for unit " +
                                        std::to_string(unit));
  }
  std::vector<float> block;
  for (std::uint64_t at = 0; at < positions; at += kBlockRows) {
    const std::uint64_t count = std::min(kBlockRows, positions - at);
    block.resize(static_cast<std::size_t>(count) * width);
    holo_error error = empty_error();
    const holo_status status =
        source.read(source.ctx, &chunk, at * row_bytes, block.data(), count * row_bytes, &error);
    if (status != HOLO_OK) return failed(status, error);
    if (!std::all_of(block.begin(), block.end(), [](float v) { return std::isfinite(v); })) {
      return make_error(HOLO_CORRUPT, "a row of unit " + std::to_string(unit) +
                                          " holds a value that is not finite");
    }
    HOLO_TRY(cache.append(block));
  }
  return {};
}

PatchCache* with_store(KvCache& cache) {
  auto* kept = dynamic_cast<PatchCache*>(&cache);
  return kept != nullptr && kept->has_store() ? kept : nullptr;
}

}  // namespace

Status store_caches(KvSequence& sequence, std::int32_t layers, std::size_t width,
                    const holo_sink& sink) {
  for (std::uint64_t unit = 0; unit < 2 * static_cast<std::uint64_t>(layers); ++unit) {
    KvCache& cache = cache_of(sequence, unit);
    if (!cache.keeps_rows()) {
      return make_error(HOLO_INVALID_ARG,
                        "a strategy that recomputes its rows has nothing to store; swap to another "
                        "one first, or keep the text");
    }
    PatchCache* own = with_store(cache);
    HOLO_TRY(own != nullptr ? own->store(sink, unit) : store_rows(cache, width, sink, unit));
  }
  return {};
}

Status restore_caches(KvSequence& sequence, std::int32_t layers, std::size_t width,
                      std::span<const std::int32_t> ids, const holo_source& source) {
  HOLO_TRY(sequence.tokens(0, ids));
  for (std::uint64_t unit = 0; unit < 2 * static_cast<std::uint64_t>(layers); ++unit) {
    KvCache& cache = cache_of(sequence, unit);
    PatchCache* own = with_store(cache);
    HOLO_TRY(own != nullptr ? own->restore(source, unit, ids.size())
                            : restore_rows(cache, source, unit, ids.size(), width));
  }
  return {};
}

}  // namespace holo::host
