// The two products of attention over rows in memory, and the error for a row that is not there.
#pragma once

#include <span>

#include "core/host/kv_cache.hpp"

namespace holo::host {

// scores {heads, positions} = query {heads, head_dim} . rows, unscaled.
void score_rows(const KvShape& shape, std::span<const float> rows, std::span<const float> query,
                std::span<float> scores);
// out {heads, head_dim} = weights {heads, positions} . rows.
void mix_rows(const KvShape& shape, std::span<const float> rows, std::span<const float> weights,
              std::span<float> out);
Error past_end(std::uint64_t end, std::uint64_t positions);

}  // namespace holo::host
