// Encoder of phi-weights: one header and some row groups for each tensor.
#pragma once

#include <holo/codec.hpp>

#include "plugins/phi-weights/phi_grid.hpp"
#include "plugins/phi-weights/tensor_header.hpp"

namespace phi_weights {

inline constexpr std::uint32_t kHeaderChunk = holo::fourcc("head");
inline constexpr std::uint32_t kRowsChunk = holo::fourcc("rows");  // part: number of the group
// Fewer elements than this are stored verbatim: they weigh nothing and often matter most.
inline constexpr std::int64_t kFewestCoded = 256;

class WeightsEncoder : public holo::Encoder {
 public:
  explicit WeightsEncoder(const holo::EncodeJob& job);
  void push(const holo::Unit& unit) override;

 private:
  holo::EncodeJob job_;
  PhiGrid grid_;
  bool entropy_;
  bool scale_per_row_;
};

}  // namespace phi_weights
