// What calibration found, to a file and back.
#include "core/lm/basis_file.hpp"

#include <catch2/catch.hpp>

#include "core/lm/calibrate.hpp"
#include "core/media/media_test_support.hpp"
#include "tests/lm/bench.hpp"
#include "tests/lm/files.hpp"

using namespace holo;
using namespace holo::lm;
using namespace holo::lm::test;

namespace {

const std::string kSpecs[] = {"kv-eigen:scope=site,coding=packed",
                              "kv-eigen:scope=layer,coding=entropy,bits=4",
                              "kv-eigen:scope=model,coding=entropy,bits=4"};

std::shared_ptr<host::PatchSession> fitted(Bench& b, const std::string& kv) {
  const KvPatches opened = b.open(kv);
  REQUIRE(opened.patches.size() == 1);
  const auto sample = random_text(b.config, 8 * b.text.size(), 99);
  REQUIRE(calibrate(b.model, opened.patches, sample, 0, nullptr, b.job).ok());
  return opened.patches[0];
}

std::vector<float> logits_with(Bench& b, const std::shared_ptr<host::PatchSession>& patch) {
  auto set = host::PatchSet::create({patch});
  if (!set) FAIL(set.error().message);
  Sequence s = b.sequence(*set);
  return b.feed(s, 0, 50);
}

}  // namespace

TEST_CASE("a basis comes back as it was found", "[basis_file]") {
  media::test::Folder home;
  const std::string path = home.file("basis.holo");
  for (const auto& config : {small_gpt2(), small_llama()}) {
    Bench b(config);
    for (const std::string& kv : kSpecs) {
      INFO(kv);
      const auto patch = fitted(b, kv);
      const Status saved = save_basis(*patch, *b.model, path, true);
      if (!saved.ok()) FAIL(saved.error().message);
      CHECK_FALSE(save_basis(*patch, *b.model, path, false).ok());
      const auto fresh = b.open(kv).patches.at(0);
      CHECK_FALSE(fresh->ready());
      const Status loaded = load_basis(*fresh, *b.model, path);
      if (!loaded.ok()) FAIL(loaded.error().message);
      REQUIRE(fresh->ready());
      CHECK(difference(logits_with(b, fresh), logits_with(b, patch)) == 0);
    }
  }
}

TEST_CASE("a basis of another patch is refused", "[basis_file]") {
  media::test::Folder home;
  const std::string path = home.file("basis.holo");
  Bench b(small_gpt2());
  REQUIRE(save_basis(*fitted(b, kSpecs[0]), *b.model, path, true).ok());
  const Status none =
      save_basis(*b.open("kv-full").patches.at(0), *b.model, home.file("x.holo"), true);
  REQUIRE_FALSE(none.ok());
  CHECK(none.error().code == HOLO_UNSUPPORTED);
  const Status other = load_basis(*b.open("kv-quant").patches.at(0), *b.model, path);
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().code == HOLO_INVALID_ARG);
  CHECK_THAT(other.error().message, Catch::Contains("kv-quant"));
  CHECK_FALSE(load_basis(*b.open(kSpecs[0]).patches.at(0), *b.model, home.file("nowhere")).ok());
}

TEST_CASE("a basis of another model is refused, whatever its shape", "[basis_file]") {
  media::test::Folder home;
  const std::string path = home.file("basis.holo");
  Bench b(small_gpt2());
  REQUIRE(save_basis(*fitted(b, kSpecs[0]), *b.model, path, true).ok());
  Bench llama(small_llama());
  const Status loaded = load_basis(*llama.open(kSpecs[0]).patches.at(0), *llama.model, path);
  REQUIRE_FALSE(loaded.ok());
  CHECK_THAT(loaded.error().message, Catch::Contains("another model"));
}

TEST_CASE("a damaged basis is an error and no crash", "[basis_file]") {
  media::test::Folder home;
  const std::string path = home.file("basis.holo");
  Bench b(small_llama());
  for (const std::string& kv : kSpecs) {
    const auto patch = fitted(b, kv);
    REQUIRE(save_basis(*patch, *b.model, path, true).ok());
    const auto expected = logits_with(b, patch);
    damage(path, 40, [&](const std::string& how) {
      INFO(kv << ": " << how);
      const auto fresh = b.open(kv).patches.at(0);
      CHECK_FALSE(load_basis(*fresh, *b.model, path).ok());
      CHECK_FALSE(fresh->ready());
    });
    const auto fresh = b.open(kv).patches.at(0);
    REQUIRE(load_basis(*fresh, *b.model, path).ok());
    CHECK(difference(logits_with(b, fresh), expected) == 0);
  }
}
