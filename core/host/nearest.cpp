// Suggestions: the known word that a mistyped one was probably meant to be.
#include "core/host/nearest.hpp"

#include <algorithm>
#include <array>

namespace holo::host {
namespace {

constexpr std::size_t kLongestWord = 128;

// Damerau-Levenshtein distance (optimal string alignment): insertion, deletion, substitution and
// the swap of two neighbours cost 1 each.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, kLongestWord + 1>, 3> rows{};
  auto row = [&rows](std::size_t i) -> auto& { return rows[i % 3]; };
  for (std::size_t j = 0; j <= b.size(); ++j) row(0)[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row(i)[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = row(i - 1)[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      std::size_t best = std::min({row(i - 1)[j] + 1, row(i)[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        best = std::min(best, row(i - 2)[j - 2] + 1);
      }
      row(i)[j] = best;
    }
  }
  return row(a.size())[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > kLongestWord) return {};
  const std::size_t allowed = std::clamp<std::size_t>(word.size() / 3, 1, 3);
  std::size_t best_distance = allowed + 1;
  std::string best;
  for (const std::string& candidate : candidates) {
    if (candidate.empty() || candidate.size() > kLongestWord) continue;
    std::size_t distance = edit_distance(word, candidate);
    // A word broken off early is as good as one typing error.
    if (word.size() >= 3 && std::string_view(candidate).starts_with(word)) {
      distance = std::min<std::size_t>(distance, 1);
    }
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace holo::host
