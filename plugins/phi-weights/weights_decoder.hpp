// Decoder of phi-weights: any rows of any tensor, reading only the groups that hold them.
#pragma once

#include <holo/codec.hpp>

namespace phi_weights {

class WeightsDecoder : public holo::Decoder {
 public:
  explicit WeightsDecoder(const holo::DecodeJob& job) : job_(job) {}
  void render(const holo::RenderRequest& request, const holo::Unit& out) override;
  // bits_per_weight, relative_rms_error, snr_db, compression_vs_f32 and what stands behind them.
  void inspect(const holo::Figures& figures) override;

 private:
  holo::DecodeJob job_;
};

}  // namespace phi_weights
