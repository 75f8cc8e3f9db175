// What frames of one group hand to each other: references and contexts. Shared by both sides.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "plugins/holovid/contexts.hpp"
#include "plugins/holovid/frame.hpp"

namespace holo::holovid {

inline constexpr std::size_t kFrameHeaderSize = 2;  // flags, quantizer
inline constexpr std::uint8_t kKeyFlag = 1;         // bit 0 of flags; the others are 0
inline constexpr int kAnchorDistance = 4;           // every fourth frame is kept longer

// Called after each row of trees of a frame. What it throws passes through and leaves the state of
// the group as it was, so that a large frame can be cancelled. May be empty.
using RowDone = std::function<void()>;

class GopState {
 public:
  GopState(const Format& format, int chroma_offset, int components)
      : format_(format), chroma_offset_(chroma_offset), components_(components) {}

  // Frames since the key frame that have been finished; 0 means a key frame is next.
  [[nodiscard]] int next_position() const { return next_position_; }
  void restart() { *this = GopState(format_, chroma_offset_, components_); }

  // The next frame with its references: the frame before, and the nearest anchor before that.
  [[nodiscard]] Frame start_frame(int quantizer) const;
  // Contexts that the next frame begins with.
  [[nodiscard]] Contexts start_contexts() const;
  // Filters the frame, keeps it as a reference, and returns it.
  std::shared_ptr<const Reference> finish_frame(Frame&& frame, Contexts&& contexts);

 private:
  Format format_;
  int chroma_offset_;
  int components_;
  int next_position_ = 0;
  Contexts inter_contexts_;  // empty until the first predicted frame
  std::shared_ptr<const Reference> previous_;
  std::shared_ptr<const Reference> anchor_;
  std::shared_ptr<const Reference> older_anchor_;
};

}  // namespace holo::holovid
