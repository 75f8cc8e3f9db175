// Top-down search: a unit is tried whole, then in four, and the cheaper stays. Candidates are
// ranked by Hadamard sums, and the best few compared by squared error + lambda * bits.
#include "plugins/holovid/tree_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "plugins/holovid/match.hpp"
#include "plugins/holovid/syntax.hpp"

namespace holo::holovid {
namespace {

constexpr double kBit = 1.0 / 256;
constexpr double kNever = std::numeric_limits<double>::max();
constexpr double kLambdaScale = 0.11;     // lambda / step^2
constexpr int kBothEffort = 3;            // from this effort on: mean of two references
constexpr int kTransformSplitEffort = 4;  // smaller transform blocks
constexpr int kSecondMergeEffort = 6;     // two merge candidates in full
constexpr int kAllSplitsEffort = 8;       // split even where skipping does well

}  // namespace

TreeSearch::TreeSearch(Frame& frame, const Picture& source, const CostTable& costs, int effort)
    : frame_(frame),
      source_(source),
      costs_(costs),
      effort_(effort),
      search_effort_{4 * effort, effort >= 5},
      lambda_(kLambdaScale * step_of(0) * step_of(0)),
      root_lambda_(std::sqrt(lambda_)),
      levels_(frame.format) {
  for (int i = kCellLog2; i <= kCtuLog2; ++i) {
    Scratch& scratch = scratch_.emplace_back(frame.format);
    for (int p = 0; p < frame.format.planes; ++p) {
      scratch.prediction[static_cast<std::size_t>(p)].resize(
          static_cast<std::size_t>(kCtuSize * kCtuSize));
    }
  }
}

void TreeSearch::search(int x, int y) {
  Unit root;
  root.x = x;
  root.y = y;
  root.log2_size = kCtuLog2;
  decide(root, nullptr);
}

double TreeSearch::decide(const Unit& node, const Motion* hint) {
  const Format& format = frame_.format;
  if (node.x + node.size() > format.coded_width() || node.y + node.size() > format.coded_height()) {
    return decide_split(node, hint);
  }
  Scratch& scratch = scratch_[static_cast<std::size_t>(node.log2_size - kCellLog2)];
  Motion found;
  Trial best = choose_unit(node, hint, scratch, found);
  if (node.log2_size > kCellLog2) {
    Coster whole{costs_};
    code_split(whole, frame_, node, false);
    best.cost += lambda_ * whole.total * kBit;
    const bool settled = best.unit.skip && effort_ < kAllSplitsEffort;
    if (best.cost == kNever || !settled) {
      Coster split{costs_};
      code_split(split, frame_, node, true);
      const double cost =
          decide_split(node, frame_.key ? nullptr : &found) + lambda_ * split.total * kBit;
      if (cost < best.cost) return cost;
    }
  }
  for (int p = 0; p < format.planes; ++p) {
    const int count = (node.size() >> format.sx(p)) * (node.size() >> format.sy(p));
    std::copy_n(scratch.best.of(format, node, p), count, levels_.of(format, node, p));
  }
  units_[unit_index(node.x, node.y)] = best.unit;
  reconstruct(frame_, best.unit, levels_);
  return best.cost;
}

double TreeSearch::decide_split(const Unit& node, const Motion* hint) {
  double cost = 0;
  for (int i = 0; i < 4; ++i) {
    Unit child;
    child.log2_size = node.log2_size - 1;
    child.x = node.x + (i & 1) * child.size();
    child.y = node.y + (i >> 1) * child.size();
    if (child.x >= frame_.format.coded_width() || child.y >= frame_.format.coded_height()) continue;
    cost += decide(child, hint);
  }
  return cost;
}

TreeSearch::Trial TreeSearch::choose_unit(const Unit& node, const Motion* hint, Scratch& scratch,
                                          Motion& found) {
  Trial best{node, kNever};
  double match = kNever;
  if (!frame_.key) try_inter(node, hint, scratch, best, found, match);
  if (node.log2_size <= kMaxTransformLog2 && !best.unit.skip) try_intra(node, scratch, match, best);
  return best;
}

void TreeSearch::keep(Trial& best, const Unit& unit, double cost, Scratch& scratch) {
  if (cost >= best.cost) return;
  best = {unit, cost};
  std::swap(scratch.best, scratch.trial);
}

void TreeSearch::predict(const Unit& unit, Scratch& scratch) {
  for (int p = 0; p < frame_.format.planes; ++p) {
    predict_inter(frame_, unit, p, scratch.prediction[static_cast<std::size_t>(p)].data(),
                  unit.size() >> frame_.format.sx(p));
  }
}

double TreeSearch::luma_match(const Unit& unit, Scratch& scratch) {
  predict_inter(frame_, unit, 0, scratch.prediction[0].data(), unit.size());
  return sum_hadamard({source_.planes[0].at(unit.x, unit.y), source_.planes[0].stride()},
                      {scratch.prediction[0].data(), unit.size()}, unit.size(), unit.size());
}

double TreeSearch::header_bits(const Unit& unit) const {
  Coster coster{costs_};
  Unit copy = unit;
  code_header(coster, frame_, copy);
  return coster.total * kBit;
}

double TreeSearch::transform_split_bits(const Unit& unit) const {
  Coster coster{costs_};
  coster.bit(kTransformSplit + (unit.log2_size - 3) * 2 + (unit.intra ? 1 : 0),
             unit.transform_split);
  return coster.total * kBit;
}

void TreeSearch::try_inter(const Unit& node, const Motion* hint, Scratch& scratch, Trial& best,
                           Motion& found, double& match) {
  const Format& format = frame_.format;
  // Motions inherited from neighbours.
  const auto merges = merge_candidates(frame_, node);
  std::array<std::pair<double, int>, kMergeCandidates> ranked;
  for (int i = 0; i < kMergeCandidates; ++i) {
    const auto index = static_cast<std::size_t>(i);
    ranked[index] = {kNever, i};
    const bool repeated = std::any_of(merges.begin(), merges.begin() + i, [&](const Motion& m) {
      return same_motion(m, merges[index]);
    });
    if (repeated) continue;
    Unit unit = node;
    unit.motion = merges[index];
    ranked[index].first = luma_match(unit, scratch) + root_lambda_ * (i + 1);
  }
  std::sort(ranked.begin(), ranked.end());
  match = ranked[0].first;
  found = merges[static_cast<std::size_t>(ranked[0].second)];
  const std::size_t tried = effort_ >= kSecondMergeEffort ? 2 : 1;
  for (std::size_t i = 0; i < tried && ranked[i].first != kNever; ++i) {
    Unit unit = node;
    unit.merge = static_cast<std::int8_t>(ranked[i].second);
    unit.motion = merges[static_cast<std::size_t>(unit.merge)];
    predict(unit, scratch);
    Unit coded = unit;
    coded.residual = true;
    const double residual = residual_cost(coded, scratch);
    if ((coded.coded[0] | coded.coded[1] | coded.coded[2]) != 0) {
      keep(best, coded, residual + lambda_ * (header_bits(coded) + transform_split_bits(coded)),
           scratch);
    }
    unit.skip = true;
    double error = 0;
    for (int p = 0; p < format.planes; ++p) {
      const Plane& plane = source_.planes[static_cast<std::size_t>(p)];
      const int width = node.size() >> format.sx(p);
      error += static_cast<double>(
          sum_squares({plane.at(node.x >> format.sx(p), node.y >> format.sy(p)), plane.stride()},
                      {scratch.prediction[static_cast<std::size_t>(p)].data(), width}, width,
                      node.size() >> format.sy(p)));
    }
    keep(best, unit, error + lambda_ * header_bits(unit), scratch);
  }
  if (best.unit.skip && effort_ < kAllSplitsEffort) return;

  // A motion of its own.
  std::array<SearchResult, 2> single;
  std::array<Vector, kMergeCandidates + 1> starts;
  Unit chosen = node;
  double chosen_cost = kNever;
  for (int r = 0; r < frame_.reference_count; ++r) {
    const auto index = static_cast<std::size_t>(r);
    std::size_t count = 0;
    for (const Motion& m : merges) {
      if (((m.references >> r) & 1) != 0) starts[count++] = m.vectors[index];
    }
    if (hint != nullptr && ((hint->references >> r) & 1) != 0)
      starts[count++] = hint->vectors[index];
    single[index] = search_motion(frame_, source_.planes[0], node, r, {starts.data(), count},
                                  root_lambda_, search_effort_);
    const double cost = single[index].cost + root_lambda_ * (r + 1);
    if (cost < chosen_cost) {
      chosen_cost = cost;
      chosen.motion.references = static_cast<std::uint8_t>(1 << r);
    }
    chosen.motion.vectors[index] = single[index].vector;
  }
  if (frame_.reference_count == 2 && effort_ >= kBothEffort) {
    Unit both = chosen;
    both.motion.references = 3;
    double bits = 1;
    for (int r = 0; r < 2; ++r) {
      bits += vector_bits(both.motion.vectors[static_cast<std::size_t>(r)],
                          predict_vector(frame_, node, r));
    }
    const double cost = luma_match(both, scratch) + root_lambda_ * bits;
    if (cost < chosen_cost) {
      chosen_cost = cost;
      chosen = both;
    }
  }
  if (chosen_cost < match) {
    found = chosen.motion;
    match = chosen_cost;
  }
  predict(chosen, scratch);
  chosen.residual = true;
  for (int split = 0; split < (effort_ >= kTransformSplitEffort ? 2 : 1); ++split) {
    Unit unit = chosen;
    unit.transform_split = split != 0;
    const double residual = residual_cost(unit, scratch);
    unit.residual = (unit.coded[0] | unit.coded[1] | unit.coded[2]) != 0;
    keep(
        best, unit,
        residual + lambda_ * (header_bits(unit) + (unit.residual ? transform_split_bits(unit) : 0)),
        scratch);
    if (!unit.residual) break;
  }
  // The inherited motion with smaller transform blocks, if it is the one to beat.
  if (effort_ >= kTransformSplitEffort && best.unit.merge != kNotMerged && !best.unit.skip) {
    Unit unit = best.unit;
    unit.transform_split = true;
    predict(unit, scratch);
    const double residual = residual_cost(unit, scratch);
    if ((unit.coded[0] | unit.coded[1] | unit.coded[2]) != 0) {
      keep(best, unit, residual + lambda_ * (header_bits(unit) + transform_split_bits(unit)),
           scratch);
    }
  }
}

void TreeSearch::try_intra(const Unit& node, Scratch& scratch, double inter_match, Trial& best) {
  const Plane& plane = source_.planes[0];
  Unit unit = node;
  unit.intra = true;
  unit.residual = true;
  const Grid grid = transform_grid(frame_.format, unit, 0);
  Edge edge;
  gather_edge(frame_, unit, 0, grid, 0, 0, edge);
  std::array<std::pair<double, int>, kIntraModes> ranked;
  std::size_t count = 0;
  std::uint64_t seen = 0;
  const auto rank = [&](int mode) {
    if (mode < 0 || mode >= kIntraModes || ((seen >> mode) & 1) != 0) return;
    seen |= std::uint64_t{1} << mode;
    std::uint16_t* out = scratch.prediction[0].data();
    predict_intra(mode, unit.log2_size, edge, true, out, unit.size());
    Coster coster{costs_};
    code_intra_mode(coster, frame_, unit, mode);
    ranked[count++] = {sum_hadamard({plane.at(unit.x, unit.y), plane.stride()}, {out, unit.size()},
                                    unit.size(), unit.size()) +
                           root_lambda_ * coster.total * kBit,
                       mode};
  };
  rank(kPlanar);
  rank(kMean);
  for (int mode = kFirstDirection; mode < kIntraModes; mode += 4) rank(mode);
  std::sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count));
  // A picture's own edge rarely beats motion that fits this much better.
  if (inter_match != kNever && ranked[0].first > 1.3 * inter_match && effort_ < 9) return;
  for (int distance = 2; distance >= 1; --distance) {
    for (int i = 0; i < 2; ++i) {
      const int mode = ranked[static_cast<std::size_t>(i)].second;
      if (mode < kFirstDirection) continue;
      rank(std::max(mode - distance, kFirstDirection));
      rank(mode + distance);
    }
    std::sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count));
  }
  const auto likely = likely_modes(frame_, unit);
  for (int mode : likely) rank(mode);
  std::sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count));
  const std::size_t full = frame_.key ? (effort_ >= 5 ? 3 : 2) : 1;
  int best_mode = kNotMerged;
  for (std::size_t i = 0; i < std::min(full, count); ++i) {
    Unit trial = unit;
    trial.intra_mode = static_cast<std::uint8_t>(ranked[i].second);
    const double residual = intra_cost(trial, scratch);
    const double cost = residual + lambda_ * (header_bits(trial) + transform_split_bits(trial));
    if (cost < best.cost) best_mode = trial.intra_mode;
    keep(best, trial, cost, scratch);
  }
  if (best_mode >= 0 && effort_ >= kTransformSplitEffort) {
    Unit trial = unit;
    trial.intra_mode = static_cast<std::uint8_t>(best_mode);
    trial.transform_split = true;
    const double residual = intra_cost(trial, scratch);
    keep(best, trial, residual + lambda_ * (header_bits(trial) + transform_split_bits(trial)),
         scratch);
  }
}

}  // namespace holo::holovid
