#include "core/lm/torch/adamw.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace holo::lm {

namespace {

constexpr double kFirst = 0.9;
constexpr double kSecond = 0.95;
constexpr double kEpsilon = 1e-8;

}  // namespace

double learning_rate(const RunOptions& options, std::int64_t step) {
  const auto warm_up = std::min(options.warm_up_steps, options.steps);
  if (step < warm_up) {
    return options.learning_rate * static_cast<double>(step + 1) / static_cast<double>(warm_up);
  }
  const double span = static_cast<double>(std::max<std::int64_t>(1, options.steps - warm_up));
  const double part = static_cast<double>(step - warm_up) / span;
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * part));
  return options.learning_rate * (options.final_rate + (1 - options.final_rate) * cosine);
}

NamedTensor to_named(const at::Tensor& tensor) { return {tensor.sizes().vec(), to_vector(tensor)}; }

Status copy_named(const NamedTensors& from, const std::string& name, at::Tensor& into) {
  const auto found = from.find(name);
  if (found == from.end()) {
    return make_error(HOLO_NOT_FOUND, "the checkpoint has no tensor " + name +
                                          "; it belongs to another run: begin anew without it");
  }
  if (found->second.shape != into.sizes().vec() ||
      static_cast<std::int64_t>(found->second.data.size()) != into.numel()) {
    return make_error(HOLO_INVALID_ARG, "the tensor " + name +
                                            " of the checkpoint has another shape than this run's; "
                                            "use the options that it was made with");
  }
  const at::NoGradGuard guard;
  into.copy_(to_tensor(found->second.data, found->second.shape, into.device()));
  return {};
}

AdamW::AdamW(std::map<std::string, at::Tensor> parameters, double weight_decay, double clip)
    : weight_decay_(weight_decay), clip_(clip) {
  for (auto& [name, parameter] : parameters) {
    slots_[name] = {parameter, at::zeros_like(parameter), at::zeros_like(parameter)};
  }
}

void AdamW::clip_gradients() {
  if (clip_ <= 0) return;
  std::vector<at::Tensor> squares;
  for (const auto& [name, slot] : slots_) squares.push_back(slot.parameter.grad().pow(2).sum());
  const double norm = at::stack(squares).sum().sqrt().item<double>();
  if (norm <= clip_) return;
  for (auto& [name, slot] : slots_) slot.parameter.mutable_grad().mul_(clip_ / norm);
}

void AdamW::step(double rate, std::int64_t step) {
  const at::NoGradGuard guard;
  clip_gradients();
  const double first_bias = 1 - std::pow(kFirst, static_cast<double>(step + 1));
  const double second_bias = 1 - std::pow(kSecond, static_cast<double>(step + 1));
  for (auto& [name, slot] : slots_) {
    const at::Tensor gradient = slot.parameter.grad();
    slot.first.mul_(kFirst).add_(gradient, 1 - kFirst);
    slot.second.mul_(kSecond).addcmul_(gradient, gradient, 1 - kSecond);
    if (slot.parameter.dim() >= 2) slot.parameter.mul_(1 - rate * weight_decay_);
    const at::Tensor spread = (slot.second / second_bias).sqrt_().add_(kEpsilon);
    slot.parameter.addcdiv_(slot.first, spread, -rate / first_bias);
    slot.parameter.mutable_grad() = at::Tensor();
  }
}

void AdamW::save(NamedTensors& out) const {
  for (const auto& [name, slot] : slots_) {
    out["weight/" + name] = to_named(slot.parameter);
    out["first/" + name] = to_named(slot.first);
    out["second/" + name] = to_named(slot.second);
  }
}

Status AdamW::load(const NamedTensors& from) {
  for (auto& [name, slot] : slots_) {
    HOLO_TRY(copy_named(from, "weight/" + name, slot.parameter));
    HOLO_TRY(copy_named(from, "first/" + name, slot.first));
    HOLO_TRY(copy_named(from, "second/" + name, slot.second));
  }
  return {};
}

}  // namespace holo::lm
