// How far the logits over compressed caches are from those over full ones.
#pragma once

#include "core/lm/torch/projector_codes.hpp"

namespace holo::lm {

// Windows of one length as {windows, time}.
Result<at::Tensor> window_tensor(const Windows& windows, const ModelConfig& config,
                                 const char* what);

// The full cache's answer for a batch.
struct Teacher {
  Teacher(const Network& network, const at::Tensor& ids);
  at::Tensor output;            // {batch, time, hidden}
  std::vector<LayerRows> rows;  // without gradients
};

struct Divergence {
  double value = 0;             // mean over the tokens of KL(teacher || student)
  at::Tensor surrogate;         // a scalar with its gradient, where gradients are on
  std::vector<LayerRows> rows;  // of the student
};
// The student is the network over `past`.
Divergence divergence(const Network& network, const at::Tensor& ids, const Teacher& teacher,
                      const PastRows& past);

struct HeldOutMeasure {
  float divergence = 0;
  float bits = 0;                     // a position
  std::int64_t coded_components = 0;  // of which bits is the entropy
  std::vector<double> errors;         // of the sites of all projectors in order, relative
};
HeldOutMeasure measure_held_out(const Network& network,
                                std::span<const ProjectorTensors> projectors,
                                const at::Tensor& windows, const TuneOptions& options);

}  // namespace holo::lm
