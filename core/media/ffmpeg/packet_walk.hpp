// Walks the packets of a holovid track in file order, from any key packet on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/container/packet.hpp"
#include "core/media/ffmpeg/file_io.hpp"

namespace holo::media {

// One packet, parsed; owns its bytes.
struct LoadedPacket {
  AvPtr<AVPacket> data;
  container::Packet packet;  // borrows data
  std::int64_t time = 0;     // Matroska's, milliseconds; INT64_MIN if it has none
  std::uint64_t offset = 0;  // of the packet's first byte in the file
  [[nodiscard]] std::uint64_t unit() const { return packet.unit.index; }
  [[nodiscard]] std::uint64_t offset_of(const container::ChunkView& view) const {
    return offset + static_cast<std::uint64_t>(view.bytes.data() - data->data);
  }
};
using PacketPtr = std::shared_ptr<const LoadedPacket>;

// A place in the index of key frames.
struct Cue {
  std::int64_t time = 0;  // milliseconds
};

class PacketWalk {
 public:
  PacketWalk(std::unique_ptr<InputFile> input, int stream, const StreamInfo& info,
             std::uint32_t default_type);

  // The next packet, or null at the end. After an error the walk goes on at the next key packet.
  Result<PacketPtr> next();
  // False if the last error came from the file itself, so that to go on would give it again.
  [[nodiscard]] bool readable() const { return readable_; }
  // Goes to the key packet at or before a time. At an entry of cues() it is exactly that one.
  Status seek(std::int64_t time);
  // Key frames that the file's own index names, ascending. The first call reads the index.
  const std::vector<Cue>& cues();

  [[nodiscard]] InputFile& input() { return *input_; }
  [[nodiscard]] const container::PacketContext& context() const { return fresh_; }

 private:
  std::unique_ptr<InputFile> input_;
  int stream_;
  container::PacketContext fresh_;
  container::PacketContext context_;
  bool readable_ = true;
  bool lost_ = true;  // until a key packet comes
  std::optional<std::vector<Cue>> cues_;
};

}  // namespace holo::media
