// What calibration found for the sites that are coded together: immutable, shared by all caches.
//
// A joint row x (the rows of all sites at one position, one after the other; keys before rotation)
// is base + e . expansion, where e = [inputs of the token, numbers of the components]: whole levels
// (coding=entropy, after Quantizer::value), codes (packed) or float16 coefficients.
#pragma once

#include <cstdint>
#include <vector>

#include <holo/chunks.hpp>

#include "plugins/kv-eigen/symbol_code.hpp"

namespace holo::kv_eigen {

struct SiteKey {
  std::int32_t kind = 0;
  std::int32_t layer = 0;
  bool operator==(const SiteKey&) const = default;
};

enum class Coding : std::uint8_t { packed = 0, entropy = 1 };

struct Basis {
  std::vector<SiteKey> sites;
  std::size_t width = 0;     // of one site's row
  std::size_t features = 0;  // inputs of a token; 0 without prediction
  std::size_t components = 0;
  Coding coding = Coding::packed;
  std::vector<float> centre;            // {joint_stride}
  std::vector<float> analysis;          // {components, joint_stride}, of x - centre - prediction
  std::vector<float> expansion;         // {depth, joint_stride}: prediction, then synthesis
  std::vector<std::uint8_t> lane_bits;  // packed: of 8 components each
  SymbolCoder symbols;                  // entropy
  // Follow from the above: see finish().
  std::vector<float> base;    // {joint_stride}
  std::size_t row_bytes = 0;  // packed: of a position

  static std::size_t lanes(std::size_t count) { return (count + 7) / 8 * 8; }
  [[nodiscard]] std::size_t joint() const { return sites.size() * width; }
  [[nodiscard]] std::size_t joint_stride() const { return lanes(joint()); }
  [[nodiscard]] std::size_t feature_stride() const { return lanes(features); }
  [[nodiscard]] std::size_t depth() const { return feature_stride() + lanes(components); }
  [[nodiscard]] std::uint64_t fixed_bytes() const;

  void finish();
  // Coefficients {count, components} of rows {count, joint_stride}, given their token inputs
  // {count, feature_stride}.
  [[nodiscard]] std::vector<float> coefficients(const float* rows, const float* inputs,
                                                std::size_t count) const;

  // Chunks `base`, part `part`. Loading throws CORRUPT for anything that is not such a basis of the
  // sites, the width and the features that *this has.
  void save(const Sink& sink, std::uint32_t part) const;
  void load(const Source& source, std::uint32_t part);
};

// Rounds each row to float16 multiples of a factor of the row, as it is saved.
void round_rows(std::vector<float>& rows, std::size_t length);

}  // namespace holo::kv_eigen
