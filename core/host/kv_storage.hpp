// Caches to chunks and back: unit 2 * layer holds the keys, 2 * layer + 1 the values.
#pragma once

#include <cstdint>

#include <holo/abi/host.h>

#include "core/host/kv_sequence.hpp"

namespace holo::host {

// In each strategy's own format, or where it has none as one chunk "rows" of f32, little-endian.
// INVALID_ARG for a site that keeps no rows.
Status store_caches(KvSequence& sequence, std::int32_t layers, std::size_t width,
                    const holo_sink& sink);
// Into a sequence without rows that has the same strategies. `ids` are those of its positions.
// CORRUPT if the chunks do not hold just these positions; the sequence is to be reset then.
Status restore_caches(KvSequence& sequence, std::int32_t layers, std::size_t width,
                      std::span<const std::int32_t> ids, const holo_source& source);

}  // namespace holo::host
