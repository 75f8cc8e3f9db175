// A second forward pass, for tests: the formulas of the papers in double precision, one token at a
// time, with nothing in common with the runtime but the names of the tensors.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/lm/model.hpp"

namespace holo::lm::test {

// Random tensors of a model, remembered by name.
class Tensors {
 public:
  explicit Tensors(std::uint64_t seed) : seed_(seed) {}
  [[nodiscard]] TensorSource source();
  [[nodiscard]] const std::vector<float>& at(const std::string& name) const;
  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
  // Rounds every matrix to float16, as a model in half precision has it.
  void round_to_half();

 private:
  std::uint64_t seed_;
  std::map<std::string, std::vector<float>> values_;
  std::map<std::string, bool> is_matrix_;
};

ModelConfig small_gpt2();
ModelConfig small_llama();

// Logits {tokens, vocabulary}.
std::vector<double> reference_logits(const ModelConfig& config, const Tensors& tensors,
                                     std::span<const std::int32_t> tokens);

}  // namespace holo::lm::test
