// lossless=1: the samples themselves, in independent tiles, one chunk a tile.
#pragma once

#include <holo/codec.hpp>

namespace holo::image {

// Writes the chunks 'tile'. The parameters are "effort" and "tile".
void encode_lossless(const Host& host, const Params& params, const Sink& sink, const Unit& unit);

// Renders from those chunks; reads no other tiles than the region needs.
void render_lossless(const Host& host, const Source& source, const RenderRequest& request,
                     const Unit& out);

}  // namespace holo::image
