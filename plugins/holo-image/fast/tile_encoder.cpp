// The encoder of a tile: try classes and chroma modes on each block, keep the cheapest, code it.
#include <algorithm>
#include <limits>

#include "plugins/holo-image/fast/level_choice.hpp"
#include "plugins/holo-image/fast/symbol_coder.hpp"
#include "plugins/holo-image/fast/tile_codec.hpp"
#include "plugins/holo-image/fast/tile_state.hpp"

namespace holo::image::fast {
namespace {

struct Candidate {
  LevelChoice choice;
  Block prediction;
  std::int64_t cost = std::numeric_limits<std::int64_t>::max();
  int mode = 0;
};

// Writes symbols and counts them by model.
class CountingEncoder : public SymbolEncoder {
 public:
  using InRegisters = CountingEncoder&;

  explicit CountingEncoder(Contexts& contexts, SymbolCounts* counts)
      : models_(all_models(contexts)), counts_(counts) {}
  unsigned symbol(SymbolModel& a, SymbolModel& b, unsigned value) {
    if (counts_ != nullptr) {
      ++(*counts_)[std::size_t(&a - models_.data())][value];
      if (&a != &b) ++(*counts_)[std::size_t(&b - models_.data())][value];
    }
    return SymbolEncoder::symbol(a, b, value);
  }

 private:
  std::span<SymbolModel> models_;
  SymbolCounts* counts_;
};

// What an effort searches.
struct Search {
  int transformed;   // classes that are transformed, those with the least residual first
  int tried;         // of them, those whose levels are chosen
  bool modes_tried;  // levels are chosen for every chroma mode, too, instead of guessed at
};
constexpr std::array<Search, 3> kSearches = {
    {{3, 1, false}, {kClasses, 1, false}, {kClasses, 2, true}}};

class TileEncoder {
 public:
  TileEncoder(const TilePixels& source, const std::array<std::int16_t, 3>& start, int quality,
              int effort, SymbolCounts* counts)
      : source_(source),
        decoded_(make_tile(source.shape)),
        state_(source.shape, quality),
        coder_(state_.contexts, counts),
        search_(kSearches[std::size_t(std::clamp(effort, 1, 3)) - 1]) {
    decoded_.start = start;
    for (int p = 0; p < source.shape.colour_planes; ++p) {
      views_[std::size_t(p)] = view(decoded_, p);
      tradeoffs_[std::size_t(p)] = tradeoff_for(p, state_.step(0), state_.step(p));
    }
  }

  void block(int column, int row) {
    column_ = column;
    row_ = row;
    left_ = state_.left(column);
    above_ = row > 0 ? state_.here(column) : BlockChoice{};
    for (int p = 0; p < source_.shape.colour_planes; ++p)
      rings_[std::size_t(p)] = ring_of(views_[std::size_t(p)], column * kBlockSide,
                                       row * kBlockSide, decoded_.start[std::size_t(p)]);
    Candidate luma;
    choose_class(luma);
    code_class(coder_, state_.contexts, left_.block_class, above_.block_class, class_);
    reconstruct(0, luma);
    code(0, luma.choice.levels);
    int modes = 0;
    if (source_.shape.colour_planes == 3) {
      Candidate cb, cr;
      choose_mode(1, 0, cb);
      reconstruct(1, cb);
      // Cr looks at how Cb was coded, so Cb's modes and levels are only coded after its choice.
      const BlockTrace above = state_.trace(1, column);
      leave_trace(cb.choice.levels, state_.trace(1, column));
      choose_mode(2, cb.mode, cr);
      reconstruct(2, cr);
      state_.trace(1, column) = above;
      modes = cb.mode + 2 * cr.mode;
      code_modes(coder_, state_.contexts, left_.modes, above_.modes, modes);
      code(1, cb.choice.levels);
      code(2, cr.choice.levels);
    }
    state_.here(column) = {std::uint8_t(class_), std::uint8_t(modes)};
  }

  void finish(std::vector<std::uint8_t>& out) const { coder_.finish(out); }

 private:
  [[nodiscard]] Surroundings around(int plane) const {
    return state_.around(plane, column_, row_, class_);
  }

  void residual_of(int plane, const Block& prediction, Block& residual) const {
    const auto stride = std::size_t(source_.shape.coded_width());
    const std::int16_t* corner = source_.colour[std::size_t(plane)].data() +
                                 std::size_t(row_ * kBlockSide) * stride +
                                 std::size_t(column_ * kBlockSide);
    for (std::size_t y = 0; y < kBlockSide; ++y)
      for (std::size_t x = 0; x < kBlockSide; ++x)
        residual[y * kBlockSide + x] =
            std::int16_t(corner[y * stride + x] - prediction[y * kBlockSide + x]);
  }

  [[nodiscard]] static std::int64_t energy_of(const Block& residual) {
    std::int64_t sum = 0;
    for (const std::int16_t r : residual) sum += std::int32_t{r} * r;
    return sum;
  }

