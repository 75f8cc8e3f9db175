// The two architectures once more, in plain double precision loops, for the tests of the module.
#pragma once

#include <span>
#include <vector>

#include "core/lm/torch_test_support.hpp"

namespace holo::lm::test {

struct ReferenceResult {
  std::vector<std::vector<double>> rows;    // 2 * layers of {ids, kv_width}, keys before rotation
  std::vector<std::vector<double>> hidden;  // layers + 1
  std::vector<double> logits;               // {ids, vocabulary}
};
// `change` is added to row blocks (site * ids * kv_width + ...): for finite differences. May be
// empty.
ReferenceResult reference_forward(const ModelConfig& config, TinyWeights& weights,
                                  std::span<const std::int32_t> ids,
                                  std::span<const double> change);
// Cross-entropy of the next tokens, summed.
double reference_loss(const ModelConfig& config, const ReferenceResult& result,
                      std::span<const std::int32_t> ids);

}  // namespace holo::lm::test
