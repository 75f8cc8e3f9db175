// An encoder's search over a superblock: how to split it, which class and modes each block takes.
#pragma once

#include <vector>

#include "plugins/holo-image/deep/rate_distortion.hpp"

namespace holo::image::deep {

struct SearchOptions {
  int classes_tried = 3;  // of those that guess_bits ranks first
  int smallest = 0;       // index into kSide of the smallest block tried
  int largest = 3;
  double lambda = 0.12;  // squared steps that a bit is worth
};

class BlockSearch {
 public:
  // `mixing` as the decoder will have it at the superblock: decisions cost what it foretells.
  BlockSearch(const LeafScope& scope, Mixing& mixing, const TilePixels& source,
              const SearchOptions& options);

  // Appends the leaves of the superblock at (x, y) in coding order, at the step of `expectation`.
  // The state then holds their samples and what they tell, but no spectra.
  void superblock(int x, int y, const Expectation& expectation, std::vector<Leaf>& out);

 private:
  double search(const Position& at, std::vector<Leaf>& out);
  double split_cost(const Position& at, bool split);
  double try_leaf(const Position& at, Leaf& leaf);
  double choose_luma(const Position& at, Leaf& leaf, Unit& unit);
  double choose_chroma(const Position& at, int plane, Leaf& leaf, Unit& unit);
  void residual_of(const Position& at, int plane, const Block& prediction, Block& out) const;

  LeafScope scope_;
  Mixing& mixing_;
  const TilePixels& source_;
  SearchOptions options_;
  std::array<Tradeoff, kPlanes> tradeoff_;
};

}  // namespace holo::image::deep
