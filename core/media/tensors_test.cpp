// Tensor files: round trips, byte orders, layouts, and what is refused.
#include <catch2/catch.hpp>
#include <cstring>

#include "core/media/media_test_support.hpp"

namespace holo::media::test {
namespace {

using Catch::Contains;

const std::vector<std::string> kTypes = {"u8",  "u16", "i8",   "i16", "i32",
                                         "i64", "f16", "bf16", "f32", "f64"};

Bytes safetensors(const std::string& json, std::size_t data_bytes) {
  Bytes bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(std::uint64_t{json.size()} >> (8 * i)));
  }
  for (const char c : json) bytes.push_back(static_cast<std::uint8_t>(c));
  for (std::size_t i = 0; i < data_bytes; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
  return bytes;
}

Bytes npy(const std::string& dictionary, const Bytes& data, int version = 1) {
  Bytes bytes;
  for (const char c : std::string("\x93NUMPY")) bytes.push_back(static_cast<std::uint8_t>(c));
  bytes.push_back(static_cast<std::uint8_t>(version));
  bytes.push_back(0);
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) {
    bytes.push_back(static_cast<std::uint8_t>(dictionary.size() >> (8 * i)));
  }
  for (const char c : dictionary) bytes.push_back(static_cast<std::uint8_t>(c));
  for (const std::uint8_t byte : data) bytes.push_back(byte);
  return bytes;
}

std::string refusal(const Bytes& bytes, holo_status code) {
  const auto reader = memory_reader(bytes);
  const auto file = open_tensors(*reader);
  REQUIRE(!file.ok());
  CHECK(file.error().code == code);
  return file.error().message;
}

Bytes array_in(const Bytes& bytes) {
  const auto reader = memory_reader(bytes);
  auto file = open_tensors(*reader);
  REQUIRE(file.ok());
  auto tensor = (*file)->read(0);
  REQUIRE(tensor.ok());
  return samples_of(*tensor);
}

}  // namespace

TEST_CASE("safetensors gives back every type, shape, name and its order") {
  std::vector<UnitInfo> infos;
  for (const auto& type : kTypes) infos.push_back(tensor_info("layer." + type, type, {3, 4}));
  infos.push_back(tensor_info("scalar", "f32", {}));
  infos.push_back(tensor_info("empty", "f32", {3, 0, 5}));
  infos.push_back(tensor_info("a \"quoted\" \xc3\xa9 name", "i8", {7}));
  const std::map<std::string, std::string> metadata = {{"format", "pt"}, {"b", "2"}};
  const auto bytes = encode_tensors("safetensors", infos, metadata);
  REQUIRE(bytes.ok());
  CHECK(*bytes == *encode_tensors("safetensors", infos, metadata));
  CHECK(detect_tensors(std::span(bytes->data(), 16)));
  const auto reader = memory_reader(*bytes);
  const auto file = open_tensors(*reader);
  REQUIRE(file.ok());
  CHECK((*file)->metadata() == metadata);
  REQUIRE((*file)->tensors().size() == infos.size());
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const auto& found = (*file)->tensors()[i];
    CHECK(found.name == infos[i].name);
    CHECK(found.shape == infos[i].shape);
    CHECK(dtype_name(found.dtype) == dtype_name(infos[i].dtype));
    const auto tensor = (*file)->read(i);
    REQUIRE(tensor.ok());
    CHECK(samples_of(*tensor) ==
          samples_of(make_tensor(infos[i], static_cast<std::uint32_t>(i + 1))));
  }
  CHECK((*file)->read(infos.size()).error().code == HOLO_NOT_FOUND);
}

TEST_CASE("a safetensors file is as its specification spells it") {
  const auto bytes = encode_tensors("safetensors", {tensor_info("w", "bf16", {2, 1})});
  REQUIRE(bytes.ok());
  const std::string text(bytes->begin() + 8, bytes->end() - 4);
  CHECK(text == "{\"w\":{\"dtype\":\"BF16\",\"shape\":[2,1],\"data_offsets\":[0,4]}}       ");
  CHECK((*bytes)[0] == text.size());
  CHECK(text.size() % 8 == 0);
}

