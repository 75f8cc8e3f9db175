// Finds the vector of one reference that predicts a unit's luma best.
#pragma once

#include <span>

#include "plugins/holovid/frame.hpp"

namespace holo::holovid {

struct SearchEffort {
  int steps = 16;        // of the whole-sample descent
  bool diagonal = true;  // try the diagonal neighbours when refining below a sample
};

struct SearchResult {
  Vector vector;
  double cost = 0;  // Hadamard sum + root_lambda * bits
};

// Starts from the best of `starts` and the predicted vector.
SearchResult search_motion(const Frame& frame, const Plane& source, const Unit& unit, int r,
                           std::span<const Vector> starts, double root_lambda,
                           const SearchEffort& effort);

// Bits of a vector against its prediction, roughly.
[[nodiscard]] double vector_bits(Vector vector, Vector predicted);

}  // namespace holo::holovid
