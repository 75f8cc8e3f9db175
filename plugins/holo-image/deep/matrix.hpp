// The one heavy kernel: a matrix of 16-bit integers times a vector.
//
// Matrices are stored as pairs of rows: element (row, column) of a matrix of C columns lies at
// [(row / 2 * C + column) * 2 + row % 2]; an odd number of rows is padded with a row of zeros.
#pragma once

#include <cstdint>

namespace holo::image::deep {

// sums[c] = rounding + sum over rows of matrix(row, c) * vector[row], modulo 2^32. `columns` is a
// multiple of 16, `rows` of 2; sums are aligned to 32 bytes. Pairs of rows whose two
// factors are zero cost nothing. Every machine gives the same sums.
void multiply(const std::int16_t* matrix, int rows, int columns, const std::int16_t* vector,
              std::int32_t rounding, std::int32_t* sums);

// The same without any particular machine's instructions, for machines without them and for tests.
void multiply_portable(const std::int16_t* matrix, int rows, int columns,
                       const std::int16_t* vector, std::int32_t rounding, std::int32_t* sums);

}  // namespace holo::image::deep
