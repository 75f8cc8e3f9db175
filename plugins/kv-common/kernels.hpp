// Products of attention over stored rows, for the processor at hand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "plugins/kv-common/elements.hpp"

namespace holo::kv {

// Over one head of `count` rows, `stride` elements from row to row.
template <class Element>
struct RowProducts {
  // out[p] = query . row p
  void (*score)(const float* query, const Element* rows, std::size_t stride, std::size_t count,
                std::size_t dim, float* out);
  // out += sum over p of weights[p] * row p
  void (*mix)(const float* weights, const Element* rows, std::size_t stride, std::size_t count,
              std::size_t dim, float* out);
};

// Over one head of rows of unsigned levels of `bits` bits. Eight levels, an octet, lie in `bits`
// bytes, the first in the lowest bits. `stride` is in bytes.
struct LevelProducts {
  // out[p] = offset + query . levels of row p; query holds 8 * octets numbers
  void (*score)(const float* query, const std::uint8_t* rows, std::size_t stride, std::size_t count,
                std::size_t octets, float offset, float* out);
  // out += sum over p of (scale * level + minimum), where a group of `group` octets shares
  // scales[p * groups + g] and minima[p * groups + g], the weight being in both
  void (*mix)(const float* scales, const float* minima, std::size_t groups, std::size_t group,
              const std::uint8_t* rows, std::size_t stride, std::size_t count, std::size_t octets,
              float* out);
};

struct Kernels {
  const char* name;
  RowProducts<float> f32;
  RowProducts<Half> f16;
  RowProducts<Bfloat> bf16;
  std::array<LevelProducts, 9> levels;  // by bits: 2, 3, 4 and 8

  template <class Element>
  [[nodiscard]] const RowProducts<Element>& rows() const;
};
template <>
inline const RowProducts<float>& Kernels::rows<float>() const {
  return f32;
}
template <>
inline const RowProducts<Half>& Kernels::rows<Half>() const {
  return f16;
}
template <>
inline const RowProducts<Bfloat>& Kernels::rows<Bfloat>() const {
  return bf16;
}

const Kernels& kernels();                   // the fastest
std::vector<const Kernels*> all_kernels();  // that run here

extern const Kernels kPortableKernels;
#ifdef __x86_64__
extern const Kernels kAvx2Kernels;
#endif

}  // namespace holo::kv