TEST_CASE("safetensors may list tensors in any order, and booleans become u8 with a note") {
  const auto bytes = safetensors(
      "{\"b\":{\"dtype\":\"BOOL\",\"shape\":[2],\"data_offsets\":[2,4]},"
      "\"a\":{\"data_offsets\":[0,2],\"shape\":[2],\"dtype\":\"U8\"}}   ",
      4);
  const auto reader = memory_reader(bytes);
  const auto file = open_tensors(*reader);
  REQUIRE(file.ok());
  CHECK((*file)->tensors()[0].name == "a");
  CHECK((*file)->tensors()[1].name == "b");
  REQUIRE((*file)->notes().size() == 1);
  CHECK_THAT((*file)->notes()[0], Contains("'b'") && Contains("u8"));
  CHECK(samples_of(*(*file)->read(1)) == Bytes{2, 3});
}

TEST_CASE("safetensors headers that lie are refused") {
  const auto one = [](const std::string& fields) { return "{\"w\":{" + fields + "}}"; };
  const auto corrupt = [](const std::string& json, std::size_t data = 8) {
    return refusal(safetensors(json, data), HOLO_CORRUPT);
  };
  const std::string good = "\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]";
  REQUIRE(array_in(safetensors(one(good), 8)).size() == 8);
  // Ranges: past the end, a hole before, rest behind, shape and range apart, overlap, reversed.
  corrupt(one(good), 7);
  corrupt(one(good), 9);
  corrupt(one("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]"));
  corrupt(one("\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]"));
  corrupt(one("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]"));
  corrupt(one("\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]"));
  corrupt(one("\"dtype\":\"F32\",\"shape\":[0,4611686018427387904,8],\"data_offsets\":[0,0]"), 0);
  corrupt("{\"a\":{" + good + "},\"b\":{" + good + "}}");
  // Structure: duplicates, missing and unknown fields, wrong types, depth, trailing text.
  CHECK_THAT(corrupt("{\"w\":{" + good + "},\"w\":{" + good + "}}"), Contains("second entry"));
  CHECK_THAT(corrupt(one(good + ",\"dtype\":\"F32\"")), Contains("second field"));
  CHECK_THAT(corrupt("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}"), Contains("metadata key"));
  corrupt("{\"__metadata__\":{\"k\":1}}");
  corrupt(one("\"dtype\":\"F32\",\"shape\":[2]"));
  corrupt(one("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]"));
  corrupt(one("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]"));
  corrupt(one("\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]"));
  corrupt(one("\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]"));
  corrupt(one("\"dtype\":\"F32\",\"shape\":[[2]],\"data_offsets\":[0,8]"));
  corrupt(one("\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]"));
  corrupt(one(good + ",\"extra\":1"));
  corrupt("{\"w\":[]}");
  corrupt(one(good) + "x");
  corrupt("{" + std::string(100000, '['));
  CHECK_THAT(
      refusal(safetensors(one("\"dtype\":\"F8_E4M3\",\"shape\":[8],\"data_offsets\":[0,8]"), 8),
              HOLO_UNSUPPORTED),
      Contains("F8_E4M3"));
  // A header longer than the file.
  Bytes bytes = safetensors(one(good), 8);
  bytes[1] = 255;
  CHECK_THAT(refusal(bytes, HOLO_CORRUPT), Contains("header claims"));
}

TEST_CASE("npy gives back every type but bf16, in the layout that NumPy writes") {
  for (const auto& type : kTypes) {
    CAPTURE(type);
    for (const auto& shape :
         std::vector<std::vector<std::int64_t>>{{}, {5}, {3, 4}, {2, 0}, {2, 3, 4}}) {
      const auto info = tensor_info("array", type, shape);
      const auto bytes = encode_tensors("npy", {info});
      if (type == "bf16") {
        CHECK(bytes.error().code == HOLO_UNSUPPORTED);
        continue;
      }
      REQUIRE(bytes.ok());
      CHECK(array_in(*bytes) == samples_of(make_tensor(info)));
      CHECK((bytes->size() - make_tensor(info).byte_size()) % 64 == 0);
    }
  }
  const auto bytes = encode_tensors("npy", {tensor_info("array", "f32", {3, 4})});
  const std::string text(bytes->begin() + 10, bytes->begin() + 70);
  CHECK_THAT(text, Contains("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }"));
}

