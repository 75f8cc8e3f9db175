// Pictures, tensors and damage for this room's tests.
#include "core/media/media_test_support.hpp"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>

namespace holo::media::test {

Folder::Folder() {
  static std::atomic<int> count{0};
  path_ = std::filesystem::temp_directory_path() /
          ("holo-media-test-" + std::to_string(getpid()) + "-" + std::to_string(count++));
  std::filesystem::create_directories(path_);
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

Result<Bytes> written(const std::function<Status(AtomicFile&)>& write) {
  const Folder folder;
  const std::string path = folder.file("out");
  HOLO_ASSIGN(auto file, AtomicFile::create(path, false));
  HOLO_TRY(write(*file));
  HOLO_TRY(file->commit());
  HOLO_ASSIGN(auto reader, open_reader(path));
  return read_all(*reader, UINT64_MAX);
}

std::uint32_t sample(const UnitBuffer& unit, std::size_t plane, std::int64_t x, std::int64_t y) {
  const std::uint8_t* row = unit.plane(plane) + y * unit.row_bytes(plane);
  if (bytes_per_sample(*unit.image) == 1) return row[x];
  std::uint16_t value = 0;
  std::memcpy(&value, row + 2 * x, sizeof value);
  return value;
}

void set_sample(UnitBuffer& unit, std::size_t plane, std::int64_t x, std::int64_t y,
                std::uint32_t value) {
  std::uint8_t* row = unit.plane(plane) + y * unit.row_bytes(plane);
  if (bytes_per_sample(*unit.image) == 1) {
    row[x] = static_cast<std::uint8_t>(value);
    return;
  }
  const auto narrow = static_cast<std::uint16_t>(value);
  std::memcpy(row + 2 * x, &narrow, sizeof narrow);
}

UnitBuffer make_picture(const holo_image& image, std::uint32_t seed) {
  auto unit = UnitBuffer::planes(HOLO_PICTURE, image, UINT64_MAX);
  REQUIRE(unit.ok());
  std::mt19937 random(seed);
  const std::uint32_t max = (1u << image.bit_depth) - 1;
  for (std::size_t p = 0; p < unit->plane_count(); ++p) {
    for (std::int64_t y = 0; y < unit->plane_height(p); ++y) {
      for (std::int64_t x = 0; x < unit->plane_width(p); ++x) {
        const auto slope = static_cast<std::uint32_t>(3 * x + (5 + static_cast<int>(p)) * y);
        set_sample(*unit, p, x, y, (slope * max / 255 + random() % 9) & max);
      }
    }
  }
  return std::move(unit).value();
}

bool equal(const UnitBuffer& a, const UnitBuffer& b) {
  if (std::memcmp(&*a.image, &*b.image, sizeof(holo_image)) != 0) return false;
  for (std::size_t p = 0; p < a.plane_count(); ++p) {
    for (std::int64_t y = 0; y < a.plane_height(p); ++y) {
      for (std::int64_t x = 0; x < a.plane_width(p); ++x) {
        if (sample(a, p, x, y) != sample(b, p, x, y)) return false;
      }
    }
  }
  return true;
}

Result<Bytes> encode(const std::string& format, UnitBuffer& unit,
                     const std::vector<Metadata>& metadata, int quality) {
  const PictureFormat* target = picture_format_for_path("x." + format);
  REQUIRE(target != nullptr);
  return written([&](AtomicFile& file) {
    return write_picture(file, *target, unit, metadata, PictureWriteOptions{quality});
  });
}

Result<Picture> decode(const Bytes& bytes, const Limits& limits) {
  const auto reader = memory_reader(bytes);
  return read_picture(*reader, limits);
}

Bytes make_exif(int orientation, bool big_endian) {
  const auto value = static_cast<std::uint8_t>(orientation);
  if (big_endian) {
    return {'M', 'M', 0, 42, 0, 0, 0,     8, 0, 1, 1, 0x12, 0,
            3,   0,   0, 0,  1, 0, value, 0, 0, 0, 0, 0,    0};
  }
  return {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, value, 0, 0, 0, 0, 0, 0, 0};
}

void mutate(const Bytes& valid, int rounds, const std::function<void(const Bytes&)>& read) {
  std::mt19937 random(20240521);
  const auto below = [&random](std::size_t limit) {
    return random() % std::max<std::size_t>(limit, 1);
  };
  for (int round = 0; round < rounds; ++round) {
    Bytes bytes = valid;
    const auto at = [&bytes](std::size_t index) {
      return bytes.begin() + static_cast<std::ptrdiff_t>(index);
    };
    for (std::size_t change = 0; change <= below(3) && !bytes.empty(); ++change) {
      const std::size_t begin = below(bytes.size());
      const std::size_t end = begin + below(std::min<std::size_t>(bytes.size() - begin, 16) + 1);
      switch (below(6)) {
        case 0:
          bytes[begin] ^= static_cast<std::uint8_t>(1u << below(8));
          break;
        case 1:
          bytes[begin] = static_cast<std::uint8_t>(random());
          break;
        case 2:
          bytes.resize(begin);
          break;
        case 3:
          bytes.erase(at(begin), at(end));
          break;
        case 4: {
          const Bytes run(at(begin), at(end));
          bytes.insert(at(below(bytes.size())), run.begin(), run.end());
          break;
        }
        default:
          std::fill(at(begin), at(end), static_cast<std::uint8_t>(below(2) * 255));
      }
    }
    if (!bytes.empty()) read(bytes);
  }
}

UnitInfo tensor_info(const std::string& name, const std::string& dtype,
                     std::vector<std::int64_t> shape) {
  UnitInfo info;
  info.kind = HOLO_TENSOR;
  info.name = name;
  info.dtype = *dtype_from_name(dtype);
  info.shape = std::move(shape);
  return info;
}

UnitBuffer make_tensor(const UnitInfo& info, std::uint32_t seed) {
  auto tensor = UnitBuffer::tensor(info, INT64_MAX);
  REQUIRE(tensor.ok());
  std::mt19937 random(seed);
  for (std::uint64_t i = 0; i < tensor->byte_size(); ++i) {
    tensor->plane(0)[i] = static_cast<std::uint8_t>(random());
  }
  return std::move(tensor).value();
}

Bytes samples_of(const UnitBuffer& tensor) {
  return {tensor.plane(0), tensor.plane(0) + tensor.byte_size()};
}

Result<Bytes> encode_tensors(const std::string& format, const std::vector<UnitInfo>& infos,
                             const std::map<std::string, std::string>& metadata) {
  return written([&](AtomicFile& file) -> Status {
    HOLO_ASSIGN(auto writer, create_tensors(file, format, infos, metadata));
    std::uint32_t seed = 0;
    for (const auto& info : infos) {
      auto tensor = make_tensor(info, ++seed);
      HOLO_TRY(writer->push(tensor));
    }
    return writer->finish();
  });
}

}  // namespace holo::media::test
