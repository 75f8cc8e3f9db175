// Depth first: a block as a leaf against its four quarters, with the state as a decoder has it.
#include "plugins/holo-image/deep/block_search.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace holo::image::deep {
namespace {

constexpr double kNever = std::numeric_limits<double>::max();

// What a search undoes: samples and units under a block.
struct Saved {
  std::array<Block, kPlanes> samples;
  std::vector<Unit> units;
};

void copy_coefficients(const LeafScope& scope, const Leaf& leaf, int plane, std::int16_t* out) {
  const std::int32_t step = plane_step(plane, scope.expectation->step());
  for (int k = 0; k < leaf.length[std::size_t(plane)]; ++k)
    out[k] = dequantize(leaf.at.size, leaf.levels[std::size_t(plane)][std::size_t(k)], step);
}

}  // namespace

BlockSearch::BlockSearch(const LeafScope& scope, Mixing& mixing, const TilePixels& source,
                         const SearchOptions& options)
    : scope_(scope), mixing_(mixing), source_(source), options_(options) {}

void BlockSearch::superblock(int x, int y, const Expectation& expectation, std::vector<Leaf>& out) {
  scope_.expectation = &expectation;
  for (int plane = 0; plane < kPlanes; ++plane)
    tradeoff_[std::size_t(plane)] = tradeoff_for(plane, expectation.step(), options_.lambda);
  search({x, y, kSizes - 1}, out);
}

void BlockSearch::residual_of(const Position& at, int plane, const Block& prediction,
                              Block& out) const {
  const int side = at.side();
  const std::int16_t* samples = source_.colour[std::size_t(plane)].data() +
                                std::size_t(at.y) * std::size_t(scope_.state.width()) +
                                std::size_t(at.x);
  for (int y = 0; y < side; ++y, samples += scope_.state.width())
    for (int x = 0; x < side; ++x)
      out.sample[y * side + x] =
          static_cast<std::int16_t>(samples[x] - prediction.sample[y * side + x]);
}

double BlockSearch::choose_luma(const Position& at, Leaf& leaf, Unit& unit) {
  const int pixels = at.side() * at.side();
  const int classes = kClasses[std::size_t(at.size)];
  const auto& models = scope_.model.sizes[std::size_t(at.size)];
  const Ring ring = gather_ring(scope_.state, at, 0);
  RingInputs inputs;
  ring_inputs_of(ring, at.side(), inputs);
  const int gain = gain_beside(scope_.state, at, 0);

  struct Tried {
    std::int64_t guess;
    int block_class;
  };
  std::array<Tried, 32> ranked;
  std::vector<Coefficients> coefficients(std::size_t(classes), Coefficients{});
  std::vector<Block> predictions(static_cast<std::size_t>(classes));
  Block residual;
  for (int c = 0; c < classes; ++c) {
    predict_from_ring(scope_.model, at, c, ring, inputs, predictions[std::size_t(c)]);
    residual_of(at, 0, predictions[std::size_t(c)], residual);
    analyse(scope_.model, at.size, c, residual, coefficients[std::size_t(c)]);
    ranked[std::size_t(c)] = {
        guess_bits(coefficients[std::size_t(c)], pixels, scope_.expectation->step()) +
            models[std::size_t(c)].cost,
        c};
  }
  const int tried = std::min(options_.classes_tried, classes);
  std::partial_sort(ranked.begin(), ranked.begin() + tried, ranked.begin() + classes,
                    [](const Tried& a, const Tried& b) { return a.guess < b.guess; });
  double best_cost = kNever;
  LevelChoice best;
  std::vector<std::int16_t> levels(static_cast<std::size_t>(pixels));
  leaf.levels[0].resize(std::size_t(pixels));
  for (int t = 0; t < tried; ++t) {
    const int c = ranked[std::size_t(t)].block_class;
    const LevelChoice choice = choose_levels(scope_.model, scope_.expectation->of(at.size, c),
                                             coefficients[std::size_t(c)], pixels, at.size, 0, gain,
                                             tradeoff_[0], levels.data());
    MixedCost counter(mixing_);
    code_class(counter, scope_.state, at, c);
    const double cost = choice.cost + tradeoff_[0].lambda * counter.cost();
    if (cost >= best_cost) continue;
    best_cost = cost;
    best = choice;
    leaf.block_class = c;
    leaf.levels[0].swap(levels);
    levels.resize(std::size_t(pixels));
  }
  leaf.length[0] = best.length;
  alignas(32) std::int16_t quantized[kMaxPixels];
  copy_coefficients(scope_, leaf, 0, quantized);
  Block block;
  synthesise(scope_.model, at.size, leaf.block_class, quantized, best.length,
             predictions[std::size_t(leaf.block_class)], block);
  scope_.state.store(at, 0, block);
  unit.nonzeros[0] = std::uint8_t(std::min(255, best.nonzeros));
  unit.gain[0] = std::int16_t(
      block_gain(std::uint64_t(best.level_sum),
                 scope_.expectation->of(at.size, leaf.block_class).remaining[0], gain));
  return best_cost;
}

