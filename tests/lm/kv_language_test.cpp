// The --kv language, and which sites its clauses take.
#include <catch2/catch.hpp>

#include "tests/lm/bench.hpp"

using namespace holo;
using namespace holo::lm;
using namespace holo::lm::test;

namespace {

std::vector<KvClause> parsed(const std::string& text, std::int32_t layers = 12) {
  auto clauses = parse_kv(text, layers);
  if (!clauses) FAIL(clauses.error().message);
  return *clauses;
}

std::string refusal(const std::string& text, std::int32_t layers = 12) {
  const auto clauses = parse_kv(text, layers);
  REQUIRE_FALSE(clauses.ok());
  CHECK(clauses.error().code == HOLO_INVALID_ARG);
  CHECK_THAT(clauses.error().message, Catch::Contains("--kv '" + text + "'"));
  return clauses.error().message;
}

std::vector<std::string> names(const host::PatchSession& patch) {
  std::vector<std::string> all;
  for (const host::Site& site : patch.sites()) all.push_back(site.name);
  return all;
}

}  // namespace

TEST_CASE("the --kv language names strategies for keys, values and layers", "[kv]") {
  CHECK(parsed("").empty());
  CHECK(parsed("  ").empty());
  CHECK(parsed("none").empty());

  auto clauses = parsed("one:a=1,b=2");
  REQUIRE(clauses.size() == 1);
  CHECK(clauses[0].keys == "one:a=1,b=2");
  CHECK(clauses[0].values == clauses[0].keys);
  CHECK(clauses[0].layers.empty());

  clauses = parsed("k=one:bits=4 ; v=two ; layers=9-11, 0,2-3,2");
  REQUIRE(clauses.size() == 1);
  CHECK(clauses[0].keys == "one:bits=4");
  CHECK(clauses[0].values == "two");
  CHECK(clauses[0].layers == std::vector<std::int32_t>{0, 2, 3, 9, 10, 11});

  clauses = parsed("v=two|layers=1;k=one|three");
  REQUIRE(clauses.size() == 3);
  CHECK(clauses[0].keys.empty());
  CHECK(clauses[0].values == "two");
  CHECK(clauses[1].values.empty());
  CHECK(clauses[1].layers == std::vector<std::int32_t>{1});
  CHECK(clauses[2].keys == "three");
}

TEST_CASE("a --kv text that says nothing or too much is refused", "[kv]") {
  CHECK_THAT(refusal("k="), Catch::Contains("a strategy is missing"));
  CHECK_THAT(refusal("one;"), Catch::Contains("a strategy is missing"));
  CHECK_THAT(refusal(";one"), Catch::Contains("a strategy is missing"));
  CHECK_THAT(refusal("one|"), Catch::Contains("a strategy is missing"));
  CHECK_THAT(refusal("k=one;k=two"), Catch::Contains("given twice"));
  CHECK_THAT(refusal("one;v=two"), Catch::Contains("given twice"));
  CHECK_THAT(refusal("one;two"), Catch::Contains("given twice"));
  CHECK_THAT(refusal("layers=1"), Catch::Contains("names no strategy"));
  CHECK_THAT(refusal("one|layers=1"), Catch::Contains("names no strategy"));
  CHECK_THAT(refusal("one;layers=1;layers=2"), Catch::Contains("layers= is given twice"));
  CHECK_THAT(refusal("one;layers=4-2"), Catch::Contains("'4-2' runs backwards"));
  for (const std::string list : {"", "x", "12", "-1", "1-", "1-2-3", "1,", "0x1", "1.5", "+1",
                                 "99999999999999999999", "3-12"}) {
    CHECK_THAT(refusal("one;layers=" + list), Catch::Contains("the model has 0 to 11"));
  }
}

TEST_CASE("a strategy's text is normalised", "[kv]") {
  Bench b(small_gpt2());
  const std::string q = "kv-quant:bits=8";
  for (const auto& [text, normal] : std::vector<std::pair<std::string, std::string>>{
           {"", "none"},
           {" none ", "none"},
           {" kv-full ", "kv-full"},
           {"k=" + q + ";v=" + q, q},
           {"v=kv-full;k=" + q, "k=" + q + ";v=kv-full"},
           {"layers=2,1 ; v=" + q, "v=" + q + ";layers=1-2"},
           {"kv-full;layers=0,2|k=" + q, "kv-full;layers=0,2|k=" + q}}) {
    CHECK(b.open(text).spec == normal);
    CHECK(b.open(normal).spec == normal);
  }
}

TEST_CASE("a later clause takes only the sites that are free", "[kv]") {
  Bench b(small_gpt2());
  KvPatches opened = b.open("k=kv-full;layers=0-1|kv-quant;layers=1-2|kv-window");
  REQUIRE(opened.patches.size() == 3);
  using Names = std::vector<std::string>;
  CHECK(names(*opened.patches[0]) == Names{"h.0.k", "h.1.k"});
  CHECK(names(*opened.patches[1]) == Names{"h.1.v", "h.2.k", "h.2.v"});
  CHECK(names(*opened.patches[2]) == Names{"h.0.v"});
  // "none" keeps nothing for itself.
  CHECK(b.open("none|kv-full").patches.size() == 1);
  CHECK(names(*b.open("k=kv-quant:bits=8;v=none").patches.at(0)) ==
        Names{"h.0.k", "h.1.k", "h.2.k"});
}

TEST_CASE("a clause for which no site is left is refused", "[kv]") {
  Bench b(small_gpt2());
  const auto opened = open_kv(registry(), b.job, *b.model, "kv-full|kv-quant");
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == HOLO_INVALID_ARG);
  CHECK_THAT(opened.error().message, Catch::Contains("kv-quant"));
}

TEST_CASE("strategies that are unknown or do not fit are refused by name", "[kv]") {
  Bench b(small_gpt2());
  const auto refused = [&](const std::string& kv) {
    const auto opened = open_kv(registry(), b.job, *b.model, kv);
    REQUIRE_FALSE(opened.ok());
    return opened.error();
  };
  CHECK(refused("kv-ful").code == HOLO_NOT_FOUND);
  CHECK_THAT(refused("kv-ful").message, Catch::Contains("kv-full"));
  CHECK_THAT(refused("kv-quant:bits=5").message, Catch::Contains("bits"));
  CHECK_THAT(refused("kv-quant:bytes=5").message, Catch::Contains("bytes"));
  CHECK_THAT(refused("kv-full;layers=3").message, Catch::Contains("0 to 2"));
  const host::ComponentInfo* wrong = nullptr;
  for (const host::ComponentInfo* each : registry().components(host::ComponentKind::model_patch)) {
    if ((each->kinds & (1u << HOLO_SITE_K)) == 0) wrong = each;
  }
  if (wrong == nullptr) {
    WARN("phi-weights is not built: a patch of other sites is not tried");
  } else {
    CHECK_THAT(refused(wrong->alias).message, Catch::Contains("does not serve h.0.k (keys)"));
    CHECK_THAT(refused("v=" + wrong->alias).message,
               Catch::Contains("does not serve h.0.v (values)"));
  }
}
