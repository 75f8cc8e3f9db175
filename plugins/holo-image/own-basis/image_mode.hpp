// basis=image: the patches of the picture in the basis of their own principal components.
#pragma once

#include <holo/codec.hpp>

namespace holo::image {

// Writes 'base' (mean and basis) and then one 'coef' a row of patches. The parameter is
// "components".
void encode_own_basis(const Host& host, const Params& params, const Sink& sink, const Unit& unit);

// Reads 'base' and the rows of patches that the region needs, of each the first
// request.components() components.
void render_own_basis(const Host& host, const Source& source, const RenderRequest& request,
                      const Unit& out);

// Bytes of all float16 numbers that a picture of this size takes.
[[nodiscard]] std::uint64_t float16_bytes(const holo_image& image, std::int64_t components);

}  // namespace holo::image
