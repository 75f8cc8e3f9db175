// The trained model that the plugin ships: block classes, each with its predictor and its basis.
#pragma once

#include <array>
#include <cstdint>

namespace holo::image::fast {

inline constexpr int kBlockSide = 8;
inline constexpr int kBlockPixels = 64;
inline constexpr int kRingSamples = 25;
inline constexpr int kRingPairs = (kRingSamples + 1) / 2;
inline constexpr int kClasses = 8;
inline constexpr int kPredictorBits = 10;  // predictor entries are in 1/1024
inline constexpr int kBasisBits = 11;      // basis entries are in 1/2048

// Every entry lies in -2048..2047, those of the basis in -2047..2047.
struct BlockClass {
  using Pair = std::array<std::int16_t, 2>;

  // predictor[r][i]: what ring sample r adds to pixel i, both less the mean of the ring.
  alignas(32) std::array<std::array<std::int16_t, kBlockPixels>, kRingSamples> predictor;
  // basis[k][i]: pixel i of basis picture k; the rows are orthonormal up to rounding, those that
  // carry most energy first.
  alignas(32) std::array<std::array<std::int16_t, kBlockPixels>, kBlockPixels> basis;

  // The same numbers two by two, as vector units multiply and add them.
  // ring_pairs[j][i]: predictor[2 j][i] and predictor[2 j + 1][i]; 0 past the last.
  alignas(32) std::array<std::array<Pair, kBlockPixels>, kRingPairs> ring_pairs;
  // pixel_pairs[j][k]: basis[k][2 j] and basis[k][2 j + 1].
  alignas(32) std::array<std::array<Pair, kBlockPixels>, kBlockPixels / 2> pixel_pairs;
};

using Model = std::array<BlockClass, kClasses>;

// Unpacked from the shipped table once per process. [any thread]
const Model& model();

}  // namespace holo::image::fast
