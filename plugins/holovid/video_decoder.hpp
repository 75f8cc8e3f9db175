// The decoder's side of the boundary: any frame, from its key frame on, and whole groups ahead
// when frames are asked for in order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "plugins/holovid/gop_state.hpp"
#include "plugins/holovid/video_format.hpp"

namespace holo::holovid {

class VideoDecoder : public holo::Decoder {
 public:
  explicit VideoDecoder(const holo::DecodeJob& job);
  void render(const holo::RenderRequest& request, const holo::Unit& out) override;
  void inspect(const holo::Figures& figure) override;

 private:
  using Frames = std::vector<std::shared_ptr<const Reference>>;
  // A group decoded ahead: its frames up to the first that failed, and why that one did.
  struct Group {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
    Frames frames;
    std::optional<holo::Failure> failure;
  };

  [[nodiscard]] std::uint64_t key_of(std::uint64_t frame) const;
  [[nodiscard]] std::uint64_t end_of_group(std::uint64_t key, std::uint64_t limit) const;
  [[nodiscard]] std::shared_ptr<const Reference> decode(std::uint64_t frame, bool key,
                                                        GopState& state,
                                                        const RowDone& row_done) const;
  [[nodiscard]] std::shared_ptr<const Reference> frame_ahead(std::uint64_t frame, std::uint64_t key,
                                                             int components);
  [[nodiscard]] std::shared_ptr<const Reference> frame_alone(std::uint64_t frame, std::uint64_t key,
                                                             int components);
  void decode_ahead(std::uint64_t key, int components);

  holo::Host host_;
  holo::Source source_;
  Format format_;
  int chroma_offset_;
  // The group decoded frame by frame, and its latest frame.
  std::optional<GopState> state_;
  int state_components_ = 0;
  std::uint64_t state_key_ = 0;
  std::uint64_t latest_index_ = 0;
  std::shared_ptr<const Reference> latest_;
  // Groups decoded ahead.
  std::vector<Group> groups_;
  int group_components_ = 0;
};

}  // namespace holo::holovid