TEST_CASE("npy of other byte order, Fortran order and newer versions becomes plain") {
  const Bytes data = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const std::string c_order = "{'descr': '>i2', 'fortran_order': False, 'shape': (2, 3), }\n";
  CHECK(array_in(npy(c_order, data)) == Bytes{2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11});
  const std::string fortran = "{\"descr\": \"<u2\", 'shape': (2L, 3L), 'fortran_order': True}\n";
  CHECK(array_in(npy(fortran, data)) == Bytes{1, 2, 5, 6, 9, 10, 3, 4, 7, 8, 11, 12});
  CHECK(array_in(npy(c_order, data, 2)) == array_in(npy(c_order, data, 3)));
  const std::string cube = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2)}";
  CHECK(array_in(npy(cube, data)) == Bytes{1, 7, 3, 9, 5, 11, 2, 8, 4, 10, 6, 12});
  const auto reader =
      memory_reader(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (12,)}", data));
  const auto file = open_tensors(*reader);
  REQUIRE(file.ok());
  CHECK((*file)->notes().size() == 1);
  CHECK((*file)->tensors()[0].name == "array");
}

TEST_CASE("npy headers that lie or hold more than numbers are refused") {
  const auto with = [](const std::string& descr, const std::string& shape) {
    return npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }",
               Bytes(8));
  };
  REQUIRE(array_in(with("'<f4'", "(2,)")).size() == 8);
  refusal(with("'<f4'", "(3,)"), HOLO_CORRUPT);
  refusal(with("'<f4'", "(1,)"), HOLO_CORRUPT);
  refusal(with("'<f4'", "(-2,)"), HOLO_CORRUPT);
  refusal(with("'<f4'", "(2"), HOLO_CORRUPT);
  refusal(with("'<f4'", "2"), HOLO_CORRUPT);
  refusal(with("'<f4'", "(4611686018427387904, 4)"), HOLO_CORRUPT);
  refusal(with("'<f4'", "(99999999999999999999, )"), HOLO_CORRUPT);
  refusal(with("'<f4'", "(2,), 'shape': (2,)"), HOLO_CORRUPT);
  refusal(with("'<f4'", "(2,), 'more': 1"), HOLO_CORRUPT);
  refusal(npy("{'descr': '<f4', 'shape': (2,)}", Bytes(8)), HOLO_CORRUPT);
  refusal(npy("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", Bytes(8)), HOLO_CORRUPT);
  CHECK_THAT(refusal(with("'|O'", "(1,)"), HOLO_UNSUPPORTED), Contains("pickled"));
  CHECK_THAT(refusal(with("[('a', '<f4')]", "(2,)"), HOLO_UNSUPPORTED), Contains("structured"));
  CHECK_THAT(refusal(with("'<c8'", "(1,)"), HOLO_UNSUPPORTED), Contains("<c8"));
  CHECK_THAT(refusal(npy("{}", Bytes(8), 4), HOLO_UNSUPPORTED), Contains("version 4"));
  refusal(bytes_of("not a tensor file"), HOLO_UNSUPPORTED);
}

TEST_CASE("writers hold callers to what they announced") {
  const auto a = tensor_info("a", "f32", {2});
  const auto b = tensor_info("b", "f32", {3});
  CHECK_THAT(encode_tensors("npy", {a, b}).error().message, Contains("a, b"));
  CHECK(encode_tensors("safetensors", {a, a}).error().code == HOLO_INVALID_ARG);
  CHECK(encode_tensors("safetensors", {tensor_info("\xff", "f32", {2})}).error().code ==
        HOLO_INVALID_ARG);
  CHECK(encode_tensors("pickle", {a}).error().code == HOLO_UNSUPPORTED);
  const auto wrong_order = written([&](AtomicFile& file) -> Status {
    HOLO_ASSIGN(auto writer, create_tensors(file, "safetensors", {a, b}, {}));
    auto tensor = make_tensor(b);
    return writer->push(tensor);
  });
  CHECK_THAT(wrong_order.error().message, Contains("expected tensor 'a'"));
  const auto too_few = written([&](AtomicFile& file) -> Status {
    HOLO_ASSIGN(auto writer, create_tensors(file, "safetensors", {a, b}, {}));
    auto tensor = make_tensor(a);
    HOLO_TRY(writer->push(tensor));
    return writer->finish();
  });
  CHECK_THAT(too_few.error().message, Contains("1 of 2"));
}

}  // namespace holo::media::test
