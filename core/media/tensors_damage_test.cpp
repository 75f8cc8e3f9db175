// Damaged tensor files: every cut is an error, and no mutation crashes or allocates past the file.
#include <catch2/catch.hpp>

#include "core/media/media_test_support.hpp"

namespace holo::media::test {
namespace {

Bytes make_file(const std::string& format) {
  std::vector<UnitInfo> infos = {tensor_info("array", "f32", {3, 5})};
  if (format == "safetensors") {
    infos.push_back(tensor_info("second", "i64", {2, 2}));
    infos.push_back(tensor_info("third", "u8", {}));
  }
  auto bytes = encode_tensors(format, infos, {{"note", "kept"}});
  REQUIRE(bytes.ok());
  return std::move(bytes).value();
}

// Opens and reads everything; false if any step is an error.
bool read_whole(const Bytes& bytes) {
  const auto reader = memory_reader(bytes);
  const auto file = open_tensors(*reader);
  if (!file.ok()) {
    REQUIRE(file.error().code != HOLO_INTERNAL);
    REQUIRE(file.error().message.size() > 20);
    return false;
  }
  for (std::size_t i = 0; i < (*file)->tensors().size(); ++i) {
    const auto tensor = (*file)->read(i);
    REQUIRE(tensor.ok());
    REQUIRE(tensor->byte_size() <= bytes.size());
  }
  return true;
}

}  // namespace

TEST_CASE("a tensor file cut anywhere is refused") {
  for (const std::string format : {"safetensors", "npy"}) {
    const Bytes valid = make_file(format);
    REQUIRE(read_whole(valid));
    for (std::size_t size = 1; size < valid.size(); ++size) {
      CAPTURE(format, size);
      REQUIRE(!read_whole(Bytes(valid.begin(), valid.begin() + static_cast<std::ptrdiff_t>(size))));
    }
  }
}

TEST_CASE("mutated tensor files are read within their bounds or refused with words") {
  for (const std::string format : {"safetensors", "npy"}) {
    CAPTURE(format);
    int errors = 0;
    mutate(make_file(format), 20000,
           [&errors](const Bytes& bytes) { errors += read_whole(bytes) ? 0 : 1; });
    CHECK(errors > 5000);
  }
}

}  // namespace holo::media::test
