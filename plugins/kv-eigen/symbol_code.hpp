// The entropy code of coefficients: a quantiser with a dead zone and a static table for each
// component, and rANS over blocks of positions. See spec.md, "Entropy coding".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/entropy/frequency_table.hpp"

namespace holo::kv_eigen {

inline constexpr int kMaxLevel = 60;  // of a table; larger ones are escaped
inline constexpr int kLargestLevel = 30000;

// The quantiser of one component, in units of the step. A level has the sign of its coefficient:
// |level| = 0 below `zero`, else max(1, floor(|c| + rounding)); it stands for |level| - shrink_one
// if it is 1, |level| - shrink if it is more.
struct Quantizer {
  float zero = 0.5F;
  float rounding = 0.5F;
  float shrink_one = 0;
  float shrink = 0;
  [[nodiscard]] std::int16_t level(float coefficient) const;
  [[nodiscard]] float value(std::int32_t level) const;
};

// Symbols of a component with largest tabled level L: 0, +1, -1, .. +L, -L, escape.
struct ComponentCode {
  Quantizer quantizer;
  entropy::FrequencyTable table;
  [[nodiscard]] int largest() const { return (static_cast<int>(table.size()) - 2) / 2; }
};

// A code made for samples of one component, and the bits that a sample takes. `thrift` weighs bits
// against squared error when a level is chosen; 0 is plain rounding.
struct FittedCode {
  ComponentCode code;
  double bits;    // a sample
  double active;  // share of samples beyond 0.6 steps
};
FittedCode fit_code(std::span<const float> samples, double step, double thrift);

// The codes of all components, laid out for coding.
class SymbolCoder {
 public:
  SymbolCoder() = default;
  explicit SymbolCoder(std::vector<ComponentCode> codes);
  [[nodiscard]] const std::vector<ComponentCode>& codes() const { return codes_; }
  [[nodiscard]] std::uint64_t table_bytes() const;

  // `levels`: component by component, `positions` of each.
  [[nodiscard]] std::vector<std::uint8_t> encode(std::span<const std::int16_t> levels,
                                                 std::size_t positions) const;
  // Throws CORRUPT unless the bytes are exactly such a block.
  void decode(std::span<const std::uint8_t> bytes, std::size_t positions,
              std::span<std::int16_t> levels) const;

 private:
  std::vector<ComponentCode> codes_;
  std::vector<std::uint16_t> bounds_;  // cumulated frequencies of all tables, one after the other
  std::vector<std::uint32_t> first_;   // where a component's begin
  // The symbols of the first of each kCoarse slots, where the search of a slot's symbol begins.
  std::vector<std::uint8_t> hints_;
};

}  // namespace holo::kv_eigen
