// Rows through projectors: coefficients, their quantisation, and rows again, differentiably.
#pragma once

#include <optional>
#include <span>

#include "core/lm/torch/network.hpp"

namespace holo::lm {

// A projector's numbers as tensors.
struct ProjectorTensors {
  ProjectorTensors(const Projector& from, std::int64_t row_width, at::Device device);

  // {components}, bool: quantised and without a limit.
  [[nodiscard]] at::Tensor entropy_coded() const { return quantised.logical_and(limits.isinf()); }

  std::vector<ProjectorSite> sites;
  at::Tensor mean;       // {width}
  at::Tensor encode;     // {width, components}
  at::Tensor decode;     // {components, width}
  at::Tensor steps;      // {components}; 1 where not quantised
  at::Tensor quantised;  // {components}, bool
  at::Tensor limits;     // {components}, infinite where any
};

// What is wrong with a set of projectors for this model.
Status check_projectors(std::span<const Projector> projectors, const ModelConfig& config);

// The rows of the projector's sites side by side, {batch, time, width}.
at::Tensor joint_rows(const ProjectorTensors& projector, std::span<const LayerRows> rows);
// Coefficients in units of their steps, within the limits.
at::Tensor analyse(const ProjectorTensors& projector, const at::Tensor& rows);
at::Tensor synthesise(const ProjectorTensors& projector, const at::Tensor& codes);

enum class Rounding { exact, straight_through, noise };
// Rounds what is to be quantised. `noise` is used by Rounding::noise.
at::Tensor round_codes(const ProjectorTensors& projector, const at::Tensor& codes,
                       Rounding rounding, std::uint64_t noise_seed);
// Bits a position of the entropy-coded components if each were normal: a bound that can be
// differentiated.
at::Tensor estimated_rate(const ProjectorTensors& projector, const at::Tensor& codes);

// Puts decoded joint rows in the places of their sites.
void spread_rows(const ProjectorTensors& projector, const at::Tensor& rows, PastRows& into);
// The mask of PastRows::exact: the current position, the first `sinks` and the `recent` before.
at::Tensor exact_positions(std::int64_t time, std::int64_t sinks, std::int64_t recent,
                           at::Device device);

}  // namespace holo::lm
