// The encoder of a tile: try classes and chroma modes on each block, keep the cheapest, code it.
#include <algorithm>
#include <limits>

#include "plugins/holo-image/alpha_coder.hpp"
#include "plugins/holo-image/fast/coders.hpp"
#include "plugins/holo-image/fast/rate_distortion.hpp"
#include "plugins/holo-image/fast/tile_state.hpp"

namespace holo::image {
namespace {

constexpr int kClassesTried = 3;  // of those that guess_bits ranks first

struct Candidate {
  LevelChoice choice;
  Block prediction;
  int mode = 0;
  std::int64_t cost = std::numeric_limits<std::int64_t>::max();
};

// Measures what a decision costs by coding it into nothing; contexts are not taught.
class CostCounter {
 public:
  bool bit(AdaptiveBit& a, AdaptiveBit& b, bool value) {
    cost_ += entropy::bit_cost(joint_probability(a, b), value);
    return value;
  }
  std::uint32_t bypass(std::uint32_t value, int count) {
    cost_ += 256 * count;
    return value;
  }
  [[nodiscard]] std::int64_t cost() const { return cost_; }

 private:
  std::int64_t cost_ = 0;
};

class TileEncoder {
 public:
  TileEncoder(entropy::BinaryEncoder& coder, const TilePixels& source,
              const std::array<std::int16_t, 3>& start, int quality)
      : writer_(coder),
        source_(source),
        decoded_(make_tile(source.shape)),
        state_(source.shape, quality) {
    decoded_.start = start;
  }

  void block(int column, int row) {
    column_ = column;
    row_ = row;
    Candidate luma;
    const int block_class = choose_class(luma);
    const Surroundings around = state_.around(0, column, row, block_class);
    code_class(writer_, state_.contexts, around.left->block_class, around.above->block_class,
               block_class);
    commit(0, block_class, luma);
    for (int plane = 1; plane < source_.shape.colour_planes; ++plane) {
      Candidate chroma;
      for (int mode = 0; mode <= plane; ++mode) try_chroma(plane, mode, block_class, chroma);
      const Surroundings beside = state_.around(plane, column, row, block_class);
      code_chroma_mode(writer_, state_.contexts, plane, beside.left->mode, beside.above->mode,
                       chroma.mode);
      commit(plane, block_class, chroma);
    }
  }

  [[nodiscard]] const Contexts& contexts() const { return state_.contexts; }

 private:
  [[nodiscard]] Block residual_of(int plane, const Block& prediction) const {
    const auto& samples = source_.colour[std::size_t(plane)];
    const auto stride = std::size_t(source_.shape.coded_width());
    const std::size_t corner =
        std::size_t(row_ * kBlockSide) * stride + std::size_t(column_ * kBlockSide);
    Block residual;
    for (std::size_t i = 0; i < kBlockPixels; ++i)
      residual[i] = std::int16_t(samples[corner + i / 8 * stride + i % 8] - prediction[i]);
    return residual;
  }

  int choose_class(Candidate& best) {
    struct Ranked {
      std::int64_t bits;
      std::size_t block_class;
    };
    std::array<Ranked, kClasses> ranking;
    const std::int32_t step = state_.step(0);
    const Surroundings beside = state_.around(0, column_, row_, 0);
    for (std::size_t c = 0; c < kClasses; ++c) {
      predict_block(decoded_, 0, 0, model()[c], column_ * kBlockSide, row_ * kBlockSide,
                    predictions_[c]);
      forward_transform(model()[c], residual_of(0, predictions_[c]), coefficients_[c]);
      CostCounter counter;
      code_class(counter, state_.contexts, beside.left->block_class, beside.above->block_class,
                 int(c));
      class_bits_[c] = counter.cost();
      ranking[c] = {guess_bits(coefficients_[c], step) + class_bits_[c], c};
    }
    std::partial_sort(ranking.begin(), ranking.begin() + kClassesTried, ranking.end(),
                      [](const Ranked& a, const Ranked& b) {
                        return a.bits != b.bits ? a.bits < b.bits : a.block_class < b.block_class;
                      });
    const Tradeoff tradeoff = tradeoff_for(0, step, step);
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < kClassesTried; ++i) {
      const std::size_t c = ranking[i].block_class;
      const LevelChoice choice = choose_levels(
          state_.contexts, state_.around(0, column_, row_, int(c)), coefficients_[c], tradeoff);
      const std::int64_t cost = choice.cost + class_bits_[c] * tradeoff.lambda;
      if (cost >= best.cost) continue;
      best.choice = choice;
      best.cost = cost;
      chosen = c;
    }
    best.prediction = predictions_[chosen];
    return int(chosen);
  }

