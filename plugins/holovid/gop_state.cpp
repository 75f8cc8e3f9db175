// References: the previous frame and the latest earlier frame whose position is a multiple of four.
#include "plugins/holovid/gop_state.hpp"

#include <utility>

#include "plugins/holovid/deblock.hpp"

namespace holo::holovid {

Frame GopState::start_frame(int quantizer) const {
  Frame frame(format_, next_position_ == 0, next_position_, quantizer, chroma_offset_);
  frame.components = components_;
  if (previous_) frame.add_reference(previous_);
  const auto& second = previous_ == anchor_ ? older_anchor_ : anchor_;
  if (second) frame.add_reference(second);
  return frame;
}

Contexts GopState::start_contexts() const {
  if (next_position_ == 0) return initial_contexts(true);
  return inter_contexts_.empty() ? initial_contexts(false) : inter_contexts_;
}

std::shared_ptr<const Reference> GopState::finish_frame(Frame&& frame, Contexts&& contexts) {
  deblock(frame);
  for (int p = 0; p < format_.planes; ++p) {
    frame.picture.planes[static_cast<std::size_t>(p)].extend_border();
  }
  auto reference = std::make_shared<Reference>();
  reference->picture = std::move(frame.picture);
  reference->cells = std::move(frame.cells);
  reference->position = frame.position;
  reference->distances = frame.distances;
  if (frame.position % kAnchorDistance == 0) {
    older_anchor_ = std::move(anchor_);
    anchor_ = reference;
  }
  if (!frame.key) inter_contexts_ = std::move(contexts);
  previous_ = reference;
  next_position_ = frame.position + 1;
  return reference;
}

}  // namespace holo::holovid
