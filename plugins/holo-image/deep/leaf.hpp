// A block that is not split further, and how it is coded, once for encoder and decoder.
#pragma once

#include <array>
#include <vector>

#include "plugins/holo-image/deep/block_syntax.hpp"

namespace holo::image::deep {

struct Leaf {
  Position at;
  int block_class = 0;
  std::array<int, kPlanes> mode{};
  std::array<int, kPlanes> length{};
  std::array<std::vector<std::int16_t>, kPlanes> levels;  // side * side each
};

struct LeafScope {
  const Model& model;
  const Expectation* expectation;  // at the step of the superblock
  TileState& state;
};

// Codes a leaf and notes in the state what it tells those after it. `plane_done(plane, ring)` is
// called when a plane's levels are known; when it returns, the plane's samples must be in the
// state.
template <class Coder, class PlaneDone>
void code_leaf(Coder& coder, const LeafScope& scope, Leaf& leaf, const PlaneDone& plane_done) {
  TileState& state = scope.state;
  const Position at = leaf.at;
  leaf.block_class = code_class(coder, state, at, leaf.block_class);
  const ClassModel& model = scope.model.sizes[std::size_t(at.size)][std::size_t(leaf.block_class)];
  const ClassExpectation& expectation = scope.expectation->of(at.size, leaf.block_class);
  Unit unit;
  unit.known = true;
  unit.size = std::uint8_t(at.size);
  unit.block_class = std::uint8_t(leaf.block_class);
  unit.spectrum = std::int32_t(state.spectra.size());
  state.spectra.resize(state.spectra.size() + std::size_t(state.planes()));
  for (int plane = 0; plane < state.planes(); ++plane) {
    const auto p = std::size_t(plane);
    if (plane > 0)
      leaf.mode[p] = code_mode(coder, state, at, plane, plane == 2 ? leaf.mode[1] : 0,
                               unit.nonzeros[0], leaf.mode[p]);
    const Ring ring = gather_ring(state, at, plane);
    const Surroundings around =
        surroundings_of(state, at, plane, ring, scope.expectation->log_step());
    LevelInputs inputs{&model, &expectation, &around, at.size, leaf.block_class, plane};
    if (plane > 0) inputs.luma_nonzeros = unit.nonzeros[0];
    if (plane > 1) inputs.cb_nonzeros = unit.nonzeros[1];
    if (plane > 0) inputs.before = leaf.levels[p - 1].data();
    LevelContexts contexts(inputs);
    leaf.length[p] =
        code_levels(coder, contexts, leaf.levels[p].data(), leaf.length[p], at.side() * at.side());
    unit.mode[p] = std::uint8_t(leaf.mode[p]);
    unit.nonzeros[p] = std::uint8_t(std::min(255, contexts.nonzeros()));
    unit.gain[p] = std::int16_t(
        block_gain(std::uint64_t(contexts.level_sum()), expectation.remaining[0], around.gain));
    state.spectra[std::size_t(unit.spectrum) + p] = contexts.spectrum();
    plane_done(plane, ring);
  }
  state.set_units(at, unit);
}

// Samples of one plane of a leaf from its prediction and levels.
inline void predict_plane(const LeafScope& scope, const Leaf& leaf, int plane, const Ring& ring,
                          Block& out) {
  const int mode = leaf.mode[std::size_t(plane)];
  if (mode == kFromRing) {
    RingInputs inputs;
    ring_inputs_of(ring, leaf.at.side(), inputs);
    predict_from_ring(scope.model, leaf.at, leaf.block_class, ring, inputs, out);
  } else if (mode == kFlat) {
    predict_flat(leaf.at, ring, out);
  } else {
    const int source = mode == kFromCb ? 1 : 0;
    predict_from_plane(scope.state, leaf.at, ring, gather_ring(scope.state, leaf.at, source),
                       source, out);
  }
}

}  // namespace holo::image::deep
