// Kernels for any machine: four lanes, which SSE2 and NEON have.
#include "core/lm/kernels_sets.hpp"
#include "core/spectral/half_float.hpp"

namespace holo::lm {
namespace {

constexpr std::size_t kLanes = 4;
constexpr std::size_t kTileRows = 3;  // with 4 vectors a row, within 16 registers
using Vector = float __attribute__((vector_size(16)));
using IntVector = std::int32_t __attribute__((vector_size(16)));

inline Vector fma(Vector a, Vector b, Vector c) { return a * b + c; }
inline float sum(Vector v) { return (v[0] + v[2]) + (v[1] + v[3]); }
// The exponent's bias differs by 112; a product moves it, and makes subnormals normal.
inline Vector load_half(const std::uint16_t* p) {
  using Halves = std::uint16_t __attribute__((vector_size(8)));
  Halves halves;
  __builtin_memcpy(&halves, p, sizeof(halves));
  const IntVector bits = __builtin_convertvector(halves, IntVector);
  const IntVector magnitude = (bits & 0x7FFF) << 13;
  const IntVector finite = (IntVector)((Vector)magnitude * 0x1p112F);
  const IntVector value = (bits & 0x7C00) == 0x7C00 ? magnitude | 0x7F800000 : finite;
  return (Vector)(value | (bits & 0x8000) << 16);
}
inline void store_half(std::uint16_t* p, Vector v) {
  for (std::size_t i = 0; i < kLanes; ++i) p[i] = spectral::float_to_half(v[i]);
}

}  // namespace

#include "core/lm/kernels_body.hpp"

const Kernels kPortableKernels = table_of("portable");
}  // namespace holo::lm
