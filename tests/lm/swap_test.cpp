// Any strategy to any other in the middle of a text.
#include <malloc.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "tests/lm/bench.hpp"
#include "tests/lm/watched_patch.hpp"

using namespace holo;
using namespace holo::lm;
using namespace holo::lm::test;

namespace {

std::vector<Set> all_sets(Bench& b) {
  std::vector<Set> sets;
  for (const std::string& kv : kStrategies) sets.push_back(b.set(kv));
  return sets;
}

void adopt(Sequence& s, const Set& set) {
  const auto swap = s.adopt(set);
  if (!swap) FAIL(swap.error().message);
}

}  // namespace

TEST_CASE("f32 rows of a plugin give the very logits of no strategy", "[kv][swap]") {
  for (const auto& config : {small_gpt2(), small_llama()}) {
    Bench b(config);
    for (const std::size_t chunk : {1u, 3u, 8u, 40u}) {
      Sequence plain = b.sequence(nullptr);
      Sequence full = b.sequence(b.set("kv-full:precision=f32"));
      Sequence keys = b.sequence(b.set("k=kv-full:precision=f32;layers=1"));
      const auto expected = b.feed(plain, 0, 80, chunk);
      CHECK(difference(b.feed(full, 0, 80, chunk), expected) == 0);
      CHECK(difference(b.feed(keys, 0, 80, chunk), expected) == 0);
    }
  }
}

TEST_CASE("strategies swap in every order in one text", "[kv][swap]") {
  for (const auto& config : {small_gpt2(), small_llama()}) {
    Bench b(config);
    const auto sets = all_sets(b);
    Sequence plain = b.sequence(nullptr);
    const auto expected = b.feed(plain, 0, 45);
    const auto largest = [](std::span<const float> logits) {
      double most = 0;
      for (const float v : logits) most = std::max(most, std::abs(static_cast<double>(v)));
      return most;
    };
    const double scale = largest(expected);
    for (std::size_t from = 0; from < sets.size(); ++from) {
      for (std::size_t to = 0; to < sets.size(); ++to) {
        INFO(kStrategies[from] << " to " << kStrategies[to]);
        Sequence s = b.sequence(sets[from]);
        auto logits = b.feed(s, 0, 25);
        CHECK(s.positions() == 25);
        adopt(s, sets[to]);
        CHECK(s.tokens().size() == 25);
        const auto rest = b.feed(s, 25, 45);
        CHECK(s.positions() == 45);
        CHECK(s.tokens().size() == 45);
        CHECK(std::equal(s.tokens().begin(), s.tokens().end(), b.text.begin()));
        logits.insert(logits.end(), rest.begin(), rest.end());
        REQUIRE(all_finite(logits));
        CHECK(largest(logits) < 3 * scale);
        const auto bytes = s.bytes();
        REQUIRE(bytes.ok());
        CHECK(bytes->positions == 45);
        if (from < 2 && to < 2) CHECK(difference(logits, expected) == 0);
        if (from < kLossless && to < kLossless) CHECK(difference(logits, expected) < 1e-4);
        // What nearly keeps all stays near.
        const auto near = [](std::size_t i) {
          return i < kLossless || kStrategies[i] == "kv-full:precision=f16" ||
                 kStrategies[i].starts_with("kv-quant:bits=8");
        };
        if (near(from) && near(to)) CHECK(difference(logits, expected) < 0.05 * scale);
      }
    }
  }
}

TEST_CASE("a hundred swaps in one text leave nothing behind", "[kv][swap]") {
  Bench b(small_llama());
  Watch watch;
  auto sets = all_sets(b);
  sets.push_back(*host::PatchSet::create({watched_patch(*b.model, watch)}));
  sets.push_back(*host::PatchSet::create({watched_patch(*b.model, watch, 1)}));
  CHECK(watch.active == 2);
  const auto text_of_many_swaps = [&] {
    Sequence s = b.sequence(nullptr);
    for (std::size_t i = 0; i < 100; ++i) {
      adopt(s, sets[i * 5 % sets.size()]);
      if (i % 2 == 0) CHECK(all_finite(b.feed(s, i / 2, i / 2 + 1)));
      const std::size_t used = i * 5 % sets.size();
      CHECK(watch.caches == (used == sets.size() - 2 ? 4 : used == sets.size() - 1 ? 2 : 0));
    }
    CHECK(s.positions() == 50);
    adopt(s, nullptr);
    b.feed(s, 50, 51);
    const auto bytes = s.bytes();
    REQUIRE(bytes.ok());
    CHECK(bytes->payload == 51u * 2 * 2 * 40 * sizeof(float));
    CHECK(bytes->fixed == 0);
  };
  text_of_many_swaps();
  const std::uint64_t held = b.job.memory_held();
  const auto before = mallinfo2().uordblks;
  for (int i = 0; i < 3; ++i) text_of_many_swaps();
  CHECK(b.job.memory_held() == held);
  // Sanitizers do not count; they find leaks on their own.
  CHECK(mallinfo2().uordblks < before + 65536);
  CHECK(watch.caches == 0);
  std::vector<std::weak_ptr<const host::PatchSet>> left(sets.begin(), sets.end());
  sets.clear();
  for (const auto& set : left) CHECK(set.expired());
  CHECK(watch.active == 0);
  CHECK(watch.patches == 0);
}
