// The reader behind open_matroska_file: its state, and what each of its source files does with it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "core/container/format_version.hpp"
#include "core/media/ffmpeg/ebml.hpp"
#include "core/media/ffmpeg/matroska.hpp"
#include "core/media/ffmpeg/packet_walk.hpp"

namespace holo::media {

class MatroskaReader final : public ContainerReader {
 public:
  static Result<std::unique_ptr<ContainerReader>> open(std::unique_ptr<ByteReader> bytes);

  [[nodiscard]] const ContainerHeader& header() const override { return start_.header; }
  [[nodiscard]] std::string container_name() const override { return "matroska"; }
  [[nodiscard]] std::uint32_t container_version() const override {
    return container::kContainerVersion;
  }
  [[nodiscard]] bool intact() const override { return intact_; }
  [[nodiscard]] std::uint64_t bytes_read() const override { return bytes_->bytes_read(); }

  Result<UnitInfo> unit_info(std::uint64_t unit) override;
  Result<ChunkEntry> find(std::uint32_t type, std::uint64_t unit, std::uint32_t part) override;
  Result<std::uint64_t> find_key(std::uint64_t unit) override;
  Status read(const holo_chunk& chunk, std::uint64_t offset, std::span<std::uint8_t> out) override;
  Result<std::vector<ChunkEntry>> chunks() override;
  Status verify() override;
  Result<std::uint64_t> unit_at(double seconds) override;

 private:
  MatroskaReader() = default;
  Status begin(std::unique_ptr<ByteReader> bytes);
  Status take_private_data(const AVStream& stream);
  void take_count(const AVStream& stream);
  void find_private_data();
  Status scan();
  Status check_clusters();

  // Visits every packet from the first on. In a damaged file what cannot be parsed is passed over,
  // and what libavformat cannot get past is the end.
  Status walk_all(const std::function<void(const PacketPtr&)>& visit);
  Status rewind();
  Result<PacketPtr> step();
  Result<PacketPtr> locate(std::uint64_t unit);
  Result<PacketPtr> walk_to(std::uint64_t unit);
  Status go_before(std::uint64_t unit);
  Result<std::uint64_t> key_at(std::size_t cue);
  [[nodiscard]] std::size_t guess_cue(std::uint64_t unit);
  [[nodiscard]] bool comes_before(std::uint64_t unit, std::size_t known, std::size_t cue);
  Result<std::size_t> find_cue(std::uint64_t unit);
  void keep(const PacketPtr& packet);
  Result<const container::ChunkView*> find_view(std::uint32_t type, std::uint64_t unit,
                                                std::uint32_t part, PacketPtr& packet);
  [[nodiscard]] ChunkEntry entry(const container::ChunkView& view,
                                 const LoadedPacket* packet) const;
  [[nodiscard]] ebml::Bytes raw() const {
    return {bytes_->size(), [this](std::uint64_t offset, std::span<std::uint8_t> out) {
              return bytes_->read_at(offset, out);
            }};
  }

  mutable std::mutex mutex_;
  ByteReader* bytes_ = nullptr;  // owned by the walk
  std::optional<PacketWalk> walk_;
  std::vector<std::uint8_t> private_data_;  // start_ borrows it
  container::StreamStart start_;
  std::uint64_t private_offset_ = 0;
  std::int64_t shift_ = 0;
  std::uint64_t count_ = 0;
  bool intact_ = false;
  bool counted_ = false;

  std::map<std::size_t, std::uint64_t> cue_keys_;  // frame number of the key packet at a cue
  std::set<std::uint64_t> keys_;                   // of all that passed
  std::map<std::uint64_t, std::int64_t> scanned_;  // of a file without index: key frames, times
  std::optional<std::uint64_t> at_;                // unit that step() gave last
  std::optional<std::uint64_t> from_;              // key unit that the walk began at
  std::map<std::uint64_t, PacketPtr> cache_;
  std::deque<std::uint64_t> age_;
  std::size_t cached_bytes_ = 0;
};

// NOT_FOUND, with the numbers that there are.
Error missing_frame(std::uint64_t unit, std::uint64_t count);

}  // namespace holo::media
