#include "core/lm/bpe_merges.hpp"

#include <queue>

namespace holo::lm {
namespace {

// Below this the plain loop over all pairs beats a queue.
constexpr std::size_t kShortWord = 24;

std::uint64_t key(std::int32_t left, std::int32_t right) {
  return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
}

// A pair that may merge; stale once one of its symbols has.
struct Candidate {
  std::int32_t rank;
  std::size_t left;
  std::size_t right;
  std::int32_t left_id;
  std::int32_t right_id;
  std::int32_t result;
  bool operator>(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : left > other.left;
  }
};

constexpr std::size_t kNone = static_cast<std::size_t>(-1);
struct Link {
  std::size_t previous;
  std::size_t next;
};

}  // namespace

Result<BpeMerges> BpeMerges::create(const std::vector<std::pair<std::string, std::string>>& merges,
                                    const Ids& ids) {
  BpeMerges made;
  made.merges_.reserve(merges.size());
  std::int32_t rank = 0;
  for (const auto& [left, right] : merges) {
    const auto a = ids.find(left);
    const auto b = ids.find(right);
    const auto both = ids.find(left + right);
    if (a == ids.end() || b == ids.end() || both == ids.end()) {
      const std::string& missing = a == ids.end() ? left : b == ids.end() ? right : left + right;
      return make_error(HOLO_INVALID_ARG,
                        "merge " + std::to_string(rank) + ", '" + left.substr(0, 40) + "' with '" +
                            right.substr(0, 40) + "', needs the token '" + missing.substr(0, 80) +
                            "', which the vocabulary does not have");
    }
    made.merges_.emplace(key(a->second, b->second), Merge{rank++, both->second});
  }
  return made;
}

const BpeMerges::Merge* BpeMerges::find(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void BpeMerges::apply(std::vector<std::int32_t>& symbols) const {
  if (symbols.size() <= kShortWord) return apply_to_word(symbols);
  apply_to_text(symbols);
}

void BpeMerges::apply_to_word(std::vector<std::int32_t>& symbols) const {
  while (symbols.size() > 1) {
    const Merge* best = nullptr;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const Merge* merge = find(symbols[i], symbols[i + 1]);
      if (merge == nullptr || (best != nullptr && merge->rank >= best->rank)) continue;
      best = merge;
      place = i;
    }
    if (best == nullptr) return;
    symbols[place] = best->result;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

void BpeMerges::apply_to_text(std::vector<std::int32_t>& symbols) const {
  std::vector<Link> links(symbols.size());
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto consider = [&](std::size_t left, std::size_t right) {
    if (left == kNone || right == kNone) return;
    const Merge* merge = find(symbols[left], symbols[right]);
    if (merge == nullptr) return;
    queue.push({merge->rank, left, right, symbols[left], symbols[right], merge->result});
  };
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    links[i] = {i == 0 ? kNone : i - 1, i + 1 == symbols.size() ? kNone : i + 1};
    consider(i, links[i].next);
  }
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    // A merged symbol is -1, so an id tells whether the pair still stands.
    if (symbols[best.left] != best.left_id || symbols[best.right] != best.right_id ||
        links[best.left].next != best.right) {
      continue;
    }
    symbols[best.left] = best.result;
    symbols[best.right] = -1;
    const std::size_t next = links[best.right].next;
    links[best.left].next = next;
    if (next != kNone) links[next].previous = best.left;
    consider(links[best.left].previous, best.left);
    consider(best.left, next);
  }
  std::erase(symbols, -1);
}

}  // namespace holo::lm
