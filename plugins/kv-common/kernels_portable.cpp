// Kernels for every processor.
#include <cstring>

#include "plugins/kv-common/kernels.hpp"

namespace holo::kv {
namespace {

constexpr std::size_t kOctet = 8;
struct Vector {
  float lanes[kOctet];
};

template <class Make>
inline Vector each(Make&& make) {
  Vector v;
  for (std::size_t i = 0; i < kOctet; ++i) v.lanes[i] = make(i);
  return v;
}
inline Vector fma(const Vector& a, const Vector& b, const Vector& c) {
  return each([&](std::size_t i) { return a.lanes[i] * b.lanes[i] + c.lanes[i]; });
}
inline Vector add(const Vector& a, const Vector& b) {
  return each([&](std::size_t i) { return a.lanes[i] + b.lanes[i]; });
}
inline float sum(const Vector& v) {
  const float* l = v.lanes;
  return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
}
inline Vector broadcast(float value) {
  return each([&](std::size_t) { return value; });
}
template <class Element>
inline Vector load(const Element* p) {
  return each([&](std::size_t i) { return to_float(p[i]); });
}
inline void store(float* p, const Vector& v) { std::memcpy(p, v.lanes, sizeof(v.lanes)); }
template <int kBits>
inline Vector load_levels(const std::uint8_t* p) {
  std::uint64_t word = 0;
  for (int i = 0; i < kBits; ++i) word |= std::uint64_t{p[i]} << (8 * i);
  return each([&](std::size_t i) {
    return static_cast<float>((word >> (i * kBits)) & ((std::uint64_t{1} << kBits) - 1));
  });
}

#include "plugins/kv-common/kernels_body.hpp"

}  // namespace

const Kernels kPortableKernels = table_of("portable");

}  // namespace holo::kv
