// The encoder's decisions for one coding tree: partition, prediction, transform, levels.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "plugins/holovid/contexts.hpp"
#include "plugins/holovid/frame.hpp"
#include "plugins/holovid/levels.hpp"
#include "plugins/holovid/motion_search.hpp"

namespace holo::holovid {

class TreeSearch {
 public:
  // All are borrowed. `costs` may be refreshed between calls of search.
  TreeSearch(Frame& frame, const Picture& source, const CostTable& costs, int effort);

  // Decides the tree whose upper left luma sample is (x, y); reconstructs it in the frame.
  void search(int x, int y);
  // The decided unit at a place, and the levels of the tree.
  [[nodiscard]] const Unit& unit_at(int x, int y) const { return units_[unit_index(x, y)]; }
  [[nodiscard]] TreeLevels& levels() { return levels_; }

 private:
  struct Trial {
    Unit unit;
    double cost;  // squared error + lambda * bits
  };
  struct Scratch {
    explicit Scratch(const Format& format) : best(format), trial(format) {}
    TreeLevels best;
    TreeLevels trial;
    std::array<std::vector<std::uint16_t>, 3> prediction;
  };

  static std::size_t unit_index(int x, int y) {
    return static_cast<std::size_t>(((y & (kCtuSize - 1)) >> kCellLog2) * (kCtuSize >> kCellLog2) +
                                    ((x & (kCtuSize - 1)) >> kCellLog2));
  }
  [[nodiscard]] double step_of(int plane) const;  // of the quantizer, in sample units
  double decide(const Unit& node, const Motion* hint);
  double decide_split(const Unit& node, const Motion* hint);
  Trial choose_unit(const Unit& node, const Motion* hint, Scratch& scratch, Motion& found);
  void try_inter(const Unit& node, const Motion* hint, Scratch& scratch, Trial& best, Motion& found,
                 double& match);
  void try_intra(const Unit& node, Scratch& scratch, double inter_match, Trial& best);
  void predict(const Unit& unit, Scratch& scratch);
  double luma_match(const Unit& unit, Scratch& scratch);
  [[nodiscard]] double header_bits(const Unit& unit) const;
  // Cost of the unit's blocks without its header; fills unit.coded and scratch.trial.
  double residual_cost(Unit& unit, Scratch& scratch);
  double intra_cost(Unit& unit, Scratch& scratch);
  double transform_split_bits(const Unit& unit) const;
  // Chooses the levels of one block, or none, given its prediction; returns the cost.
  double block_cost(Unit& unit, int plane, const Grid& grid, int index,
                    const std::uint16_t* prediction, std::ptrdiff_t stride, std::int16_t* levels);
  void keep(Trial& best, const Unit& unit, double cost, Scratch& scratch);

  Frame& frame_;
  const Picture& source_;
  const CostTable& costs_;
  int effort_;
  SearchEffort search_effort_;
  double lambda_;
  double root_lambda_;
  std::vector<Scratch> scratch_;
  std::array<Unit, 64> units_;
  TreeLevels levels_;
};

}  // namespace holo::holovid
