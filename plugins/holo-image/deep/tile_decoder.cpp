// The decoder of a tile: superblocks by rows, each a tree of blocks.
#include <algorithm>
#include <cstring>
#include <string>

#include "plugins/holo-image/deep/leaf.hpp"
#include "plugins/holo-image/deep/post_filter.hpp"
#include "plugins/holo-image/deep/quantizer.hpp"
#include "plugins/holo-image/deep/step_field.hpp"
#include "plugins/holo-image/deep/tile_codec.hpp"
#include "plugins/holo-image/deep/tile_head.hpp"

namespace holo::image::deep {
namespace {

class TileDecoder {
 public:
  TileDecoder(const Model& model, std::span<const std::uint8_t> bytes, const TileShape& shape,
              const TileHead& head, int components)
      : coder_(bytes),
        mixing_(model.contexts, model.weights),
        reader_(mixing_, coder_),
        steps_(model, head.step),
        adaptive_(head.adaptive),
        state_(shape),
        components_(components),
        scope_{model, &steps_.expectation(0), state_} {
    state_.pixels.start = head.start;
    for (auto& levels : leaf_.levels) levels.resize(kMaxPixels);
    if (components > 0) shown_ = make_tile(shape);
  }

  void superblock(int x, int y) {
    if (adaptive_) scope_.expectation = &steps_.expectation(steps_.code(reader_, 0));
    node({x, y, kSizes - 1});
  }

  [[nodiscard]] bool failed() const { return failed_ || coder_.damaged(); }
  TilePixels& decoded() { return components_ > 0 ? shown_ : state_.pixels; }

 private:
  void node(const Position& at) {
    if (at.x >= state_.width() || at.y >= state_.height() || failed_) return;
    const bool fits = at.x + at.side() <= state_.width() && at.y + at.side() <= state_.height();
    if (at.size > 0 && (!fits || code_split(reader_, state_, at, false))) {
      const int half = at.side() / 2;
      for (int i = 0; i < 4; ++i)
        node({at.x + (i & 1) * half, at.y + (i >> 1) * half, at.size - 1});
      return;
    }
    leaf_.at = at;
    code_leaf(reader_, scope_, leaf_, [this](int plane, const Ring& ring) { show(plane, ring); });
  }

  void show(int plane, const Ring& ring) {
    if (leaf_.mode[std::size_t(plane)] >= mode_count(plane)) {
      failed_ = true;
      leaf_.mode[std::size_t(plane)] = 0;
    }
    const auto p = std::size_t(plane);
    const std::int32_t step = plane_step(plane, scope_.expectation->step());
    const int length = leaf_.length[p];
    for (int k = 0; k < length; ++k)
      coefficients_[k] = dequantize(leaf_.at.size, leaf_.levels[p][std::size_t(k)], step);
    predict_plane(scope_, leaf_, plane, ring, prediction_);
    synthesise(scope_.model, leaf_.at.size, leaf_.block_class, coefficients_, length, prediction_,
               block_);
    state_.store(leaf_.at, plane, block_);
    // The next plane's contexts read this one's levels past its length, too.
    std::fill(leaf_.levels[p].begin() + length,
              leaf_.levels[p].begin() + leaf_.at.side() * leaf_.at.side(), std::int16_t{0});
    if (components_ == 0) return;
    synthesise(scope_.model, leaf_.at.size, leaf_.block_class, coefficients_,
               std::min(length, components_), prediction_, block_);
    for (int y = 0; y < leaf_.at.side(); ++y)
      std::memcpy(shown_.colour[p].data() +
                      std::size_t(leaf_.at.y + y) * std::size_t(state_.width()) +
                      std::size_t(leaf_.at.x),
                  block_.sample + y * leaf_.at.side(), std::size_t(leaf_.at.side()) * 2);
  }

  entropy::BinaryDecoder coder_;
  Mixing mixing_;
  MixedReader reader_;
  StepField steps_;
  bool adaptive_;
  TileState state_;
  int components_;
  LeafScope scope_;
  TilePixels shown_;
  Leaf leaf_;
  Block prediction_, block_;
  alignas(32) std::int16_t coefficients_[kMaxPixels];
  bool failed_ = false;
};

}  // namespace

Result<TilePixels> decode_tile(const Model& model, std::span<const std::uint8_t> bytes,
                               const TileShape& shape, int components, int rows,
                               const RowsDone& rows_done) {
  HOLO_ASSIGN(const TileHead head, read_tile_head(bytes, shape.colour_planes));
  if (head.filtered && !filter_pays(model.filter))
    return make_error(HOLO_CORRUPT,
                      "tile: filtered, but the model has no filter; the file is damaged, or was "
                      "written with another model");
  TileDecoder decoder(model, bytes.subspan(head.bytes), shape, head,
                      components >= kMaxPixels ? 0 : components);
  const int shown = rows > 0 ? std::min(rows, shape.coded_height()) : shape.coded_height();
  const int needed = std::min(shown + (head.filtered ? kFilterSight : 0), shape.coded_height());
  for (int y = 0; y < needed; y += kMaxSide) {
    for (int x = 0; x < shape.coded_width(); x += kMaxSide) decoder.superblock(x, y);
    if (decoder.failed())
      return make_error(HOLO_CORRUPT,
                        "tile: the coded blocks end or contradict themselves in row " +
                            std::to_string(y) + "; the file is damaged, fetch it again");
    if (rows_done) rows_done(std::min(kMaxSide, shape.coded_height() - y) / 8);
  }
  if (head.filtered) filter_tile(model.filter, head.step, shown, decoder.decoded());
  return std::move(decoder.decoded());
}

}  // namespace holo::image::deep
