// Sequences to a file and back, under every strategy.
#include "core/lm/cache_file.hpp"

#include <catch2/catch.hpp>

#include "core/media/media_test_support.hpp"
#include "tests/lm/bench.hpp"
#include "tests/lm/files.hpp"

using namespace holo;
using namespace holo::lm;
using namespace holo::lm::test;

namespace {

bool keeps_no_rows(const std::string& kv) { return kv.starts_with("kv-recompute"); }

void save(Sequence& s, const std::string& kv, const std::string& path) {
  const Status saved = save_cache(s, kv, path, true);
  if (!saved.ok()) FAIL(saved.error().message);
}

}  // namespace

TEST_CASE("a saved cache goes on with the same logits", "[cache_file]") {
  media::test::Folder home;
  const std::string path = home.file("cache.holo");
  for (const auto& config : {small_gpt2(), small_llama()}) {
    Bench b(config);
    auto strategies = kStrategies;
    strategies.emplace_back("k=kv-quant:bits=4,group=16;v=kv-full;layers=1");
    for (const std::string& kv : strategies) {
      INFO(kv);
      const Set set = b.set(kv);
      Sequence s = b.sequence(set);
      b.feed(s, 0, 45);
      if (keeps_no_rows(kv)) {
        const Status saved = save_cache(s, kv, path, true);
        REQUIRE_FALSE(saved.ok());
        CHECK(saved.error().code == HOLO_INVALID_ARG);
        continue;
      }
      save(s, kv, path);
      const auto named = cache_strategies(path);
      REQUIRE(named.ok());
      CHECK(*named == kv);
      auto loaded = load_cache(b.model, set, path);
      if (!loaded) FAIL(loaded.error().message);
      CHECK(std::equal(s.tokens().begin(), s.tokens().end(), loaded->tokens().begin(),
                       loaded->tokens().end()));
      const auto expected = b.feed(s, 45, 60);
      CHECK(difference(b.feed(*loaded, 45, 60), expected) < 1e-4);
      CHECK(loaded->positions() == 60);
    }
  }
}

TEST_CASE("a cache is not loaded into another model", "[cache_file]") {
  media::test::Folder home;
  const std::string path = home.file("cache.holo");
  Bench b(small_gpt2());
  Sequence s = b.sequence(nullptr);
  const Status empty = save_cache(s, "none", path, true);
  REQUIRE_FALSE(empty.ok());
  CHECK(empty.error().code == HOLO_INVALID_ARG);
  b.feed(s, 0, 5);
  save(s, "none", path);
  CHECK_FALSE(save_cache(s, "none", path, false).ok());
  Bench shape(small_llama());
  Bench weights(small_gpt2(), 8);
  for (const auto& model : {shape.model, weights.model}) {
    const auto loaded = load_cache(model, nullptr, path);
    REQUIRE_FALSE(loaded.ok());
    CHECK(loaded.error().code == HOLO_INVALID_ARG);
    CHECK_THAT(loaded.error().message, Catch::Contains("another model"));
  }
  write_file(path, "not a container at all");
  CHECK_FALSE(load_cache(b.model, nullptr, path).ok());
  CHECK_FALSE(cache_strategies(path).ok());
  CHECK_FALSE(cache_strategies(home.file("nowhere")).ok());
}

TEST_CASE("a cache under another strategy than it was saved with is refused or right",
          "[cache_file]") {
  media::test::Folder home;
  const std::string path = home.file("cache.holo");
  Bench b(small_llama());
  for (const std::string& from : kStrategies) {
    if (keeps_no_rows(from)) continue;
    Sequence s = b.sequence(b.set(from));
    b.feed(s, 0, 30);
    save(s, from, path);
    for (const std::string& to : kStrategies) {
      INFO(from << " as " << to);
      auto loaded = load_cache(b.model, b.set(to), path);
      if (keeps_no_rows(to)) CHECK_FALSE(loaded.ok());
      if (!loaded) continue;
      CHECK(loaded->tokens().size() == 30);
      CHECK(all_finite(b.feed(*loaded, 30, 35)));
    }
  }
}

TEST_CASE("a damaged cache is an error and no crash", "[cache_file]") {
  media::test::Folder home;
  const std::string path = home.file("cache.holo");
  Bench b(small_llama());
  for (const std::string& kv : kStrategies) {
    if (keeps_no_rows(kv)) continue;
    const Set set = b.set(kv);
    Sequence s = b.sequence(set);
    b.feed(s, 0, 20);
    save(s, kv, path);
    const auto next = [&](Result<Sequence>& loaded) {
      if (!loaded) FAIL(loaded.error().message);
      return b.feed(*loaded, 20, 21);
    };
    auto undamaged = load_cache(b.model, set, path);
    const auto expected = next(undamaged);
    std::size_t refused = 0;
    damage(path, kv == "none" ? 600 : 60, [&](const std::string& how) {
      INFO(kv << ": " << how);
      auto loaded = load_cache(b.model, set, path);
      // The container goes on without records that say what is known anyway, such as unit names.
      if (loaded.ok()) CHECK(difference(next(loaded), expected) == 0);
      refused += loaded.ok() ? 0 : 1;
    });
    CHECK(refused > 100);
  }
}