  void choose_class(Candidate& best) {
    struct Ranked {
      std::int64_t bits;
      std::size_t block_class;
    };
    std::array<Ranked, kClasses> ranking;
    const auto by_bits = [](const Ranked& a, const Ranked& b) {
      return a.bits != b.bits ? a.bits < b.bits : a.block_class < b.block_class;
    };
    const std::int32_t step = state_.step(0);
    const SymbolModel& classes = state_.contexts.block_class[left_.block_class][above_.block_class];
    for (std::size_t c = 0; c < kClasses; ++c) {
      predict_from_ring(kernels_, model()[c], rings_[0], predictions_[c]);
      residual_of(0, predictions_[c], residuals_[c]);
      class_bits_[c] = symbol_cost(classes, classes, unsigned(c));
      ranking[c] = {0, c};
      if (search_.transformed < kClasses) ranking[c].bits = energy_of(residuals_[c]);
    }
    const auto shortlist = ranking.begin() + search_.transformed;
    std::partial_sort(ranking.begin(), shortlist, ranking.end(), by_bits);
    for (auto r = ranking.begin(); r != shortlist; ++r) {
      const std::size_t c = r->block_class;
      kernels_.forward(model()[c], residuals_[c], coefficients_[c]);
      r->bits = kernels_.guess_bits(coefficients_[c], step) + class_bits_[c];
    }
    const std::ptrdiff_t tried = search_.tried;
    std::partial_sort(ranking.begin(), ranking.begin() + tried, shortlist, by_bits);
    const Tradeoff& tradeoff = tradeoffs_[0];
    LevelChoice choice;
    std::size_t chosen = 0;
    for (std::ptrdiff_t i = 0; i < tried; ++i) {
      const std::size_t c = ranking[std::size_t(i)].block_class;
      class_ = int(c);
      choose_levels(state_.contexts, around(0), coefficients_[c], tradeoff, choice);
      const std::int64_t cost = choice.cost + class_bits_[c] * tradeoff.lambda;
      if (cost >= best.cost) continue;
      best.choice = choice;
      best.cost = cost;
      chosen = c;
    }
    class_ = int(chosen);
    best.prediction = predictions_[chosen];
  }

  // Bits of a mode of a plane: Cb counts on the cheapest pair that has it.
  [[nodiscard]] std::int64_t mode_bits(int plane, int mode, int cb_mode) const {
    const SymbolModel& model = state_.contexts.modes[left_.modes][above_.modes];
    if (plane == 2) return symbol_cost(model, model, unsigned(cb_mode + 2 * mode));
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (int cr = 0; cr < 3; ++cr)
      least = std::min(least, symbol_cost(model, model, unsigned(mode + 2 * cr)));
    return least;
  }

  void choose_mode(int plane, int cb_mode, Candidate& best) {
    const BlockClass& basis = model()[std::size_t(class_)];
    const Ring& ring = rings_[std::size_t(plane)];
    const Tradeoff& tradeoff = tradeoffs_[std::size_t(plane)];
    Block residual;
    std::size_t chosen = 0;
    std::int64_t best_guess = std::numeric_limits<std::int64_t>::max();
    LevelChoice choice;
    for (int mode = 0; mode <= plane; ++mode) {
      const auto m = std::size_t(mode);
      if (mode == 0)
        predict_from_ring(kernels_, basis, ring, predictions_[m]);
      else
        predict_from_plane(kernels_, ring, rings_[m - 1], views_[m - 1], column_ * kBlockSide,
                           row_ * kBlockSide, predictions_[m]);
      residual_of(plane, predictions_[m], residual);
      kernels_.forward(basis, residual, coefficients_[m]);
      const std::int64_t bits = mode_bits(plane, mode, cb_mode);
      if (search_.modes_tried) {
        choose_levels(state_.contexts, around(plane), coefficients_[m], tradeoff, choice);
        const std::int64_t cost = choice.cost + bits * tradeoff.lambda;
        if (cost >= best.cost) continue;
        best.cost = cost;
        best.choice = choice;
        best.mode = mode;
        chosen = m;
      } else {
        const std::int64_t guess = kernels_.guess_bits(coefficients_[m], tradeoff.step) + bits;
        if (guess >= best_guess) continue;
        best_guess = guess;
        best.mode = mode;
        chosen = m;
      }
    }
    if (!search_.modes_tried)
      choose_levels(state_.contexts, around(plane), coefficients_[chosen], tradeoff, best.choice);
    best.prediction = predictions_[chosen];
  }

  void reconstruct(int plane, const Candidate& chosen) {
    SparseBlock block = chosen.choice.levels.nonzero;
    for (std::size_t i = 0; i < std::size_t(block.count); ++i)
      block.value[i] = dequantize(block.value[i], state_.step(plane));
    const PlaneView& to = views_[std::size_t(plane)];
    kernels_.inverse(model()[std::size_t(class_)], block, chosen.prediction,
                     to.at(column_ * kBlockSide, row_ * kBlockSide), to.width);
  }

  void code(int plane, Levels& levels) {
    code_levels(coder_, state_.contexts, around(plane), levels, state_.trace(plane, column_));
  }

  const Kernels& kernels_ = kernels();
  const TilePixels& source_;
  TilePixels decoded_;
  TileState state_;
  CountingEncoder coder_;
  Search search_;
  std::array<PlaneView, kPlanes> views_;
  std::array<Tradeoff, kPlanes> tradeoffs_;
  int column_ = 0;
  int row_ = 0;
  int class_ = 0;
  BlockChoice left_, above_;
  std::array<Ring, kPlanes> rings_;
  std::array<Block, kClasses> predictions_;
  std::array<Block, kClasses> residuals_;
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

std::vector<std::uint8_t> encode_tile(const TilePixels& tile, int quality, int effort,
                                      const RowsDone& rows_done, SymbolCounts* counts) {
  std::vector<std::uint8_t> bytes = {std::uint8_t(quality)};
  std::array<std::int16_t, 3> start{};
  for (std::size_t p = 0; p < tile.colour.size(); ++p) {
    start[p] = starting_sample(tile, p);
    bytes.push_back(start_byte(start[p]));
  }
  TileEncoder encoder(tile, start, quality, effort, counts);
  for (int row = 0; row < tile.shape.coded_height() / kBlockSide; ++row) {
    for (int column = 0; column < tile.shape.coded_width() / kBlockSide; ++column)
      encoder.block(column, row);
    if (rows_done) rows_done(1);
  }
  encoder.finish(bytes);
  return bytes;
}

}  // namespace holo::image::fast
