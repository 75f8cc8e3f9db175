// basis=trained: tiles of block-coded planes, one chunk a tile.
#pragma once

#include <holo/codec.hpp>

namespace holo::image {

// Writes the chunks 'tile' of one picture, part = number of the tile. The parameters are
// "quality" and "tile".
void encode_trained(const Host& host, const Params& params, const Sink& sink, const Unit& unit);

// Renders from those chunks; reads no other tiles than the region needs.
void render_trained(const Host& host, const Source& source, const RenderRequest& request,
                    const Unit& out);

}  // namespace holo::image
