// AdamW with clipping of the joint gradient norm, and the learning rate's course.
#pragma once

#include <map>
#include <string>

#include "core/lm/torch/ops.hpp"
#include "core/lm/torch_module.hpp"

namespace holo::lm {

// Linear from 0 over the warm-up, then a cosine down to final_rate of the whole.
double learning_rate(const RunOptions& options, std::int64_t step);

class AdamW {
 public:
  // The tensors are changed in place by step(); they need gradients. Decays matrices by
  // `weight_decay`.
  AdamW(std::map<std::string, at::Tensor> parameters, double weight_decay, double clip);
  // Uses and clears the gradients.
  void step(double rate, std::int64_t step);

  // Parameters and moments, for a checkpoint: "weight/NAME", "first/NAME", "second/NAME".
  void save(NamedTensors& out) const;
  Status load(const NamedTensors& from);

 private:
  void clip_gradients();

  struct Slot {
    at::Tensor parameter;
    at::Tensor first;   // moment
    at::Tensor second;  // moment
  };
  std::map<std::string, Slot> slots_;
  double weight_decay_;
  double clip_;
};

NamedTensor to_named(const at::Tensor& tensor);
// NOT_FOUND or INVALID_ARG where `from` has no such tensor of the shape of `into`.
Status copy_named(const NamedTensors& from, const std::string& name, at::Tensor& into);

}  // namespace holo::lm
