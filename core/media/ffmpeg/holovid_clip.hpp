// Small .holovid files for the tests, whose chunks can be told from one another.
#pragma once

#include <catch2/catch.hpp>

#include "core/base/file.hpp"
#include "core/media/ffmpeg/matroska.hpp"

namespace holo::media::test {

inline constexpr std::uint32_t kFrame = HOLO_FOURCC('f', 'r', 'a', 'm');
inline constexpr std::uint32_t kHead = HOLO_FOURCC('h', 'e', 'a', 'd');

struct Holovid {
  std::uint64_t frames = 100;
  std::uint64_t gop = 10;
  std::size_t key_bytes = 3000, other_bytes = 300;
  int parts = 1;
  Rational time_base{1, 25};
  Rational frame_rate{25, 1};
  std::int64_t first_pts = 0;
  bool uneven = false;   // times: every third step is twice as long
  bool reorder = false;  // within a group the last frame comes right after the key frame
  std::string carry;
};

inline std::vector<std::uint8_t> payload(std::uint64_t unit, int part, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::uint8_t>(unit * 31 + i * 7 + static_cast<std::size_t>(part) * 101);
  }
  return bytes;
}

inline std::int64_t time_of(const Holovid& spec, std::uint64_t unit) {
  return spec.first_pts + static_cast<std::int64_t>(unit + (spec.uneven ? unit / 3 : 0));
}

inline std::vector<std::uint64_t> order_of(const Holovid& spec) {
  std::vector<std::uint64_t> order;
  for (std::uint64_t key = 0; key < spec.frames; key += spec.gop) {
    const std::uint64_t end = std::min(key + spec.gop, spec.frames);
    order.push_back(key);
    const bool moved = spec.reorder && end - key > 2;
    if (moved) order.push_back(end - 1);
    for (std::uint64_t unit = key + 1; unit < (moved ? end - 1 : end); ++unit) {
      order.push_back(unit);
    }
  }
  return order;
}

inline ContainerHeader header_of(const Holovid& spec) {
  ContainerHeader header;
  header.format_id = "holovid";
  header.plugin_id = "org.holohost.holovid";
  header.plugin_version = "1.0.0";
  header.metadata.push_back({"xmp", {1, 2, 3}});
  header.stream.kind = HOLO_FRAME;
  header.stream.image = make_image(64, 48, HOLO_YCBCR, false, 8);
  header.stream.image->chroma_shift_x = header.stream.image->chroma_shift_y = 1;
  header.stream.time_base = spec.time_base;
  header.stream.frame_rate = spec.uneven ? Rational{} : spec.frame_rate;
  return header;
}

// Writes without committing; the caller owns the file.
inline Status write_holovid(AtomicFile& file, const Holovid& spec) {
  HOLO_ASSIGN(auto writer, create_matroska_file(file, header_of(spec), spec.carry, nullptr));
  const std::vector<std::uint8_t> shared = payload(999, 0, 77);
  const holo_chunk head{sizeof(holo_chunk), kHead, HOLO_SHARED_UNIT, 0, 0, shared.size()};
  HOLO_TRY(writer->write(head, shared));
  for (const std::uint64_t unit : order_of(spec)) {
    UnitInfo info;
    info.kind = HOLO_FRAME;
    info.index = unit;
    info.pts = time_of(spec, unit);
    info.duration = time_of(spec, unit + 1) - info.pts;
    HOLO_TRY(writer->begin_unit(info));
    const bool key = unit % spec.gop == 0;
    for (int part = 0; part < spec.parts; ++part) {
      const auto bytes = payload(unit, part, key ? spec.key_bytes : spec.other_bytes);
      HOLO_TRY(writer->write({sizeof(holo_chunk), kFrame, unit, static_cast<std::uint32_t>(part),
                              key && part == 0 ? HOLO_CHUNK_KEY : 0u, bytes.size()},
                             bytes));
    }
  }
  return writer->finish();
}

inline void make_holovid(const std::string& path, const Holovid& spec) {
  auto file = AtomicFile::create(path, true);
  REQUIRE(file);
  const Status written = write_holovid(**file, spec);
  INFO((written.ok() ? "" : written.error().message));
  REQUIRE(written.ok());
  REQUIRE((*file)->commit().ok());
}

// True if the unit's chunk is there and is what was written.
inline bool unit_is_right(ContainerReader& reader, const Holovid& spec, std::uint64_t unit) {
  for (int part = 0; part < spec.parts; ++part) {
    const auto expected =
        payload(unit, part, unit % spec.gop == 0 ? spec.key_bytes : spec.other_bytes);
    const auto entry = reader.find(kFrame, unit, static_cast<std::uint32_t>(part));
    if (!entry || entry->chunk.size != expected.size()) return false;
    std::vector<std::uint8_t> bytes(expected.size());
    if (!reader.read(entry->chunk, 0, bytes).ok() || bytes != expected) return false;
  }
  const auto info = reader.unit_info(unit);
  return info && info->index == unit && info->pts == time_of(spec, unit) &&
         info->duration == time_of(spec, unit + 1) - time_of(spec, unit);
}

}  // namespace holo::media::test
