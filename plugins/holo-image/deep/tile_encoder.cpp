// The encoder of a tile: search a superblock, code it, go on.
#include <algorithm>

#include "plugins/holo-image/deep/activity.hpp"
#include "plugins/holo-image/deep/block_search.hpp"
#include "plugins/holo-image/deep/post_filter.hpp"
#include "plugins/holo-image/deep/step_field.hpp"
#include "plugins/holo-image/deep/tile_codec.hpp"
#include "plugins/holo-image/deep/tile_head.hpp"
#include "plugins/holo-image/deep/training_trace.hpp"

namespace holo::image::deep {
namespace {

// Measured on photographs: see docs/holo-image.md.
constexpr double kActivityStrength = 0.45;

// What each effort looks at: how many classes to the end, the smallest and the largest block.
SearchOptions search_options(int effort) {
  struct Row {
    int classes_tried, smallest, largest;
  };
  static constexpr std::array<Row, 6> kRows = {
      {{1, 1, 2}, {1, 0, 3}, {2, 0, 3}, {3, 0, 3}, {6, 0, 3}, {16, 0, 3}}};
  const Row& row = kRows[std::size_t(std::clamp(effort, 4, 9) - 4)];
  return {row.classes_tried, row.smallest, row.largest};
}

// The mean of each plane's first rows, to the precision of the head.
std::array<std::int16_t, 3> starts_of(const TilePixels& tile) {
  std::array<std::int16_t, 3> starts{};
  for (std::size_t p = 0; p < tile.colour.size(); ++p) {
    std::int64_t sum = 0;
    // The first rows, where the start is used; a corner says more than the mean of all.
    const std::int64_t count = std::min<std::int64_t>(std::int64_t(tile.colour[p].size()),
                                                      std::int64_t{8} * tile.shape.coded_width());
    for (std::int64_t i = 0; i < count; ++i) sum += tile.colour[p][std::size_t(i)];
    const std::int64_t mean = count > 0 ? sum / count : 0;
    starts[p] = std::int16_t(std::clamp<std::int64_t>((mean + 8192 + 32) / 64, 0, 255) * 64 - 8192);
  }
  return starts;
}

double squared_error(const TilePixels& a, const TilePixels& b) {
  double error = 0;
  for (int plane = 0; plane < a.shape.colour_planes; ++plane) {
    const auto& x = a.colour[std::size_t(plane)];
    const auto& y = b.colour[std::size_t(plane)];
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::int64_t d = x[i] - y[i];
      sum += d * d;
    }
    error += plane_weight(plane) * double(sum);
  }
  return error;
}

// Fine steps leave noise in place that the filter was trained to take away.
bool filter_helps(const FilterModel& filter, std::int32_t step, const TilePixels& decoded,
                  const TilePixels& source) {
  if (!filter_pays(filter)) return false;
  TilePixels filtered = decoded;
  filter_tile(filter, step, decoded.shape.coded_height(), filtered);
  return squared_error(filtered, source) < squared_error(decoded, source);
}

class TileEncoder {
 public:
  TileEncoder(const Model& model, const TilePixels& source, const EncodeOptions& options,
              const std::array<std::int16_t, 3>& start, TrainingTrace* trace)
      : mixing_(model.contexts, model.weights),
        writer_(mixing_, coder_),
        steps_(model, options.step),
        state_(source.shape),
        scope_{model, &steps_.expectation(0), state_},
        search_(scope_, mixing_, source, search_options(options.effort)),
        trace_(trace) {
    state_.pixels.start = start;
  }

  void superblock(int x, int y, const int* offset) {
    if (offset != nullptr) scope_.expectation = &steps_.expectation(steps_.code(writer_, *offset));
    leaves_.clear();
    search_.superblock(x, y, *scope_.expectation, leaves_);
    for (const Leaf& leaf : leaves_) state_.forget(leaf.at);
    next_ = 0;
    node({x, y, kSizes - 1});
  }

