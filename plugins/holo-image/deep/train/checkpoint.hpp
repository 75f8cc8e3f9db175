// What training has found so far as bytes, to go on from after an interruption.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "plugins/holo-image/deep/train/model_writer.hpp"

namespace holo::image::deep {

struct Progress {
  int stage = 0;  // the next to run
  TrainedModel model;
};

[[nodiscard]] std::vector<std::uint8_t> save_progress(const Progress& progress);
// Nothing if the bytes are damaged or not of this build's shape.
[[nodiscard]] std::optional<Progress> load_progress(std::span<const std::uint8_t> bytes);

}  // namespace holo::image::deep
