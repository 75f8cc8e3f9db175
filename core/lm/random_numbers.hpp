// Random numbers from a counter: the same on every machine, in any order, in any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace holo::lm {

// The n-th 64 bits of the stream `seed`: the output function of SplitMix64 (Steele et al. 2014).
inline std::uint64_t random_bits(std::uint64_t seed, std::uint64_t n) {
  std::uint64_t z = seed + (n + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// In [0, 1), a multiple of 2^-53.
inline double random_uniform(std::uint64_t seed, std::uint64_t n) {
  return static_cast<double>(random_bits(seed, n) >> 11) * 0x1p-53;
}

// A stream of its own for a name: FNV-1a.
inline std::uint64_t random_stream(std::uint64_t seed, std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325u ^ seed;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return random_bits(hash, 0);
}

}  // namespace holo::lm
