// Parameter tables: import, parsing, messages, schema.
#include "core/host/param_table.hpp"

#include <catch2/catch.hpp>
#include <clocale>
#include <limits>

#include <nlohmann/json.hpp>

#include "core/host/checks.hpp"

using namespace holo;
using namespace holo::host;

namespace {

ParamSpec spec(std::string key, std::int32_t type, double value, double low, double high) {
  ParamSpec result;
  result.key = std::move(key);
  result.type = type;
  result.summary = "a test";
  result.default_number = value;
  result.minimum = low;
  result.maximum = high;
  return result;
}

ParamTable sample_table() {
  ParamTable table;
  table.push_back(spec("quality", HOLO_PARAM_INT, 75, 0, 100));
  table.push_back(spec("strength", HOLO_PARAM_FLOAT, 0.5, 0, 1.5));
  table.push_back(spec("adaptive", HOLO_PARAM_BOOL, 1, 0, 1));
  ParamSpec preset = spec("preset", HOLO_PARAM_CHOICE, 0, 0, 0);
  preset.choices = {{"fast", ""}, {"best", "slow"}};
  preset.default_text = "fast";
  table.push_back(preset);
  table.push_back(spec("label", HOLO_PARAM_TEXT, 0, 0, 0));
  ParamSpec smooth = spec("smooth", HOLO_PARAM_INT, 2, -4, 4);
  smooth.flags = HOLO_PARAM_DECODE;
  table.push_back(smooth);
  return table;
}

std::string message(const ParamTable& table, const std::string& key, const std::string& value,
                    bool decode = false) {
  const auto result = resolve_params(table, {{key, value}}, "holovid", decode);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == HOLO_INVALID_ARG);
  CHECK(result.error().param == key);
  return result.error().message;
}

struct Row {
  holo_param param{};
  holo_choice first{sizeof(holo_choice), 0, "fast", nullptr};
  holo_choice second{sizeof(holo_choice), 0, "best", nullptr};
  const holo_choice* choices[2] = {&first, &second};
  const holo_param* rows[2] = {&param, &param};
  holo_param_table table{sizeof(holo_param_table), 1, rows};
  Row() {
    param = {sizeof(holo_param),
             HOLO_PARAM_INT,
             "level",
             nullptr,
             "a level",
             nullptr,
             3,
             nullptr,
             0,
             9,
             nullptr,
             0,
             0,
             0};
  }
  std::string failure() {
    const auto result = import_table(&table);
    REQUIRE_FALSE(result.ok());
    return result.error().message;
  }
};

}  // namespace

TEST_CASE("the rate parameter is one number of the encoder") {
  Row row;
  row.param.flags = HOLO_PARAM_RATE;
  row.param.step = 2;
  const auto table = import_table(&row.table);
  REQUIRE(table.ok());
  REQUIRE(rate_param(*table) != nullptr);
  CHECK(rate_param(*table)->step == 2);
  CHECK(rate_param(sample_table()) == nullptr);

  row.param.struct_size = offsetof(holo_param, step);  // as a plugin of ABI 1.0 has it
  CHECK(import_table(&row.table)->front().step == 0);
  row.param.struct_size = sizeof(holo_param);
  row.param.step = 10;
  CHECK(row.failure() == "parameter 'level': the step must be 0 or fit into minimum..maximum");
  row.param.step = 0.5;
  CHECK(row.failure().find("whole numbers") != std::string::npos);
  row.param.step = 0;
  row.param.flags |= HOLO_PARAM_DECODE;
  CHECK(row.failure() ==
        "parameter 'level': HOLO_PARAM_RATE is for ints and floats of the encoder");
  row.param.flags = HOLO_PARAM_RATE;
  holo_param second = row.param;
  second.key = "other";
  row.rows[1] = &second;
  row.table.count = 2;
  CHECK(row.failure() == "parameter table: two rows are flagged HOLO_PARAM_RATE, 'other' last");
}

TEST_CASE("every key comes out once, in order, with defaults filled in") {
  const auto result = resolve_params(sample_table(), {{"quality", "10"}}, "holovid");
  REQUIRE(result.ok());
  REQUIRE(result->values.size() == 5);
  CHECK(result->values[0].key == "quality");
  CHECK(result->values[0].integer == 10);
  CHECK(result->values[1].number == 0.5);
  CHECK(result->values[2].integer == 1);
  CHECK(result->values[3].text == "fast");
  const auto decode = resolve_params(sample_table(), {{"smooth", "-4"}}, "holovid", true);
  REQUIRE(decode.ok());
  REQUIRE(decode->values.size() == 1);
  CHECK(decode->values[0].integer == -4);
}

TEST_CASE("the last of two values for one key counts") {
  const auto result =
      resolve_params(sample_table(), {{"quality", "10"}, {"quality", "20"}}, "holovid");
  REQUIRE(result.ok());
  CHECK(result->values[0].integer == 20);
}

