// Headers go through bytes and come back equal, in few bytes, and refuse what is not a header.
#include "core/container/header.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <set>

#include "core/container/container_test_support.hpp"
#include "core/container/static_words.hpp"

using namespace holo;
using namespace holo::container;
using namespace holo::container::test;

namespace {

ContainerHeader back_and_forth(const ContainerHeader& header) {
  return must(parse_header(must(serialize_header(header))));
}

void check_same_image(const holo_image& a, const holo_image& b) {
  CHECK(a.width == b.width);
  CHECK(a.height == b.height);
  CHECK(a.model == b.model);
  CHECK(a.has_alpha == b.has_alpha);
  CHECK(a.bit_depth == b.bit_depth);
  CHECK(a.chroma_shift_x == b.chroma_shift_x);
  CHECK(a.chroma_shift_y == b.chroma_shift_y);
  CHECK(a.matrix == b.matrix);
  CHECK(a.transfer == b.transfer);
  CHECK(a.primaries == b.primaries);
  CHECK(a.full_range == b.full_range);
  CHECK(a.chroma_location == b.chroma_location);
  CHECK(a.orientation == b.orientation);
}

}  // namespace

TEST_CASE("A header with everything comes back equal") {
  ContainerHeader header;
  header.format_id = "some-video";
  header.bitstream_version = 7;
  header.plugin_id = "com.example.encoder";
  header.plugin_version = "12.34.56-rc1";
  header.stream.kind = HOLO_FRAME;
  header.stream.unit_count = 123456789012;
  header.stream.time_base = {1001, 30000};
  header.stream.frame_rate = {30000, 1001};
  holo_image image = make_image(1920, 1080, HOLO_YCBCR, true, 10);
  image.chroma_shift_x = image.chroma_shift_y = 1;
  image.matrix = 9;
  image.transfer = 16;
  image.primaries = 9;
  image.full_range = 0;
  image.chroma_location = 3;
  image.orientation = 8;
  header.stream.image = image;
  header.params.values = {flag("lossless", true), text("note", "a word\xC3\xA4"),
                          choice("preset", "slow")};
  header.metadata = {{"exif", payload(1000, 1)}, {"", {}}};
  CHECK(serialize_header(header).error().code == HOLO_INVALID_ARG);  // metadata without a name
  header.metadata[1].name = "com.example.own";

  const ContainerHeader read = back_and_forth(header);
  CHECK(read.format_id == header.format_id);
  CHECK(read.bitstream_version == 7);
  CHECK(read.plugin_id == header.plugin_id);
  CHECK(read.plugin_version == header.plugin_version);
  CHECK(read.stream.kind == HOLO_FRAME);
  CHECK(read.stream.unit_count == header.stream.unit_count);
  CHECK(read.stream.time_base.num == 1001);
  CHECK(read.stream.time_base.den == 30000);
  CHECK(read.stream.frame_rate.num == 30000);
  CHECK(read.stream.frame_rate.den == 1001);
  REQUIRE(read.stream.image);
  check_same_image(*read.stream.image, image);
  REQUIRE(read.params.values.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(read.params.values[i].key == header.params.values[i].key);
    CHECK(read.params.values[i].type == header.params.values[i].type);
    CHECK(read.params.values[i].integer == header.params.values[i].integer);
    CHECK(read.params.values[i].text == header.params.values[i].text);
  }
  REQUIRE(read.metadata.size() == 2);
  CHECK(read.metadata[0].name == "exif");
  CHECK(read.metadata[0].bytes == header.metadata[0].bytes);
  CHECK(read.metadata[1].name == "com.example.own");
  CHECK(read.metadata[1].bytes.empty());
}

TEST_CASE("Every image field survives at both ends of its range") {
  ContainerHeader header = picture_header();
  const std::vector<std::pair<std::int32_t holo_image::*, std::pair<int, int>>> fields = {
      {&holo_image::width, {1, 1 << 24}},     {&holo_image::height, {1, 1 << 24}},
      {&holo_image::model, {1, 3}},           {&holo_image::has_alpha, {0, 1}},
      {&holo_image::bit_depth, {1, 16}},      {&holo_image::chroma_shift_x, {0, 1}},
      {&holo_image::chroma_shift_y, {0, 1}},  {&holo_image::matrix, {0, 255}},
      {&holo_image::transfer, {0, 255}},      {&holo_image::primaries, {0, 255}},
      {&holo_image::full_range, {0, 1}},      {&holo_image::orientation, {1, 8}},
      {&holo_image::chroma_location, {0, 6}},
  };
  for (const auto& [field, range] : fields) {
    for (const int value : {range.first, range.second}) {
      header.stream.image = make_image(17, 11, HOLO_YCBCR, false, 8);
      (*header.stream.image).*field = value;
      check_same_image(*back_and_forth(header).stream.image, *header.stream.image);
    }
    (*header.stream.image).*field = -1;
    CHECK(serialize_header(header).error().code == HOLO_INVALID_ARG);
  }
}