  void try_chroma(int plane, int mode, int block_class, Candidate& best) {
    const BlockClass& basis = model()[std::size_t(block_class)];
    Candidate candidate;
    predict_block(decoded_, plane, mode, basis, column_ * kBlockSide, row_ * kBlockSide,
                  candidate.prediction);
    Coefficients coefficients;
    forward_transform(basis, residual_of(plane, candidate.prediction), coefficients);
    const Surroundings around = state_.around(plane, column_, row_, block_class);
    const Tradeoff tradeoff = tradeoff_for(plane, state_.step(0), state_.step(plane));
    candidate.choice = choose_levels(state_.contexts, around, coefficients, tradeoff);
    CostCounter counter;
    code_chroma_mode(counter, state_.contexts, plane, around.left->mode, around.above->mode, mode);
    candidate.cost = candidate.choice.cost + counter.cost() * tradeoff.lambda;
    candidate.mode = mode;
    if (candidate.cost < best.cost) best = candidate;
  }

  // Codes the levels and reconstructs the block as the decoder will.
  void commit(int plane, int block_class, Candidate& chosen) {
    BlockTrace trace;
    const Surroundings around = state_.around(plane, column_, row_, block_class);
    code_levels(writer_, state_.contexts, around, chosen.choice.levels, chosen.choice.length,
                trace);
    trace.block_class = std::uint8_t(block_class);
    trace.mode = std::uint8_t(chosen.mode);
    state_.trace(plane, column_) = trace;
    Block coefficients, out;
    for (std::size_t k = 0; k < kBlockPixels; ++k)
      coefficients[k] = dequantize(chosen.choice.levels[k], state_.step(plane));
    inverse_transform(model()[std::size_t(block_class)], coefficients, chosen.choice.length,
                      chosen.prediction, out);
    store_block(view(decoded_, plane), column_ * kBlockSide, row_ * kBlockSide, out);
  }

  BitWriter writer_;
  const TilePixels& source_;
  TilePixels decoded_;
  TileState state_;
  int column_ = 0;
  int row_ = 0;
  std::array<Block, kClasses> predictions_;
  std::array<Coefficients, kClasses> coefficients_;
  std::array<std::int64_t, kClasses> class_bits_{};
};

// The mean of the first block, rounded to a step of an 8-bit sample.
std::int16_t starting_sample(const TilePixels& tile, std::size_t plane) {
  std::int32_t sum = 0;
  for (int y = 0; y < kBlockSide; ++y)
    for (int x = 0; x < kBlockSide; ++x)
      sum += tile.colour[plane][std::size_t(y * tile.shape.coded_width() + x)];
  return start_sample(std::uint8_t(std::clamp((sum + 32 * 64) >> 12, -128, 127) + 128));
}

}  // namespace

std::vector<std::uint8_t> encode_tile(const TilePixels& tile, int quality, Contexts* learnt,
                                      const RowsDone& rows_done) {
  std::vector<std::uint8_t> bytes = {std::uint8_t(quality)};
  std::array<std::int16_t, 3> start{};
  for (std::size_t p = 0; p < tile.colour.size(); ++p) {
    start[p] = starting_sample(tile, p);
    bytes.push_back(start_byte(start[p]));
  }
  entropy::BinaryEncoder coder;
  TileEncoder encoder(coder, tile, start, quality);
  for (int row = 0; row < tile.shape.coded_height() / kBlockSide; ++row) {
    for (int column = 0; column < tile.shape.coded_width() / kBlockSide; ++column)
      encoder.block(column, row);
    if (rows_done) rows_done(1);
  }
  if (learnt != nullptr) *learnt = encoder.contexts();
  if (tile.shape.alpha_depth > 0)
    encode_alpha(coder, tile.alpha, tile.shape.width, tile.shape.alpha_depth, rows_done);
  const std::vector<std::uint8_t> code = coder.finish();
  bytes.insert(bytes.end(), code.begin(), code.end());
  return bytes;
}

}  // namespace holo::image