TEST_CASE("bad values are refused with what was expected and found") {
  const ParamTable table = sample_table();
  CHECK(message(table, "quality", "101") == "holovid: quality is '101', expected 0..100");
  CHECK(message(table, "quality", "-1") == "holovid: quality is '-1', expected 0..100");
  CHECK(message(table, "quality", "99999999999999999999") ==
        "holovid: quality is '99999999999999999999', expected 0..100");
  CHECK(message(table, "quality", "3.5") ==
        "holovid: quality is '3.5', expected a whole number in 0..100");
  CHECK(message(table, "quality", "") ==
        "holovid: quality is '', expected a whole number in 0..100");
  CHECK(message(table, "quality", "5 ") ==
        "holovid: quality is '5', expected a whole number in 0..100");
  CHECK(message(table, "strength", "much") ==
        "holovid: strength is 'much', expected a number in 0..1.5");
  CHECK(message(table, "strength", "nan") ==
        "holovid: strength is 'nan', expected a number in 0..1.5");
  CHECK(message(table, "strength", "inf") == "holovid: strength is 'inf', expected 0..1.5");
  CHECK(message(table, "adaptive", "maybe") ==
        "holovid: adaptive is 'maybe', expected one of 1, 0, true, false, yes, no, on, off");
  CHECK(message(table, "preset", "fasst") ==
        "holovid: preset is 'fasst', expected one of fast|best; did you mean 'fast'?");
  CHECK(message(table, "label", "a\nb") ==
        "holovid: label is 'a b', expected UTF-8 text without control characters");
  CHECK(message(table, "label", "\xff") ==
        "holovid: label is '?', expected UTF-8 text without control characters");
}

TEST_CASE("an unknown key names its neighbour, or where it belongs") {
  const ParamTable table = sample_table();
  CHECK(message(table, "qualty", "1") ==
        "holovid has no parameter 'qualty'; did you mean 'quality'?");
  CHECK(message(table, "zzz", "1") ==
        "holovid has no parameter 'zzz'; it has quality, strength, adaptive, preset, label");
  CHECK(message(table, "smooth", "1") ==
        "holovid: 'smooth' is an option of the decoder, give it to decode or render");
  CHECK(message(table, "quality", "1", true) ==
        "holovid: 'quality' is an option of the encoder, give it to encode");
  CHECK(message({}, "x", "1") == "holovid has no parameter 'x'; it has none");
}

TEST_CASE("a bool takes every spelling") {
  for (const auto* yes : {"1", "true", "yes", "on"}) {
    CHECK(resolve_params(sample_table(), {{"adaptive", yes}}, "x")->values[2].integer == 1);
  }
  for (const auto* no : {"0", "false", "no", "off"}) {
    CHECK(resolve_params(sample_table(), {{"adaptive", no}}, "x")->values[2].integer == 0);
  }
}

TEST_CASE("numbers do not depend on the locale") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  const auto result = resolve_params(sample_table(), {{"strength", "1.25"}}, "x");
  std::setlocale(LC_ALL, before.c_str());
  REQUIRE(result.ok());
  CHECK(result->values[1].number == 1.25);
  CHECK_FALSE(resolve_params(sample_table(), {{"strength", "1,25"}}, "x").ok());
}

TEST_CASE("component specs split at commas, and a backslash keeps one") {
  const auto plain = parse_component_spec("holovid");
  REQUIRE(plain.ok());
  CHECK(plain->name == "holovid");
  CHECK(plain->params.empty());
  const auto full = parse_component_spec("holovid:quality=75,label=a\\,b=c,preset=best");
  REQUIRE(full.ok());
  REQUIRE(full->params.size() == 3);
  CHECK(full->params[1] == KeyValue("label", "a,b=c"));
  CHECK(full->params[2] == KeyValue("preset", "best"));
  for (const auto* bad : {"", ":a=1", "x:", "x:a", "x:=1", "x:a=1,", "x:a=1,,b=2"}) {
    INFO(bad);
    const auto result = parse_component_spec(bad);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == HOLO_INVALID_ARG);
  }
  CHECK(parse_key_value("a=").value() == KeyValue("a", ""));
  CHECK_FALSE(parse_key_value("a").ok());
}

TEST_CASE("suggestions are near, and absent when nothing is near") {
  const std::vector<std::string> words = {"holovid", "holo-image", "kv-eigen"};
  CHECK(nearest("holovd", words) == "holovid");
  CHECK(nearest("hoolvid", words) == "holovid");  // two neighbours swapped
  CHECK(nearest("kv-", words) == "kv-eigen");     // broken off
  CHECK(nearest("jpeg", words).empty());
  CHECK(nearest("", words).empty());
  CHECK(nearest(std::string(10000, 'x'), words).empty());
}

