// Turns the bytes of one frame into its picture.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/base/result.hpp"
#include "plugins/holovid/gop_state.hpp"

namespace holo::holovid {

// Decodes the next frame of a group. A key frame begins a new group, whatever came before; any
// other frame needs the frame before it in `state`. CORRUPT if the bytes are no such frame; the
// state is then unchanged or restarted, never half advanced.
Result<std::shared_ptr<const Reference>> decode_frame(std::span<const std::uint8_t> bytes,
                                                      GopState& state,
                                                      const RowDone& row_done = {});

}  // namespace holo::holovid
