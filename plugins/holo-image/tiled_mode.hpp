// basis=trained: tiles of block-coded planes, one chunk a tile, in one layer or several.
#pragma once

#include <holo/codec.hpp>

namespace holo::image {

// Writes the chunks of one picture: a thumbnail or the layers below, tiles, alpha. The parameters
// are "quality", "effort", "tile", "layers" and "thumbnail".
void encode_tiled(const Host& host, const Params& params, const Sink& sink, const Unit& unit);

// Renders from those chunks; reads no other tiles than the region needs. Tiles that are missing are
// shown as coarse as lower layers or the thumbnail have them, with a warning.
void render_tiled(const Host& host, const Source& source, const RenderRequest& request,
                  const Unit& out);

}  // namespace holo::image
