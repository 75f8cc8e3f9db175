// Byte-pair merging: the pair of lowest rank first, the leftmost among equals, until none is left.
// Sennrich, Haddow, Birch, arXiv 1508.07909.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/result.hpp"

namespace holo::lm {

class BpeMerges {
 public:
  using Ids = std::unordered_map<std::string, std::int32_t>;
  // Pairs of token texts in the order of their ranks. INVALID_ARG names a merge whose parts or
  // result `ids` does not have.
  static Result<BpeMerges> create(const std::vector<std::pair<std::string, std::string>>& merges,
                                  const Ids& ids);
  // Merges `symbols` in place, in O(n log n).
  void apply(std::vector<std::int32_t>& symbols) const;

 private:
  struct Merge {
    std::int32_t rank;
    std::int32_t result;
  };
  [[nodiscard]] const Merge* find(std::int32_t left, std::int32_t right) const;
  void apply_to_word(std::vector<std::int32_t>& symbols) const;
  void apply_to_text(std::vector<std::int32_t>& symbols) const;

  std::unordered_map<std::uint64_t, Merge> merges_;
};

}  // namespace holo::lm
