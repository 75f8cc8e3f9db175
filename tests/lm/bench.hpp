// A small random model, the built plugins and a text, for the tests of this folder.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/host/registry.hpp"
#include "core/lm/forward.hpp"
#include "core/lm/kv_strategies.hpp"
#include "core/lm/lm_test_support.hpp"

namespace holo::lm::test {

// Opened once for the process, with a cache folder of its own.
host::Registry& registry();

using Set = std::shared_ptr<const host::PatchSet>;

struct Bench {
  explicit Bench(const ModelConfig& of, std::uint64_t seed = 7);

  KvPatches open(const std::string& kv);
  // Opened, calibrated on a random text where it is asked for, and made a set; null for none.
  Set set(const std::string& kv);
  Sequence sequence(Set set);
  // Logits of text[begin, end), in steps of `chunk`.
  std::vector<float> feed(Sequence& sequence, std::size_t begin, std::size_t end,
                          std::size_t chunk = 1);

  ModelConfig config;
  Tensors tensors;
  host::Job job;
  std::shared_ptr<const Model> model;
  std::unique_ptr<Forward> forward;
  std::vector<std::int32_t> text;  // as long as the context
};

std::vector<std::int32_t> random_text(const ModelConfig& config, std::size_t tokens, unsigned seed);
double difference(std::span<const float> a, std::span<const float> b);  // the largest
bool all_finite(std::span<const float> values);

// One of every kind of strategy; the first four are lossless.
extern const std::vector<std::string> kStrategies;
inline constexpr std::size_t kLossless = 4;

}  // namespace holo::lm::test