TEST_CASE("Parameters come back to the last bit, small ones in one byte") {
  ContainerHeader header = picture_header();
  header.params.values.clear();
  const std::size_t base = must(serialize_header(header)).size();
  const auto cost = [&](const ParamValue& value) {
    header.params.values = {value};
    const Bytes bytes = must(serialize_header(header));
    const ContainerHeader read = must(parse_header(bytes));
    REQUIRE(read.params.values.size() == 1);
    CHECK(read.params.values[0].type == value.type);
    CHECK(read.params.values[0].integer == value.integer);
    CHECK(read.params.values[0].text == value.text);
    CHECK(std::bit_cast<std::uint64_t>(read.params.values[0].number) ==
          std::bit_cast<std::uint64_t>(value.number));
    return bytes.size() - base - 1;  // without the key, which is a static word
  };
  CHECK(cost(flag("quality", true)) == 1);
  CHECK(cost(flag("quality", false)) == 1);
  CHECK(cost(integer("quality", 0)) == 1);
  CHECK(cost(integer("quality", 223)) == 1);
  CHECK(cost(integer("quality", 224)) == 3);
  CHECK(cost(integer("quality", 256)) == 1);
  CHECK(cost(integer("quality", 8388608)) == 1);
  CHECK(cost(integer("quality", 16777216)) == 5);
  CHECK(cost(integer("quality", 128)) == 1);
  CHECK(cost(integer("quality", -1)) == 2);
  CHECK(cost(integer("quality", std::numeric_limits<std::int64_t>::min())) == 11);
  CHECK(cost(integer("quality", std::numeric_limits<std::int64_t>::max())) == 11);
  CHECK(cost(number("quality", 0)) == 2);
  CHECK(cost(number("quality", 0.85)) == 3);
  CHECK(cost(number("quality", -0.001)) == 2);
  CHECK(cost(number("quality", 0.1f)) == 5);
  CHECK(cost(number("quality", -0.0)) == 5);
  CHECK(cost(number("quality", 1.0 / 3)) == 9);
  CHECK(cost(number("quality", 1e300)) == 9);
  CHECK(cost(number("quality", 5e-324)) == 9);
  CHECK(cost(number("quality", std::numeric_limits<double>::infinity())) == 9);
  CHECK(cost(number("quality", std::nan(""))) == 9);
  CHECK(cost(choice("quality", "auto")) == 2);
  CHECK(cost(text("quality", "")) == 2);
  CHECK(cost(text("quality", std::string(1000, 'x'))) == 1003);
}

TEST_CASE("A header that no file can hold is refused with the field's name") {
  const auto refused = [](auto change) {
    ContainerHeader header = picture_header();
    change(header);
    const auto result = serialize_header(header);
    REQUIRE(!result.ok());
    CHECK(result.error().code == HOLO_INVALID_ARG);
    return result.error().message;
  };
  using Header = ContainerHeader&;
  CHECK_THAT(refused([](Header h) { h.format_id = "Upper"; }), Catch::Contains("format id"));
  CHECK_THAT(refused([](Header h) { h.format_id = ""; }), Catch::Contains("format id"));
  CHECK_THAT(refused([](Header h) { h.plugin_id = ""; }), Catch::Contains("plugin id"));
  CHECK_THAT(refused([](Header h) { h.stream.kind = 5; }), Catch::Contains("kind"));
  CHECK_THAT(refused([](Header h) { h.stream.image.reset(); }), Catch::Contains("image"));
  CHECK_THAT(refused([](Header h) { h.stream.image->width = 0; }), Catch::Contains("width"));
  CHECK_THAT(refused([](Header h) { h.stream.time_base = {1, 0}; }), Catch::Contains("time base"));
  CHECK_THAT(refused([](Header h) { h.params.values[1].type = 0; }), Catch::Contains("effort"));
  CHECK_THAT(refused([](Header h) { h.params.values[1].key = ""; }), Catch::Contains("key"));
}

TEST_CASE("A header cut anywhere or followed by more is corrupt") {
  ContainerHeader header = picture_header();
  header.metadata = {{"icc", payload(5, 1)}};
  Bytes bytes = must(serialize_header(header));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    if (size == bytes.size() - 7)
      continue;  // before "icc", one byte of size, five bytes: all there
    const auto result = parse_header(std::span(bytes).first(size));
    REQUIRE(!result.ok());
    CHECK(result.error().code == HOLO_CORRUPT);
  }
  bytes.push_back(0);
  CHECK(parse_header(bytes).error().code == HOLO_CORRUPT);
}

TEST_CASE("Static words are distinct, and each comes back from its index") {
  const auto words = static_words();
  CHECK(words.size() == 128);
  CHECK(std::set<std::string_view>(words.begin(), words.end()).size() == words.size());
  for (const std::string_view word : words) {
    Bytes bytes;
    ByteWriter out(bytes);
    write_string(out, word);
    CHECK(bytes.size() <= 2);
    ByteCursor in(bytes);
    CHECK(read_string(in, 255) == word);
    CHECK(in.ok());
  }
}

TEST_CASE("Varints have one spelling each and at most 64 bits") {
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{16383},
        std::uint64_t{1} << 63, std::numeric_limits<std::uint64_t>::max()}) {
    Bytes bytes;
    ByteWriter(bytes).varint(value);
    ByteCursor in(bytes);
    CHECK(in.varint() == value);
    CHECK(in.ok());
    CHECK(in.remaining() == 0);
  }
  for (const Bytes& bad : {Bytes{0x80, 0x00}, Bytes{0x80}, Bytes(11, 0x80),
                           Bytes{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02}}) {
    ByteCursor in(bad);
    CHECK(in.varint() == 0);
    CHECK(!in.ok());
  }
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max()}) {
    CHECK(unzigzag(zigzag(value)) == value);
  }
}
