// What a block is foretold to be from what is decoded already.
#pragma once

#include "plugins/holo-image/deep/tile_state.hpp"

namespace holo::image::deep {

// How a chroma block is foretold; luma is always kFromRing.
enum ChromaMode : int {
  kFromRing = 0,  // by the class's map of the ring
  kFlat = 1,      // the mean of the ring
  kFromLuma = 2,  // by regression on Y
  kFromCb = 3,    // by regression on Cb; Cr only
};
[[nodiscard]] constexpr int mode_count(int plane) { return plane == 0 ? 1 : plane == 1 ? 3 : 4; }

// The ring of one block in one plane, its unknown samples filled in, and its mean.
struct Ring {
  RawRing<std::int16_t> sample;
  std::int32_t mean = 0;  // of the N samples directly above and the N directly on the left
  bool known = false;     // any of it
};
[[nodiscard]] Ring gather_ring(const TileState& state, const Position& at, int plane);

// Inputs of the predictors: less the mean, padded to an even number.
struct alignas(32) RingInputs {
  std::int16_t value[kMaxRingInputs + 1];
};
void ring_inputs_of(const Ring& ring, int side, RingInputs& out);

void predict_from_ring(const Model& model, const Position& at, int block_class, const Ring& ring,
                       const RingInputs& inputs, Block& out);
void predict_flat(const Position& at, const Ring& ring, Block& out);
// `source` is the plane that is decoded already, 0 or 1.
void predict_from_plane(const TileState& state, const Position& at, const Ring& ring,
                        const Ring& source_ring, int source, Block& out);

}  // namespace holo::image::deep
