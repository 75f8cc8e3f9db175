// Windows of a text through the model, their rows to the patches.
#include "core/lm/calibrate.hpp"

#include <algorithm>
#include <string>

#include "core/host/kv_cache.hpp"
#include "core/lm/forward.hpp"
#include "core/lm/text_windows.hpp"

namespace holo::lm {

namespace {

using Patches = std::span<const std::shared_ptr<host::PatchSession>>;

// Passes rows on to every patch that has the site.
class Calibrator : public RowObserver {
 public:
  Calibrator(Patches patches, std::size_t width) : patches_(patches), width_(width) {}

  Status begin_text(std::span<const std::int32_t> ids) {
    for (const auto& patch : patches_) HOLO_TRY(patch->calibrate_tokens(ids));
    return {};
  }

  Status observe(std::int32_t layer, std::span<const float>, std::span<const float> keys,
                 std::span<const float> values) override {
    HOLO_TRY(show(&host::PatchSession::calibrate, HOLO_SITE_K, layer, keys));
    return show(&host::PatchSession::calibrate, HOLO_SITE_V, layer, values);
  }

  // As GradientSource hands them out.
  Status show_gradients(std::span<const float> blocks, std::int32_t layers) {
    const std::size_t size = blocks.size() / (2 * static_cast<std::size_t>(layers));
    for (std::int32_t slot = 0; slot < 2 * layers; ++slot) {
      HOLO_TRY(show(&host::PatchSession::calibrate_loss, slot % 2 == 0 ? HOLO_SITE_K : HOLO_SITE_V,
                    slot / 2, blocks.subspan(static_cast<std::size_t>(slot) * size, size)));
    }
    return {};
  }

 private:
  using Call = Status (host::PatchSession::*)(const host::Site&, const DLTensor&);
  Status show(Call call, std::int32_t kind, std::int32_t layer, std::span<const float> rows) {
    const host::MatrixView view(rows.data(), static_cast<std::int64_t>(rows.size() / width_),
                                static_cast<std::int64_t>(width_));
    for (const auto& patch : patches_) {
      for (const host::Site& site : patch->sites()) {
        if (site.kind != kind || site.layer != layer) continue;
        HOLO_TRY(((*patch).*call)(site, *view.get()));
      }
    }
    return {};
  }

  Patches patches_;
  std::size_t width_;
};

}  // namespace

Status calibrate(const std::shared_ptr<const Model>& model, Patches patches,
                 std::span<const std::int32_t> tokens, std::size_t window,
                 GradientSource* gradients, host::Job& job) {
  const ModelConfig& config = model->config();
  if (window == 0) window = static_cast<std::size_t>(config.max_positions);
  if (tokens.size() < window) {
    return make_error(HOLO_INVALID_ARG, "the calibration text has " +
                                            std::to_string(tokens.size()) +
                                            " tokens; at least one window of " +
                                            std::to_string(window) + " is needed");
  }
  Calibrator calibrator(patches, static_cast<std::size_t>(config.kv_width()));
  Forward forward(*model, job);
  const std::size_t windows = tokens.size() / window;
  job.begin_phase("calibrate", windows);
  for (std::size_t i = 0; i < windows; ++i) {
    HOLO_TRY(job.check_cancelled());
    job.begin_unit(i);
    const auto text = tokens.subspan(i * window, window);
    HOLO_TRY(calibrator.begin_text(text));
    HOLO_ASSIGN(Sequence sequence, Sequence::create(model, nullptr));
    const Run run{&sequence, text};
    HOLO_TRY(forward.step({&run, 1}, LogitRows::none, &calibrator));
    if (gradients == nullptr) continue;
    HOLO_ASSIGN(const auto blocks, gradients->gradients(text));
    HOLO_TRY(calibrator.show_gradients(blocks, config.layers));
  }
  for (const auto& patch : patches) HOLO_TRY(patch->fit());
  job.finish_phase();
  return {};
}

}  // namespace holo::lm
