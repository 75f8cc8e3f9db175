// The trained model: block classes of four sizes with predictors and bases, what their coefficients
// are expected to be, the states that contexts start in, and the post filter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "plugins/holo-image/deep/ring.hpp"

namespace holo::image::deep {

// Which model a tile was coded with; written into every tile.
inline constexpr int kModelVersion = 1;

inline constexpr int kSizes = 4;  // sides 4, 8, 16, 32
inline constexpr std::array<int, kSizes> kSide = {4, 8, 16, 32};
inline constexpr std::array<int, kSizes> kClasses = {16, 32, 16, 4};
inline constexpr std::array<int, kSizes> kClassBits = {4, 5, 4, 2};
inline constexpr std::array<int, kSizes> kFirstClass = {0, 16, 48, 64};  // in tables of all classes
inline constexpr int kAllClasses = 68;
inline constexpr int kMaxPixels = kMaxSide * kMaxSide;

inline constexpr int kPredictorBits = 10;  // predictor entries are in 1/1024
inline constexpr int kBasisBits = 11;      // basis entries are in 1/2048
inline constexpr int kCosineBits = 13;     // the 32-point DCT is in 1/8192

// Bands of spatial frequency in which levels are compared between blocks, 6 x 6.
inline constexpr int kBins = 36;

struct ClassModel {
  // Matrices of multiply(): predictor from ring inputs (rows) to pixels, synthesis from
  // coefficients to pixels, analysis from pixels to coefficients. Bases of side 32 are empty.
  std::vector<std::int16_t> predictor, synthesis, analysis;
  std::vector<std::int16_t> log_magnitude;  // of coefficient k: 16 log2 of internal units
  std::vector<std::uint8_t> bin;            // of coefficient k
  std::vector<std::uint16_t> frequency;     // side 32: 32 v + u of coefficient k
  std::array<std::uint16_t, kBins> bin_count{};
  int cost = 0;  // -log2 of the share of blocks, in 1/256 bit: an encoder's first guess
};

// What a level is expected to be when its class expects magnitude m at a step s, by
// 16 log2(m / s) + kExpectedZero: in 1/16384, and as 16 log2.
inline constexpr int kExpectedZero = 160;
inline constexpr int kExpectedEntries = 320;

// An encoder's costs of levels 0..16 in 1/256 bit, by what the contexts expect: 16 log2 of the
// expected level / 8 + kCostZero.
inline constexpr int kCostBuckets = 40;
inline constexpr int kCostZero = 28;

struct FilterModel {
  static constexpr int kBands = 6;       // of the step, half an octave each
  static constexpr int kPlaneKinds = 2;  // Y; Cb and Cr
  static constexpr int kFilterClasses = 54;
  static constexpr int kTaps = 36;
  // [band][plane kind][class][tap], in 1/1024; empty: there is no filter.
  std::vector<std::int16_t> taps;
};

struct Model {
  std::array<std::vector<ClassModel>, kSizes> sizes;
  std::array<std::int16_t, 32 * 32> cosines{};  // [u][x], in 1/8192
  std::array<std::uint32_t, kExpectedEntries> expected{};
  std::array<std::int16_t, kExpectedEntries> log_expected{};
  std::array<std::array<std::array<std::uint16_t, 17>, kCostBuckets>, 2> level_cost{};
  std::vector<std::uint32_t> contexts;  // states, see mixing.hpp
  std::vector<std::int16_t> weights;    // of the mixers
  FilterModel filter;
};

// Reads a model from its file; everything that a decoder indexes with is checked.
// Errors: HOLO_CORRUPT.
[[nodiscard]] Result<std::unique_ptr<Model>> read_model(std::span<const std::uint8_t> bytes);

// The model that the plugin ships, read once per process. [any thread]
[[nodiscard]] const Model& shipped_model();
// The file that it is read from.
[[nodiscard]] std::span<const std::uint8_t> shipped_model_bytes();

}  // namespace holo::image::deep
