// Hostile .holovid files: every call must come back, with or without an error.
#include "core/media/ffmpeg/matroska_fuzz.hpp"

#include <algorithm>

#include "core/base/file.hpp"
#include "core/media/ffmpeg/matroska.hpp"

namespace {

constexpr std::uint64_t kMostUnits = 64;
constexpr std::uint64_t kMostBytes = 1 << 16;

void read_some(holo::ContainerReader& reader) {
  const std::uint64_t count = reader.header().stream.unit_count;
  for (std::uint64_t i = 0; i < std::min(count, kMostUnits); ++i) {
    const std::uint64_t unit = i % 2 == 0 ? i : count - i;
    static_cast<void>(reader.unit_info(unit));
    static_cast<void>(reader.find_key(unit));
  }
  static_cast<void>(reader.unit_at(0.5));
  auto chunks = reader.chunks();
  if (chunks) {
    for (const holo::ChunkEntry& entry : *chunks) {
      std::vector<std::uint8_t> bytes(
          static_cast<std::size_t>(std::min(entry.chunk.size, kMostBytes)));
      static_cast<void>(reader.read(entry.chunk, 0, bytes));
    }
  }
  static_cast<void>(reader.verify());
}

}  // namespace

int fuzz_matroska(const std::uint8_t* data, std::size_t size) {
  auto reader = holo::media::open_matroska_bytes(holo::memory_reader({data, data + size}));
  if (reader) read_some(**reader);
  return 0;
}

#ifdef HOLO_FUZZ_MAIN
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz_matroska(data, size);
}
#endif
