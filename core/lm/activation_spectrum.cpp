// Covariances of what flows through a model, and what their eigenvectors make of other text.
#include "core/lm/activation_spectrum.hpp"

#include <algorithm>

#include "core/lm/forward.hpp"
#include "core/lm/parallel.hpp"
#include "core/spectral/covariance.hpp"
#include "core/spectral/dimension.hpp"
#include "core/spectral/eigensystem.hpp"
#include "core/spectral/explained_variance.hpp"

namespace holo::lm {

namespace {

struct Site {
  const char* name;
  std::int32_t layer;
  spectral::CovarianceAccumulator moments;
};

// hidden 0..layers, keys 0..layers - 1, values 0..layers - 1.
struct Sites : RowObserver {
  explicit Sites(const ModelConfig& config) : layers(config.layers) {
    const auto width = static_cast<std::size_t>(config.kv_width());
    for (std::int32_t l = 0; l <= layers; ++l) {
      all.push_back(
          {"hidden", l, spectral::CovarianceAccumulator(static_cast<std::size_t>(config.hidden))});
    }
    for (const char* name : {"keys", "values"}) {
      for (std::int32_t l = 0; l < layers; ++l) {
        all.push_back({name, l, spectral::CovarianceAccumulator(width)});
      }
    }
  }
  virtual Status push(std::size_t site, std::span<const float> rows) {
    return all[site].moments.push(rows, rows.size() / all[site].moments.dimensions());
  }
  Status observe(std::int32_t layer, std::span<const float>, std::span<const float> keys,
                 std::span<const float> values) override {
    const auto first = static_cast<std::size_t>(layers + 1 + layer);
    HOLO_TRY(push(first, keys));
    return push(first + static_cast<std::size_t>(layers), values);
  }
  Status observe_hidden(std::int32_t layer, std::span<const float> rows) override {
    return push(static_cast<std::size_t>(layer), rows);
  }

  std::int32_t layers;
  std::vector<Site> all;
};

// Energy of each coefficient about the mean that the basis was fitted with.
struct HeldOut : Sites {
  HeldOut(const ModelConfig& config, const Sites& fitted, std::vector<spectral::Matrix> bases)
      : Sites(config), fit(fitted), vectors(std::move(bases)) {
    for (const Site& site : all) energy.emplace_back(site.moments.dimensions(), 0.0);
  }
  Status push(std::size_t site, std::span<const float> rows) override {
    const std::size_t width = all[site].moments.dimensions();
    const std::vector<double>& mean = fit.all[site].moments.mean();
    std::vector<double> centred(width);
    for (std::size_t at = 0; at < rows.size(); at += width) {
      for (std::size_t d = 0; d < width; ++d) {
        centred[d] = static_cast<double>(rows[at + d]) - mean[d];
      }
      for (std::size_t k = 0; k < width; ++k) {
        const std::span<const double> vector = vectors[site].row(k);
        double c = 0;
        for (std::size_t d = 0; d < width; ++d) c += vector[d] * centred[d];
        energy[site][k] += c * c;
      }
    }
    return {};
  }

  const Sites& fit;
  std::vector<spectral::Matrix> vectors;    // of each site
  std::vector<std::vector<double>> energy;  // of each site and component
};

Status run_text(const std::shared_ptr<const Model>& model, std::span<const std::int32_t> tokens,
                std::size_t window, RowObserver& observer, host::Job& job) {
  if (tokens.size() < window) {
    return make_error(HOLO_INVALID_ARG, "the text has " + std::to_string(tokens.size()) +
                                            " tokens; at least one window of " +
                                            std::to_string(window) + " is needed");
  }
  Forward forward(*model, job);
  const std::size_t windows = tokens.size() / window;
  job.begin_phase("spectrum", windows);
  for (std::size_t i = 0; i < windows; ++i) {
    HOLO_TRY(job.check_cancelled());
    job.begin_unit(i);
    HOLO_ASSIGN(Sequence sequence, Sequence::create(model, nullptr));
    const Run run{&sequence, tokens.subspan(i * window, window)};
    HOLO_TRY(forward.step({&run, 1}, LogitRows::none, &observer));
  }
  job.finish_phase();
  return {};
}

SiteSpectrum spectrum_of(const Site& site, const std::vector<double>& values) {
  SiteSpectrum result;
  result.site = site.name;
  result.layer = site.layer;
  result.samples = site.moments.samples();
  result.df = spectral::participation_ratio(values);
  result.df_corrected = spectral::participation_ratio_corrected(
      values, std::max<std::uint64_t>(1, result.samples - 1));
  result.effective_rank = spectral::effective_rank(values);
  result.k90 = spectral::k_for_variance(values, 0.90);
  result.k95 = spectral::k_for_variance(values, 0.95);
  result.k99 = spectral::k_for_variance(values, 0.99);
  result.explained_variance = spectral::explained_variance(values);
  return result;
}

}  // namespace

Result<std::vector<SiteSpectrum>> activation_spectrum(const std::shared_ptr<const Model>& model,
                                                      std::span<const std::int32_t> tokens,
                                                      std::span<const std::int32_t> held_out,
                                                      const SpectrumOptions& options,
                                                      host::Job& job) {
  const ModelConfig& config = model->config();
  const std::size_t window =
      options.window == 0 ? static_cast<std::size_t>(config.max_positions) : options.window;
  Sites fitted(config);
  HOLO_TRY(run_text(model, tokens, window, fitted, job));
  std::vector<SiteSpectrum> spectra;
  std::vector<spectral::Matrix> bases;
  for (const Site& site : fitted.all) {
    HOLO_TRY(job.check_cancelled());
    HOLO_ASSIGN(auto system, spectral::eigensystem(site.moments.covariance()));
    HOLO_ASSIGN(const auto about_zero, spectral::eigenvalues(site.moments.second_moment()));
    spectra.push_back(spectrum_of(site, system.values));
    spectra.back().df_uncentred = spectral::participation_ratio(about_zero);
    bases.push_back(std::move(system.vectors));
  }
  HeldOut judged(config, fitted, std::move(bases));
  HOLO_TRY(run_text(model, held_out, window, judged, job));
  for (std::size_t i = 0; i < spectra.size(); ++i) {
    const std::vector<double>& energy = judged.energy[i];
    double all = 0;
    for (const double each : energy) all += each;
    for (const std::size_t k : options.held_out_k) {
      double left = 0;
      for (std::size_t c = std::min(k, energy.size()); c < energy.size(); ++c) left += energy[c];
      spectra[i].held_out_error.push_back(all > 0 ? left / all : 0);
    }
  }
  return spectra;
}

}  // namespace holo::lm
