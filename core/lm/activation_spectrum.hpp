// How many dimensions a model's activations fill: residual stream, keys and values of every layer.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/host/job.hpp"
#include "core/lm/model.hpp"

namespace holo::lm {

struct SiteSpectrum {
  std::string site;        // "hidden", "keys", "values"
  std::int32_t layer = 0;  // hidden: before this layer; layers = after the last
  std::uint64_t samples = 0;
  double df = 0;            // participation ratio of the covariance
  double df_corrected = 0;  // freed of the bias of finite samples
  double df_uncentred = 0;  // of the second moment about zero, as the notes may have meant it
  double effective_rank = 0;
  std::size_t k90 = 0, k95 = 0, k99 = 0;
  std::vector<double> explained_variance;  // C(1)..C(n)
  // |x - x_k|^2 / |x - mean|^2 of rows that the basis has not seen, for each k of `held_out_k`.
  std::vector<double> held_out_error;
};

struct SpectrumOptions {
  std::size_t window = 0;  // 0: the model's context
  std::vector<std::size_t> held_out_k = {9, 50, 100, 150, 200};
};

// Fits on `tokens`, judges on `held_out`. Keys as the cache gets them. INVALID_ARG for texts of
// less than a window.
Result<std::vector<SiteSpectrum>> activation_spectrum(const std::shared_ptr<const Model>& model,
                                                      std::span<const std::int32_t> tokens,
                                                      std::span<const std::int32_t> held_out,
                                                      const SpectrumOptions& options,
                                                      host::Job& job);

}  // namespace holo::lm
