// The decoder of a tile: read a block, foretell it, add what was coded, go on.
#include "plugins/holo-image/alpha_coder.hpp"
#include "plugins/holo-image/fast/coders.hpp"
#include "plugins/holo-image/fast/tile_state.hpp"

namespace holo::image {
namespace {

using Levels = std::array<std::int16_t, kBlockPixels>;

class TileDecoder {
 public:
  TileDecoder(entropy::BinaryDecoder& coder, const TileShape& shape,
              std::span<const std::uint8_t> head, int components)
      : reader_(coder), state_(shape, head[0]), components_(components) {
    decoded_ = make_tile(shape);
    for (std::size_t p = 0; p + 1 < head.size(); ++p) decoded_.start[p] = start_sample(head[p + 1]);
    if (components_ > 0) shown_ = make_tile(shape);
  }

  void block(int column, int row) {
    const BlockTrace& left = *state_.around(0, column, row, 0).left;
    const BlockTrace& above = *state_.around(0, column, row, 0).above;
    const int block_class =
        code_class(reader_, state_.contexts, left.block_class, above.block_class, 0);
    for (int plane = 0; plane < decoded_.shape.colour_planes; ++plane)
      plane_block(plane, column, row, block_class);
  }

  TilePixels take() && { return components_ > 0 ? std::move(shown_) : std::move(decoded_); }

 private:
  void plane_block(int plane, int column, int row, int block_class) {
    const Surroundings around = state_.around(plane, column, row, block_class);
    const int mode = plane == 0 ? 0
                                : code_chroma_mode(reader_, state_.contexts, plane,
                                                   around.left->mode, around.above->mode, 0);
    BlockTrace trace;
    const int length = code_levels(reader_, state_.contexts, around, levels_, 0, trace);
    trace.block_class = std::uint8_t(block_class);
    trace.mode = std::uint8_t(mode);
    state_.trace(plane, column) = trace;

    const std::int32_t step = state_.step(plane);
    Block coefficients;
    for (std::size_t k = 0; k < std::size_t(length); ++k)
      coefficients[k] = dequantize(levels_[k], step);
    const int x = column * kBlockSide;
    const int y = row * kBlockSide;
    const BlockClass& basis = model()[std::size_t(block_class)];
    Block prediction, out;
    predict_block(decoded_, plane, mode, basis, x, y, prediction);
    inverse_transform(basis, coefficients, length, prediction, out);
    store_block(view(decoded_, plane), x, y, out);
    if (components_ == 0) return;
    inverse_transform(basis, coefficients, std::min(length, components_), prediction, out);
    store_block(view(shown_, plane), x, y, out);
  }

  BitReader reader_;
  TileState state_;
  int components_;
  TilePixels decoded_;
  TilePixels shown_;
  Levels levels_{};
};

Error damaged(const char* where) {
  return make_error(HOLO_CORRUPT, std::string("tile: the coded data end inside ") + where +
                                      "; the file is damaged, fetch it again");
}

}  // namespace

Result<TilePixels> decode_tile(std::span<const std::uint8_t> bytes, const TileShape& shape,
                               int components, const RowsDone& rows_done) {
  const std::size_t head = 1 + std::size_t(shape.colour_planes);
  if (bytes.size() < head || bytes[0] > kQualityMax)
    return make_error(HOLO_CORRUPT, "tile: expected a head of " + std::to_string(head) +
                                        " bytes that begins with a quality of 0 to 100, found " +
                                        std::to_string(bytes.size()) + " bytes that begin with " +
                                        (bytes.empty() ? "none" : std::to_string(bytes[0])));
  entropy::BinaryDecoder coder(bytes.subspan(head));
  TileDecoder decoder(coder, shape, bytes.first(head), components >= kBlockPixels ? 0 : components);
  const int columns = shape.coded_width() / kBlockSide;
  const int rows = shape.coded_height() / kBlockSide;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) decoder.block(column, row);
    if (coder.damaged()) return damaged("the colour blocks");
    if (rows_done) rows_done(1);
  }
  TilePixels tile = std::move(decoder).take();
  if (shape.alpha_depth > 0 &&
      !decode_alpha(coder, tile.alpha, shape.width, shape.alpha_depth, rows_done))
    return damaged("the alpha plane");
  return tile;
}

}  // namespace holo::image
