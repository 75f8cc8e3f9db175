// The encoder's side of the boundary: collects groups of frames, codes them in parallel, writes
// them in order.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plugins/holovid/gop_state.hpp"
#include "plugins/holovid/video_format.hpp"

namespace holo::holovid {

class VideoEncoder : public holo::Encoder {
 public:
  explicit VideoEncoder(const holo::EncodeJob& job);
  void push(const holo::Unit& unit) override;
  void finish() override;

 private:
  // Samples of one frame, coded plane after coded plane, rows packed.
  using Samples = std::vector<std::uint8_t>;
  struct Group {
    std::uint64_t first = 0;
    std::vector<Samples> frames;
    std::vector<std::vector<std::uint8_t>> coded;
  };

  [[nodiscard]] Samples take(const holo::Unit& unit) const;
  [[nodiscard]] std::vector<std::uint8_t> encode(const Samples& samples, GopState& state,
                                                 const RowDone& row_done) const;
  void flush();
  void write(std::uint64_t frame, bool key, const std::vector<std::uint8_t>& bytes) const;

  holo::Host host_;
  holo::Sink sink_;
  holo_image image_;
  Format format_;
  int quality_;
  int gop_;
  int effort_;
  int chroma_offset_;
  std::uint64_t group_limit_;  // groups collected before they are coded
  std::uint64_t next_ = 0;     // frame expected by push
  std::vector<Group> groups_;
  std::optional<GopState> running_;  // of the group being coded frame by frame
};

}  // namespace holo::holovid
