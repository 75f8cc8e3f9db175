// A tiny model of either kind with weights from a formula, and the module if this build has it.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/lm/torch_module.hpp"

namespace holo::lm::test {

inline ModelConfig tiny_config(Architecture architecture) {
  ModelConfig config;
  config.architecture = architecture;
  config.layers = 2;
  config.heads = 4;
  config.head_dim = 6;
  config.hidden = 24;
  config.kv_heads = architecture == Architecture::gpt2 ? 4 : 2;
  config.intermediate = 40;
  config.vocabulary = 29;
  config.max_positions = 16;
  config.tied_head = architecture == Architecture::gpt2;
  if (architecture == Architecture::llama) {
    config.rope.dimensions = 6;
    config.rope.inverse_frequencies = {1.0F, 0.3F, 0.05F};
  }
  return config;
}

// Numbers in -1..1 that depend on the tensor's name and the place.
inline std::vector<float> formula(const std::string& name, std::size_t count) {
  std::uint64_t state = 1469598103934665603u;
  for (const char letter : name)
    state = (state ^ static_cast<unsigned char>(letter)) * 1099511628211u;
  std::vector<float> numbers(count);
  for (float& number : numbers) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    number = static_cast<float>(static_cast<double>(state >> 40) / double(1 << 23) - 1);
  }
  return numbers;
}

// Weights by name; norms about 1, matrices large enough that attention is far from uniform.
struct TinyWeights {
  std::map<std::string, std::vector<float>> tensors;

  Result<std::vector<float>> operator()(const std::string& name,
                                        std::span<const std::int64_t> shape) {
    std::size_t count = 1;
    for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
    std::vector<float>& numbers = tensors[name];
    if (!numbers.empty()) return numbers;
    numbers = formula(name, count);
    const bool norm = shape.size() == 1 && name.ends_with("weight");
    for (float& number : numbers) number = norm ? 1 + 0.2F * number : 0.4F * number;
    return numbers;
  }
};

}  // namespace holo::lm::test