double BlockSearch::choose_chroma(const Position& at, int plane, Leaf& leaf, Unit& unit) {
  const auto p = std::size_t(plane);
  const int pixels = at.side() * at.side();
  const ClassExpectation& expectation = scope_.expectation->of(at.size, leaf.block_class);
  const int gain = gain_beside(scope_.state, at, plane);
  const Ring ring = gather_ring(scope_.state, at, plane);
  double best_cost = kNever;
  LevelChoice best;
  Block prediction, best_prediction, residual;
  Coefficients coefficients;
  std::vector<std::int16_t> levels(static_cast<std::size_t>(pixels));
  leaf.levels[p].resize(std::size_t(pixels));
  int best_mode = 0;
  for (int mode = 0; mode < mode_count(plane); ++mode) {
    leaf.mode[p] = mode;
    predict_plane(scope_, leaf, plane, ring, prediction);
    residual_of(at, plane, prediction, residual);
    analyse(scope_.model, at.size, leaf.block_class, residual, coefficients);
    const LevelChoice choice = choose_levels(scope_.model, expectation, coefficients, pixels,
                                             at.size, plane, gain, tradeoff_[p], levels.data());
    MixedCost counter(mixing_);
    code_mode(counter, scope_.state, at, plane, plane == 2 ? leaf.mode[1] : 0, unit.nonzeros[0],
              mode);
    const double cost = choice.cost + tradeoff_[p].lambda * counter.cost();
    if (cost >= best_cost) continue;
    best_cost = cost;
    best = choice;
    best_mode = mode;
    std::memcpy(best_prediction.sample, prediction.sample, std::size_t(pixels) * 2);
    leaf.levels[p].swap(levels);
  }
  leaf.mode[p] = best_mode;
  leaf.length[p] = best.length;
  alignas(32) std::int16_t quantized[kMaxPixels];
  copy_coefficients(scope_, leaf, plane, quantized);
  Block block;
  synthesise(scope_.model, at.size, leaf.block_class, quantized, best.length, best_prediction,
             block);
  scope_.state.store(at, plane, block);
  unit.mode[p] = std::uint8_t(best_mode);
  unit.nonzeros[p] = std::uint8_t(std::min(255, best.nonzeros));
  unit.gain[p] =
      std::int16_t(block_gain(std::uint64_t(best.level_sum), expectation.remaining[0], gain));
  return best_cost;
}

double BlockSearch::try_leaf(const Position& at, Leaf& leaf) {
  leaf.at = at;
  Unit unit;
  unit.known = true;
  unit.size = std::uint8_t(at.size);
  double cost = choose_luma(at, leaf, unit);
  unit.block_class = std::uint8_t(leaf.block_class);
  for (int plane = 1; plane < scope_.state.planes(); ++plane)
    cost += choose_chroma(at, plane, leaf, unit);
  scope_.state.set_units(at, unit);
  return cost;
}

double BlockSearch::split_cost(const Position& at, bool split) {
  MixedCost counter(mixing_);
  code_split(counter, scope_.state, at, split);
  return counter.cost();
}

double BlockSearch::search(const Position& at, std::vector<Leaf>& out) {
  TileState& state = scope_.state;
  if (at.x >= state.width() || at.y >= state.height()) return 0;
  const bool fits = at.x + at.side() <= state.width() && at.y + at.side() <= state.height();
  const bool whole = fits && at.size <= options_.largest;
  double cost = kNever;
  double split = 0;
  Leaf leaf;
  if (fits && at.size > 0) split = tradeoff_[0].lambda * split_cost(at, true);
  if (whole) {
    const double unsplit = at.size > 0 ? tradeoff_[0].lambda * split_cost(at, false) : 0;
    cost = try_leaf(at, leaf) + unsplit;
    const bool silent =
        std::all_of(leaf.length.begin(), leaf.length.end(), [](int length) { return length == 0; });
    if (at.size <= options_.smallest || (silent && at.size <= 2)) {
      out.push_back(std::move(leaf));
      return cost;
    }
  }
  Saved saved;
  if (whole) {
    for (int plane = 0; plane < state.planes(); ++plane)
      state.load(at, plane, saved.samples[std::size_t(plane)]);
    state.save_units(at, saved.units);
    state.forget(at);
  }
  std::vector<Leaf> quarters;
  const int half = at.side() / 2;
  for (int i = 0; i < 4 && split < cost; ++i)
    split += search({at.x + (i & 1) * half, at.y + (i >> 1) * half, at.size - 1}, quarters);
  if (split < cost) {
    std::move(quarters.begin(), quarters.end(), std::back_inserter(out));
    return split;
  }
  for (int plane = 0; plane < state.planes(); ++plane)
    state.store(at, plane, saved.samples[std::size_t(plane)]);
  state.restore_units(at, saved.units);
  out.push_back(std::move(leaf));
  return cost;
}

}  // namespace holo::image::deep
