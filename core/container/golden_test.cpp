// The exact bytes of two small files. docs/format.md explains them byte by byte; a change here is a
// change of the format and needs a new version.
#include <cstdio>

#include "core/container/container_test_support.hpp"

using namespace holo;
using namespace holo::container::test;

namespace {

// A picture with a shared chunk and one tile: no index.
constexpr const char* kPicture =
    "8f484c4f01240e6578616d706c6501005d09c002c8013a0501520f0105100908452b05a40d69034d"
    "4d2aeedc71324c30036162637eaf72ad5d020568656c6c6f44130970a023";

// A tensor file of 17 records: 9 chunks of 8 announced units and an index.
constexpr const char* kTensors =
    "8f484c4f01220e6578616d706c650122636f6d2e6578616d706c652e6f7468657206332e31230800"
    "1adc2d4044646963740164097f605f800902610210010203c80135a7216e5c31027879c592696580"
    "0902620210010203c801730b5cef50027879ca16c748800902630210010203c801250b2b48500278"
    "79db9a343e800902640210010203c8010e254be850027879d41e9a13800902650210010203c80115"
    "ff342250027879f982d3d3800902660210010203c801535349a350027879f6067dfe800902670210"
    "010203c80105533e0450027879e78a8e88800902680210010203c801f47965e650027879e80e20a5"
    "9044646963740180095c310280095002800950028009500280095002800950028009500280095002"
    "2700000000000000681983e4484c4f58";

std::string hex(const Bytes& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned>(byte));
    text += digits.data();
  }
  return text;
}

Bytes bytes_of(const std::string& text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

Bytes text_bytes(const std::string& text) { return {text.begin(), text.end()}; }

ContainerHeader picture() {
  ContainerHeader header;
  header.format_id = "example";
  header.plugin_id = "org.holohost.example";
  header.plugin_version = "1.0.0";
  header.stream.image = make_image(320, 200, HOLO_RGB, false, 8);
  header.stream.unit_count = 1;
  header.params.values = {integer("quality", 50), flag("lossless", false), integer("tile", 256),
                          choice("basis", "fixed"), number("lambda", 0.85)};
  header.metadata = {{"exif", text_bytes("MM*")}};
  return header;
}

ContainerHeader tensors() {
  ContainerHeader header;
  header.format_id = "example";
  header.plugin_id = "com.example.other";
  header.plugin_version = "3.1";
  header.stream.kind = HOLO_TENSOR;
  header.stream.unit_count = 8;
  return header;
}

}  // namespace

TEST_CASE("A small picture is written to these very bytes and reads back") {
  const Bytes bytes = written(picture(), [](ContainerWriter& writer) {
    must(writer.write(chunk("head", HOLO_SHARED_UNIT, 0, 3), text_bytes("abc")));
    must(writer.write(chunk("tile", 0, 0, 5, HOLO_CHUNK_KEY), text_bytes("hello")));
  });
  CHECK(hex(bytes) == kPicture);

  auto reader = must(opened(bytes_of(kPicture)));
  CHECK(reader->intact());
  CHECK(reader->header().plugin_id == "org.holohost.example");
  CHECK(reader->header().params.find("lambda")->number == 0.85);
  CHECK(reader->header().params.find("tile")->integer == 256);
  Bytes tile(5);
  must(reader->read(chunk("tile", 0, 0, 5), 0, tile));
  CHECK(tile == text_bytes("hello"));
  must(reader->verify());
}

TEST_CASE("A file with an index is written to these very bytes and reads back") {
  const Bytes bytes = written(tensors(), [](ContainerWriter& writer) {
    must(writer.write(chunk("dict", HOLO_SHARED_UNIT, 0, 1), text_bytes("d")));
    for (std::uint64_t i = 0; i < 8; ++i) {
      UnitInfo info;
      info.kind = HOLO_TENSOR;
      info.index = i;
      info.name = std::string(1, static_cast<char>('a' + i));
      info.dtype = {kDLFloat, 16, 1};
      info.shape = {3, 200};
      must(writer.begin_unit(info));
      must(writer.write(chunk("data", i, 0, 2), text_bytes("xy")));
    }
  });
  CHECK(hex(bytes) == kTensors);

  auto reader = must(opened(bytes_of(kTensors)));
  CHECK(reader->intact());
  CHECK(must(reader->unit_info(7)).name == "h");
  CHECK(must(reader->unit_info(7)).shape == std::vector<std::int64_t>{3, 200});
  Bytes data(2);
  must(reader->read(chunk("data", 7, 0, 2), 0, data));
  CHECK(data == text_bytes("xy"));
  must(reader->verify());
}
