// Initial context states from the trained table, and the table of costs.
#include "plugins/holovid/contexts.hpp"

#include <algorithm>

#include "plugins/holovid/context_priors.hpp"

namespace holo::holovid {
namespace {
constexpr std::uint8_t kPriorAge = 3;
constexpr int kCostBits = 11;  // probabilities are rounded to this many bits for costs

std::vector<std::uint16_t> make_cost_of_one() {
  std::vector<std::uint16_t> table(1u << kCostBits);
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const std::uint32_t probability = (i << (16 - kCostBits)) + (1u << (15 - kCostBits));
    table[i] = static_cast<std::uint16_t>(entropy::bit_cost(probability, true));
  }
  return table;
}
}  // namespace

Contexts initial_contexts(bool key) {
  Contexts contexts(kContextCount);
  const auto& priors = key ? kKeyPriors : kInterPriors;
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    contexts[i] = entropy::AdaptiveBit(static_cast<std::uint16_t>(priors[i] * 256 + 128),
                                       priors[i] == 128 ? std::uint8_t{0} : kPriorAge);
  }
  return contexts;
}

void fill_costs(const Contexts& contexts, CostTable& costs) {
  static const std::vector<std::uint16_t> cost_of_one = make_cost_of_one();
  costs.resize(contexts.size());
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    const std::size_t p = std::min<std::size_t>(contexts[i].probability() >> (16 - kCostBits),
                                                cost_of_one.size() - 1);
    costs[i] = {cost_of_one[cost_of_one.size() - 1 - p], cost_of_one[p]};
  }
}

}  // namespace holo::holovid
