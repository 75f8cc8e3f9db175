// Chooses how to code each unit of a frame, and writes the frame's bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "plugins/holovid/gop_state.hpp"

namespace holo::holovid {

// Codes the next frame of the group and advances `state`; `source` has the coded size.
// effort: 1 (fast) .. 9 (thorough).
struct EncodedFrame {
  Contexts contexts;  // as the frame leaves them; what training looks at
  std::vector<std::uint8_t> bytes;
  std::shared_ptr<const Reference> reconstruction;
};
EncodedFrame encode_frame(const Picture& source, int quantizer, int effort, GopState& state,
                          const RowDone& row_done = {});

}  // namespace holo::holovid
