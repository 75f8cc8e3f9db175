// One chain of contexts over all pictures; blocks are kept by reservoir sampling.
#include "plugins/holo-image/deep/train/refinement.hpp"

#include <algorithm>
#include <random>

#include "plugins/holo-image/deep/tile_codec.hpp"

namespace holo::image::deep {
namespace {

class BlockKeeper {
 public:
  BlockKeeper(const std::array<int, kSizes>& wanted, Refinement& result)
      : wanted_(wanted), result_(result) {
    for (std::size_t s = 0; s < kSizes; ++s) {
      const int pixels = kSide[s] * kSide[s];
      result.samples[s].blocks.resize(pixels, wanted[s]);
      result.samples[s].rings.resize(ring_inputs(kSide[s]), wanted[s]);
      result.assigned[s].clear();
    }
  }

  void take(const TilePixels& original, const LeafScope& scope, const Leaf& leaf) {
    const auto s = std::size_t(leaf.at.size);
    if (wanted_[s] == 0) return;
    std::uint64_t place = seen_[s]++;
    if (place >= std::uint64_t(wanted_[s])) {
      place = random_() % seen_[s];
      if (place >= std::uint64_t(wanted_[s])) return;
      result_.assigned[s][place] = leaf.block_class;
    } else {
      result_.assigned[s].push_back(leaf.block_class);
    }
    const Ring ring = gather_ring(scope.state, leaf.at, 0);
    const int side = leaf.at.side();
    Samples& samples = result_.samples[s];
    const auto column = Eigen::Index(place);
    for (int r = 0; r < ring_inputs(side); ++r)
      samples.rings(r, column) = float(pooled_sample(ring.sample, side, r) - ring.mean) / 64;
    for (int i = 0; i < side * side; ++i) {
      const std::size_t at =
          std::size_t(leaf.at.y + i / side) * std::size_t(original.shape.coded_width()) +
          std::size_t(leaf.at.x + i % side);
      samples.blocks(i, column) = float(original.colour[0][at] - ring.mean) / 64;
    }
  }

  void finish() {
    for (std::size_t s = 0; s < kSizes; ++s) {
      const auto kept = Eigen::Index(result_.assigned[s].size());
      result_.samples[s].blocks.conservativeResize(Eigen::NoChange, kept);
      result_.samples[s].rings.conservativeResize(Eigen::NoChange, kept);
    }
  }

 private:
  std::array<int, kSizes> wanted_;
  Refinement& result_;
  std::array<std::uint64_t, kSizes> seen_{};
  std::mt19937_64 random_{1};
};

}  // namespace

void refine(const PictureSource& pictures, std::size_t count, const RefinementOptions& options,
            Refinement& result, const PictureDone& done) {
  TrainedModel& trained = *result.trained;
  auto read = read_model(write_model(trained));
  Model& model = **read;
  BlockKeeper keeper(options.samples, result);
  FilterTrainer filter;
  TrainingTrace trace;
  result.bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const TilePixels original = pictures(i);
    trace.leaf = [&](const LeafScope& scope, const Leaf& leaf) {
      keeper.take(original, scope, leaf);
    };
    EncodeOptions encode;
    encode.step = options.steps[i % options.steps.size()];
    encode.effort = options.effort;
    result.bytes += encode_tile(model, original, encode, {}, &trace).size();
    model.contexts = trace.contexts;
    model.weights = trace.weights;
    if (options.filter) filter.add(trace.decoded, original, encode.step);
    if (done) done(i);
  }
  keeper.finish();
  trained.contexts = model.contexts;
  trained.weights = model.weights;
  trained.level_counts = trace.level_counts;
  if (options.filter) trained.taps = filter.solve();
}

}  // namespace holo::image::deep
