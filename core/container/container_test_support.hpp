// What the tests of the container share: a small header, a file in memory, a folder that goes away.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/container/container.hpp"

namespace holo::container::test {

using Bytes = std::vector<std::uint8_t>;

// A folder of its own under the temporary one, removed with everything in it.
class TestFolder {
 public:
  TestFolder() {
    std::random_device random;
    path_ = std::filesystem::temp_directory_path() /
            ("holo-container-test-" + std::to_string(random()) + std::to_string(random()));
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline Bytes payload(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

inline ParamValue integer(std::string key, std::int64_t value) {
  return {std::move(key), HOLO_PARAM_INT, value, 0, {}};
}
inline ParamValue flag(std::string key, bool value) {
  return {std::move(key), HOLO_PARAM_BOOL, value ? 1 : 0, 0, {}};
}
inline ParamValue number(std::string key, double value) {
  return {std::move(key), HOLO_PARAM_FLOAT, 0, value, {}};
}
inline ParamValue choice(std::string key, std::string value) {
  return {std::move(key), HOLO_PARAM_CHOICE, 0, 0, std::move(value)};
}
inline ParamValue text(std::string key, std::string value) {
  return {std::move(key), HOLO_PARAM_TEXT, 0, 0, std::move(value)};
}

// A picture of 640x480, RGB, made by the house's codec of the format "holo-image".
inline ContainerHeader picture_header() {
  ContainerHeader header;
  header.format_id = "holo-image";
  header.plugin_id = "org.holohost.holo-image";
  header.plugin_version = "1.0.0";
  header.stream.kind = HOLO_PICTURE;
  header.stream.unit_count = 1;
  header.stream.image = make_image(640, 480, HOLO_RGB, false, 8);
  header.params.values = {integer("quality", 50), integer("effort", 5), integer("tile", 256),
                          choice("basis", "fixed"), number("lambda", 0.85)};
  return header;
}

inline holo_chunk chunk(const char (&type)[5], std::uint64_t unit, std::uint32_t part,
                        std::uint64_t size, std::uint32_t flags = 0) {
  return {
      sizeof(holo_chunk), HOLO_FOURCC(type[0], type[1], type[2], type[3]), unit, part, flags, size};
}

// Every step of a status or result must work.
template <class T>
T must(Result<T> result) {
  if (!result.ok()) FAIL(result.error().message);
  return std::move(result).value();
}
inline void must(Status status) {
  if (!status.ok()) FAIL(status.error().message);
}

// Writes through `fill(writer)` and gives back the bytes of the finished file.
template <class Fill>
Bytes written(const ContainerHeader& header, Fill fill) {
  const TestFolder folder;
  const std::string path = folder.file("test.holo");
  auto file = must(AtomicFile::create(path, false));
  auto writer = must(create_holo_file(*file, header));
  fill(*writer);
  must(writer->finish());
  must(file->commit());
  auto reader = must(open_reader(path));
  return must(read_all(*reader, std::uint64_t{1} << 30));
}

inline Result<std::unique_ptr<ContainerReader>> opened(Bytes bytes) {
  return open_holo_file(memory_reader(std::move(bytes)));
}

}  // namespace holo::container::test