TEST_CASE("tables describe themselves to people") {
  ParamTable table = sample_table();
  table[0].unit = "px";
  table[1].flags = HOLO_PARAM_EXPERT;
  CHECK(describe_range(table[0]) == "0..100 px");
  CHECK(describe_range(table[3]) == "fast|best");
  CHECK(describe_range(table[4]) == "any text");
  CHECK(describe_default(table[2]) == "on");
  const std::string text = describe_table(table, false);
  CHECK(text.find("quality    0..100 px, default 75 — a test\n") == 0);
  CHECK(text.find("strength") == std::string::npos);
  CHECK(describe_table(table, true).find("strength   0..1.5, default 0.5") != std::string::npos);
}

TEST_CASE("the JSON Schema states types, ranges, choices and defaults") {
  const auto schema = nlohmann::json::parse(json_schema(sample_table(), "holovid"));
  CHECK(schema["title"] == "holovid");
  CHECK(schema["additionalProperties"] == false);
  const auto& properties = schema["properties"];
  CHECK(properties.size() == 5);
  CHECK(properties["quality"]["type"] == "integer");
  CHECK(properties["quality"]["maximum"] == 100);
  CHECK(properties["quality"]["default"] == 75);
  CHECK(properties["strength"]["maximum"] == 1.5);
  CHECK(properties["adaptive"]["default"] == true);
  CHECK(properties["preset"]["enum"] == nlohmann::json::array({"fast", "best"}));
  CHECK(nlohmann::json::parse(json_schema(sample_table(), "x", true))["properties"].size() == 1);
}

TEST_CASE("a sound table of a plugin is copied in full") {
  Row row;
  row.param.type = HOLO_PARAM_CHOICE;
  row.param.default_text = "best";
  row.param.choices = row.choices;
  row.param.choice_count = 2;
  const auto table = import_table(&row.table);
  REQUIRE(table.ok());
  CHECK((*table)[0].choices[1].name == "best");
  CHECK(import_table(nullptr)->empty());
}

TEST_CASE("an unsound table of a plugin is refused, and the message says why") {
  Row row;
  SECTION("short table") {
    row.table.struct_size = 8;
    CHECK_THAT(row.failure(), Catch::Contains("struct_size 8 is too short"));
  }
  SECTION("huge count") {
    row.table.count = 1u << 30;
    CHECK_THAT(row.failure(), Catch::Contains("at most 256 rows"));
  }
  SECTION("NULL rows") {
    row.table.params = nullptr;
    CHECK_THAT(row.failure(), Catch::Contains("NULL"));
  }
  SECTION("short row") {
    row.param.struct_size = 16;
    CHECK_THAT(row.failure(), Catch::Contains("parameter 0: NULL or too short"));
  }
  SECTION("key twice") {
    row.table.count = 2;
    CHECK_THAT(row.failure(), Catch::Contains("key 'level' appears twice"));
  }
  SECTION("malformed key") {
    row.param.key = "Level";
    CHECK_THAT(row.failure(), Catch::Contains("'Level' is not of the form"));
  }
  SECTION("NULL summary") {
    row.param.summary = nullptr;
    CHECK_THAT(row.failure(), Catch::Contains("summary: expected a text, found NULL"));
  }
  SECTION("long summary") {
    row.param.summary = "0123456789012345678901234567890123456789012345678901234567890";
    CHECK_THAT(row.failure(), Catch::Contains("longer than 60 characters"));
  }
  SECTION("default outside") {
    row.param.default_number = 10;
    CHECK_THAT(row.failure(), Catch::Contains("outside minimum..maximum"));
  }
  SECTION("default not a number") {
    row.param.default_number = std::numeric_limits<double>::quiet_NaN();
    CHECK_THAT(row.failure(), Catch::Contains("must be finite"));
  }
  SECTION("fractional int") {
    row.param.maximum = 9.5;
    CHECK_THAT(row.failure(), Catch::Contains("whole numbers"));
  }
  SECTION("unknown type") {
    row.param.type = 9;
    CHECK_THAT(row.failure(), Catch::Contains("type 9"));
  }
  SECTION("choice without choices") {
    row.param.type = HOLO_PARAM_CHOICE;
    CHECK_THAT(row.failure(), Catch::Contains("1 to 256 choices, found 0"));
  }
  SECTION("default that is no choice") {
    row.param.type = HOLO_PARAM_CHOICE;
    row.param.choices = row.choices;
    row.param.choice_count = 2;
    row.param.default_text = "other";
    CHECK_THAT(row.failure(), Catch::Contains("'other' is none of the choices"));
  }
  SECTION("bool default") {
    row.param.type = HOLO_PARAM_BOOL;
    row.param.default_number = 2;
    CHECK_THAT(row.failure(), Catch::Contains("must be 0 or 1"));
  }
}

TEST_CASE("foreign text is made fit for a terminal") {
  CHECK(printable("a\x1b[31mb") == "a [31mb");
  CHECK(printable("caf\xc3\xa9 \xff\xc3") == "caf\xc3\xa9 ??");
  CHECK(printable("\xed\xa0\x80").find('\xed') == std::string::npos);  // a surrogate
  CHECK(status_name(HOLO_NO_MEMORY) == "NO_MEMORY");
  CHECK(status_name(77) == "status 77");
}