  // Before the filter.
  [[nodiscard]] const TilePixels& decoded() const { return state_.pixels; }

  std::vector<std::uint8_t> finish() {
    if (trace_ != nullptr) {
      trace_->contexts.assign(mixing_.contexts().begin(), mixing_.contexts().end());
      trace_->weights.assign(mixing_.weights().begin(), mixing_.weights().end());
      trace_->decoded = state_.pixels;
    }
    return coder_.finish();
  }

 private:
  void node(const Position& at) {
    if (at.x >= state_.width() || at.y >= state_.height()) return;
    const bool fits = at.x + at.side() <= state_.width() && at.y + at.side() <= state_.height();
    const bool split = leaves_[next_].at.size < at.size;
    if (at.size > 0 && fits) code_split(writer_, state_, at, split);
    if (split) {
      const int half = at.side() / 2;
      for (int i = 0; i < 4; ++i)
        node({at.x + (i & 1) * half, at.y + (i >> 1) * half, at.size - 1});
      return;
    }
    Leaf& leaf = leaves_[next_++];
    if (trace_ != nullptr) {
      if (trace_->leaf) trace_->leaf(scope_, leaf);
      count_levels(leaf);
    }
    code_leaf(writer_, scope_, leaf, [](int, const Ring&) {});
  }

  void count_levels(const Leaf& leaf) {
    for (int plane = 0; plane < state_.planes(); ++plane) {
      const ClassExpectation& expectation = scope_.expectation->of(leaf.at.size, leaf.block_class);
      RunningGain running(gain_beside(state_, leaf.at, plane));
      for (int k = 0; k < leaf.length[std::size_t(plane)]; ++k) {
        const int magnitude = std::abs(leaf.levels[std::size_t(plane)][std::size_t(k)]);
        const int estimate =
            expectation.log_level[std::size_t(k)] + ((running.whole() + running.late()) >> 1);
        const int bucket = std::clamp((estimate >> 3) + kCostZero, 0, kCostBuckets - 1);
        ++trace_->level_counts[plane > 0 ? 1 : 0][std::size_t(bucket)]
                              [std::size_t(std::min(magnitude, 16))];
        running.update(magnitude, expectation.level[std::size_t(k)]);
      }
    }
  }

  entropy::BinaryEncoder coder_;
  Mixing mixing_;
  MixedWriter writer_;
  StepField steps_;
  TileState state_;
  LeafScope scope_;
  BlockSearch search_;
  TrainingTrace* trace_;
  std::vector<Leaf> leaves_;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<std::uint8_t> encode_tile(const Model& model, const TilePixels& tile,
                                      const EncodeOptions& options, const RowsDone& rows_done,
                                      TrainingTrace* trace) {
  TileHead head;
  head.step = std::clamp<std::int32_t>(options.step, kStepMin, kStepMax);
  head.adaptive = options.for_the_eye;
  head.start = starts_of(tile);
  TileEncoder encoder(model, tile, {head.step, options.effort, false}, head.start, trace);
  const std::vector<int> offsets =
      head.adaptive ? offsets_by_activity(tile, kActivityStrength) : std::vector<int>{};
  const int* offset = head.adaptive ? offsets.data() : nullptr;
  for (int y = 0; y < tile.shape.coded_height(); y += kMaxSide) {
    for (int x = 0; x < tile.shape.coded_width(); x += kMaxSide) {
      encoder.superblock(x, y, offset);
      if (offset != nullptr) ++offset;
    }
    if (rows_done) rows_done(std::min(kMaxSide, tile.shape.coded_height() - y) / 8);
  }
  head.filtered = filter_helps(model.filter, head.step, encoder.decoded(), tile);
  std::vector<std::uint8_t> bytes = write_tile_head(head, tile.shape.colour_planes);
  const std::vector<std::uint8_t> coded = encoder.finish();
  bytes.insert(bytes.end(), coded.begin(), coded.end());
  return bytes;
}

}  // namespace holo::image::deep
