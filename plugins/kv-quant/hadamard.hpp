// The Hadamard rotation of a head: it spreads outliers over all numbers of the head, so that a
// group needs a smaller range. Its own inverse.
#pragma once

#include <cstddef>

namespace holo::kv {

// Rotates each of `heads` heads in place, in blocks of the largest power of two, up to 256, that
// divides head_dim.
void rotate_heads(float* row, std::size_t heads, std::size_t head_dim);

}  // namespace holo::kv
