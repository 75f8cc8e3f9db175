// Sweeps: ranges, lists, and where codecs end.
#include <catch2/catch.hpp>

#include "core/bench/sweep.hpp"

using namespace holo;
using Texts = std::vector<std::string>;

namespace {

host::ParamSpec spec_of(std::int32_t type) {
  host::ParamSpec spec;
  spec.key = "quality";
  spec.type = type;
  return spec;
}

Texts values(std::int32_t type, const std::string& text) {
  auto sweep = bench::expand(spec_of(type), text);
  REQUIRE(sweep.ok());
  return sweep->values;
}

}  // namespace

TEST_CASE("a range counts from its first to its last value") {
  CHECK(values(HOLO_PARAM_INT, "20..50/10") == Texts{"20", "30", "40", "50"});
  CHECK(values(HOLO_PARAM_INT, "20..49/10") == Texts{"20", "30", "40"});
  CHECK(values(HOLO_PARAM_INT, "3..1") == Texts{"3", "2", "1"});
  CHECK(values(HOLO_PARAM_INT, "-2..2/2") == Texts{"-2", "0", "2"});
  CHECK(values(HOLO_PARAM_FLOAT, "0.1..0.5/0.1") == Texts{"0.1", "0.2", "0.3", "0.4", "0.5"});
  CHECK(values(HOLO_PARAM_FLOAT, "1..2/0.5") == Texts{"1", "1.5", "2"});
}

TEST_CASE("lists hold values and ranges") {
  CHECK(values(HOLO_PARAM_INT, "1|5|20..40/10") == Texts{"1", "5", "20", "30", "40"});
  CHECK(values(HOLO_PARAM_CHOICE, "420|444") == Texts{"420", "444"});
  CHECK(values(HOLO_PARAM_TEXT, "1..3/1") == Texts{"1..3/1"});
  CHECK(values(HOLO_PARAM_FLOAT, "7") == Texts{"7"});
  CHECK(bench::expand(spec_of(HOLO_PARAM_INT), "1|2..3")->range);
  CHECK_FALSE(bench::expand(spec_of(HOLO_PARAM_INT), "1|2")->range);
}

TEST_CASE("a bad range says what is wrong with it") {
  struct Case {
    std::int32_t type;
    const char* text;
    const char* part;
  };
  const Case cases[] = {
      {HOLO_PARAM_INT, "20..x/10", "not numbers"},    {HOLO_PARAM_INT, "20..90/0", "above 0"},
      {HOLO_PARAM_INT, "20..90/-5", "above 0"},       {HOLO_PARAM_INT, "1..9/0.5", "whole numbers"},
      {HOLO_PARAM_FLOAT, "1..2", "above 0"},          {HOLO_PARAM_INT, "0..100000/1", "more than"},
      {HOLO_PARAM_FLOAT, "0..1/1e-300", "more than"}, {HOLO_PARAM_INT, "..5", "not numbers"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.text);
    const auto sweep = bench::expand(spec_of(each.type), each.text);
    REQUIRE_FALSE(sweep.ok());
    CHECK(sweep.error().code == HOLO_INVALID_ARG);
    CHECK(sweep.error().param == "quality");
    CHECK_THAT(sweep.error().message, Catch::Contains(each.part));
  }
}

TEST_CASE("commas part codecs, and the parameters of one") {
  CHECK(bench::split_codecs("a") == Texts{"a"});
  CHECK(bench::split_codecs("a,b:q=1..2/1,e=5,c") == Texts{"a", "b:q=1..2/1,e=5", "c"});
  CHECK(bench::split_codecs("a:target=psnr=40,b:x=1") == Texts{"a:target=psnr=40", "b:x=1"});
  CHECK(bench::split_codecs("a:text=x\\,y,b") == Texts{"a:text=x\\,y", "b"});
}
