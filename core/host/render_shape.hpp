// What a render request means for a given file: the shape to allocate and what the codec is asked.
#pragma once

#include "core/base/unit.hpp"
#include "core/host/codec_session.hpp"

namespace holo::host {

// A request with "everything" resolved, and the description of the unit that it fills.
struct RenderShape {
  RenderRequest request;
  UnitInfo info;                    // TENSOR, KV: shape[0] is the number of rows asked for
  std::optional<holo_image> image;  // PICTURE, FRAME: of the region
};

// INVALID_ARG if the region or the rows lie outside, or off the chroma grid.
Result<RenderShape> resolve_request(const RenderRequest& request, const StreamInfo& stream,
                                    const UnitInfo& unit);
// The whole unit, for codecs that cannot render a part.
RenderShape whole_unit(const RenderShape& part, const StreamInfo& stream, const UnitInfo& unit);
[[nodiscard]] bool is_whole(const RenderShape& shape, const StreamInfo& stream,
                            const UnitInfo& unit);

Result<UnitBuffer> allocate_unit(const RenderShape& shape, std::uint64_t byte_limit);
// Copies the part that `shape` names out of the whole unit.
void crop(const UnitBuffer& whole, const RenderShape& shape, UnitBuffer& part);

}  // namespace holo::host
