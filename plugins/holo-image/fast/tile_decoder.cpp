// The decoder of a tile: read a block, foretell it, add what was coded, go on.
#include <string>

#include "plugins/holo-image/fast/block_reader.hpp"
#include "plugins/holo-image/fast/tile_codec.hpp"
#include "plugins/holo-image/fast/tile_state.hpp"

namespace holo::image::fast {
namespace {

class TileDecoder {
 public:
  TileDecoder(ReaderState& at, const TileShape& shape, std::span<const std::uint8_t> head,
              int components)
      : at_(at), state_(shape, head[0]), components_(components) {
    decoded_ = make_tile(shape);
    for (int p = 0; p < shape.colour_planes; ++p) {
      decoded_.start[std::size_t(p)] = start_sample(head[std::size_t(p) + 1]);
      views_[std::size_t(p)] = view(decoded_, p);
    }
    if (components_ > 0) shown_ = make_tile(shape);
  }

  void block(int column, int row) {
    const BlockChoice left = state_.left(column);
    const BlockChoice above = row > 0 ? state_.here(column) : BlockChoice{};
    SymbolReader<AnywhereModels> reader(at_);
    const int block_class =
        code_class(reader, state_.contexts, left.block_class, above.block_class, 0);
    at_ = reader.at();
    const BlockClass& basis = model()[std::size_t(block_class)];
    const int x = column * kBlockSide;
    const int y = row * kBlockSide;
    std::array<Ring, kPlanes> rings;
    int modes = 0;
    for (int plane = 0; plane < decoded_.shape.colour_planes; ++plane) {
      if (plane == 1) {
        SymbolReader<AnywhereModels> mode_reader(at_);
        modes = code_modes(mode_reader, state_.contexts, left.modes, above.modes, 0);
        at_ = mode_reader.at();
      }
      read_levels_(at_, state_.contexts, state_.around(plane, column, row, block_class), levels_,
                   state_.trace(plane, column));
      Ring& ring = rings[std::size_t(plane)];
      ring = ring_of(views_[std::size_t(plane)], x, y, decoded_.start[std::size_t(plane)]);
      Block prediction;
      const int mode = mode_of(modes, plane);
      if (mode == 0)
        predict_from_ring(kernels_, basis, ring, prediction);
      else
        predict_from_plane(kernels_, ring, rings[std::size_t(mode) - 1],
                           views_[std::size_t(mode) - 1], x, y, prediction);
      reconstruct(plane, x, y, basis, prediction);
    }
    state_.here(column) = {std::uint8_t(block_class), std::uint8_t(modes)};
  }

  TilePixels take() && { return components_ > 0 ? std::move(shown_) : std::move(decoded_); }

 private:
  void reconstruct(int plane, int x, int y, const BlockClass& basis, const Block& prediction) {
    SparseBlock& block = levels_.nonzero;
    const std::int32_t step = state_.step(plane);
    for (std::size_t i = 0; i < std::size_t(block.count); ++i)
      block.value[i] = dequantize(block.value[i], step);
    const PlaneView& to = views_[std::size_t(plane)];
    kernels_.inverse(basis, block, prediction, to.at(x, y), to.width);
    if (components_ == 0) return;
    while (block.count > 0 && block.position[std::size_t(block.count) - 1] >= components_)
      --block.count;
    kernels_.inverse(basis, block, prediction, view(shown_, plane).at(x, y), to.width);
  }

  ReaderState& at_;
  const ReadLevels read_levels_ = fastest_read_levels();
  const Kernels& kernels_ = kernels();
  TileState state_;
  int components_;
  TilePixels decoded_;
  TilePixels shown_;
  std::array<PlaneView, kPlanes> views_;
  Levels levels_;
};

}  // namespace

Result<TilePixels> decode_tile(std::span<const std::uint8_t> bytes, const TileShape& shape,
                               int components, const RowsDone& rows_done) {
  const std::size_t head = 1 + std::size_t(shape.colour_planes);
  if (bytes.size() < head + kStateBytes || bytes[0] > kQualityMax)
    return make_error(HOLO_CORRUPT, "tile: expected at least " +
                                        std::to_string(head + kStateBytes) +
                                        " bytes that begin with a quality of 0 to 100, found " +
                                        std::to_string(bytes.size()) + " bytes that begin with " +
                                        (bytes.empty() ? "none" : std::to_string(bytes[0])));
  SymbolDecoder coder(bytes.subspan(head));
  TileDecoder decoder(coder.at, shape, bytes.first(head),
                      components >= kBlockPixels ? 0 : components);
  const int columns = shape.coded_width() / kBlockSide;
  const int rows = shape.coded_height() / kBlockSide;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      decoder.block(column, row);
      if (coder.damaged())
        return make_error(HOLO_CORRUPT,
                          "tile: the coded data end inside the blocks; the file is damaged, "
                          "fetch it again");
    }
    if (rows_done) rows_done(1);
  }
  if (!coder.complete())
    return make_error(HOLO_CORRUPT,
                      "tile: its blocks do not end where its bytes do; the file is damaged, "
                      "fetch it again");
  return std::move(decoder).take();
}

}  // namespace holo::image::fast
