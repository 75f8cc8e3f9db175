// Counts of pairs are kept over distinct words and updated only in the words that a merge touches.
#include "core/lm/bpe_trainer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <queue>
#include <unordered_map>

#include "core/lm/byte_bpe.hpp"
#include "core/lm/tokenizer.hpp"
#include "core/lm/word_split.hpp"

namespace holo::lm {
namespace {

constexpr std::int32_t kBytes = 256;
constexpr std::int32_t kMost = 1 << 20;
constexpr const char* kEnd = "<|endoftext|>";

using Pair = std::pair<std::int32_t, std::int32_t>;
struct PairHash {
  std::size_t operator()(const Pair& pair) const {
    return std::hash<std::uint64_t>()(std::uint64_t{static_cast<std::uint32_t>(pair.first)} << 32 |
                                      static_cast<std::uint32_t>(pair.second));
  }
};

struct Word {
  std::vector<std::int32_t> symbols;
  std::int64_t count = 0;
};
struct PairFacts {
  std::int64_t count = 0;
  std::vector<std::uint32_t> words;  // that had the pair once; some more than once, some no more
};
// What a pair's count was when it entered the queue; stale if it is another one now.
struct Entry {
  std::int64_t count;
  Pair pair;
  bool operator<(const Entry& other) const {
    return count != other.count ? count < other.count : pair > other.pair;
  }
};

class Trainer {
 public:
  explicit Trainer(std::vector<Word> words) : words_(std::move(words)) {
    for (std::uint32_t w = 0; w < words_.size(); ++w) add_word(w, words_[w].count);
    for (const auto& [pair, facts] : pairs_) queue_.push({facts.count, pair});
  }

  // The pair to merge next; false when none occurs twice.
  bool pop(Pair& best) {
    while (!queue_.empty()) {
      const Entry entry = queue_.top();
      queue_.pop();
      const auto found = pairs_.find(entry.pair);
      if (found == pairs_.end() || found->second.count != entry.count) continue;
      best = entry.pair;
      return entry.count >= 2;
    }
    return false;
  }

  void merge(const Pair& pair, std::int32_t made) {
    auto touched = std::move(pairs_[pair].words);
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    changed_.clear();
    for (const auto w : touched) {
      auto& symbols = words_[w].symbols;
      const auto first =
          std::adjacent_find(symbols.begin(), symbols.end(),
                             [&pair](auto left, auto right) { return Pair(left, right) == pair; });
      if (first == symbols.end()) continue;
      add_word(w, -words_[w].count);
      replace(symbols, pair, made);
      add_word(w, words_[w].count);
    }
    std::sort(changed_.begin(), changed_.end());
    changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
    for (const auto& other : changed_) {
      const auto found = pairs_.find(other);
      if (found->second.count > 0) {
        queue_.push({found->second.count, other});
      } else {
        pairs_.erase(found);
      }
    }
  }

 private:
  void add_word(std::uint32_t w, std::int64_t count) {
    const auto& symbols = words_[w].symbols;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const Pair pair(symbols[i], symbols[i + 1]);
      auto& facts = pairs_[pair];
      facts.count += count;
      if (count > 0 && (facts.words.empty() || facts.words.back() != w)) facts.words.push_back(w);
      changed_.push_back(pair);
    }
  }

  static void replace(std::vector<std::int32_t>& symbols, const Pair& pair, std::int32_t made) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < symbols.size(); ++kept) {
      const bool here =
          i + 1 < symbols.size() && symbols[i] == pair.first && symbols[i + 1] == pair.second;
      symbols[kept] = here ? made : symbols[i];
      i += here ? 2 : 1;
    }
    symbols.resize(kept);
  }

  std::vector<Word> words_;
  std::unordered_map<Pair, PairFacts, PairHash> pairs_;
  std::vector<Pair> changed_;
  std::priority_queue<Entry> queue_;
};

std::vector<Word> distinct_words(const std::vector<std::string_view>& texts) {
  std::unordered_map<std::string_view, std::int64_t> counts;
  for (std::string_view rest : texts) {
    while (!rest.empty()) {
      const std::size_t length = first_word(WordSplit::gpt2, rest);
      ++counts[rest.substr(0, length)];
      rest.remove_prefix(length);
    }
  }
  std::vector<Word> words;
  words.reserve(counts.size());
  for (const auto& [text, count] : counts) {
    Word word;
    for (const char byte : text) word.symbols.push_back(static_cast<std::uint8_t>(byte));
    word.count = count;
    words.push_back(std::move(word));
  }
  return words;
}

std::string spelled(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += byte_spellings()[static_cast<std::uint8_t>(byte)];
  return text;
}

}  // namespace

Result<TrainedBpe> train_bpe(const std::vector<std::string_view>& texts, std::int32_t vocabulary,
                             const std::function<bool()>& stop) {
  if (vocabulary <= kBytes || vocabulary > kMost) {
    return make_error(HOLO_INVALID_ARG, "a vocabulary of " + std::to_string(vocabulary) +
                                            " tokens; expected " + std::to_string(kBytes + 1) +
                                            " to " + std::to_string(kMost));
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto checked = check_utf8(texts[i]);
    if (!checked.ok()) return std::move(checked).error().in("text " + std::to_string(i));
  }
  TrainedBpe bpe;
  for (int byte = 0; byte < kBytes; ++byte) bpe.tokens.emplace_back(1, static_cast<char>(byte));
  std::unordered_map<std::string, std::int32_t> ids;
  Trainer trainer(distinct_words(texts));
  Pair best;
  while (static_cast<std::int32_t>(bpe.tokens.size()) < vocabulary - 1 && trainer.pop(best)) {
    if (stop && stop()) return make_error(HOLO_CANCELLED, "training the vocabulary was cancelled");
    bpe.merges.push_back(best);
    // Two ways of merging may give the same bytes: they are one token.
    const std::string bytes = bpe.tokens[static_cast<std::size_t>(best.first)] +
                              bpe.tokens[static_cast<std::size_t>(best.second)];
    const auto made = ids.emplace(bytes, static_cast<std::int32_t>(bpe.tokens.size()));
    if (made.second) bpe.tokens.push_back(bytes);
    trainer.merge(best, made.first->second);
  }
  return bpe;
}

std::string vocabulary_json(const TrainedBpe& bpe) {
  nlohmann::json vocabulary = nlohmann::json::object();
  for (std::size_t i = 0; i < bpe.tokens.size(); ++i) vocabulary[spelled(bpe.tokens[i])] = i;
  vocabulary[kEnd] = bpe.tokens.size();
  return vocabulary.dump() + "\n";
}

std::string merges_text(const TrainedBpe& bpe) {
  std::string text = "#version: 0.2\n";
  for (const auto& [left, right] : bpe.merges) {
    text += spelled(bpe.tokens[static_cast<std::size_t>(left)]) + " " +
            spelled(bpe.tokens[static_cast<std::size_t>(right)]) + "\n";
  }
  return text;
}

}  // namespace holo::lm
