// The reading side of the syntax: parse a unit, reconstruct it, go on.
#include "plugins/holovid/frame_decoder.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "plugins/holovid/quantizer.hpp"
#include "plugins/holovid/syntax.hpp"

namespace holo::holovid {
namespace {

void clear_levels(const Format& format, const Unit& unit, TreeLevels& levels) {
  for (int p = 0; p < format.planes; ++p) {
    const int count = (unit.size() >> format.sx(p)) * (unit.size() >> format.sy(p));
    std::fill_n(levels.of(format, unit, p), count, std::int16_t{0});
  }
}

}  // namespace

Result<std::shared_ptr<const Reference>> decode_frame(std::span<const std::uint8_t> bytes,
                                                      GopState& state, const RowDone& row_done) {
  if (bytes.size() < kFrameHeaderSize) {
    return make_error(HOLO_CORRUPT, "the frame has " + std::to_string(bytes.size()) +
                                        " bytes, but its header alone takes 2");
  }
  if ((bytes[0] & ~kKeyFlag) != 0 || bytes[1] >= kQuantizerCount) {
    return make_error(HOLO_CORRUPT, "the frame header (flags " + std::to_string(bytes[0]) +
                                        ", quantizer " + std::to_string(bytes[1]) +
                                        ") is none that holovid writes");
  }
  const bool key = (bytes[0] & kKeyFlag) != 0;
  if (key) {
    state.restart();
  } else if (state.next_position() == 0) {
    return make_error(HOLO_CORRUPT,
                      "the frame is predicted from one before it, but a key frame "
                      "was expected here");
  }
  Frame frame = state.start_frame(bytes[1]);
  Contexts contexts = state.start_contexts();
  entropy::BinaryDecoder coder(bytes.subspan(kFrameHeaderSize));
  Reader reader{coder, contexts};
  TreeLevels levels(frame.format);
  const auto on_unit = [&](Unit unit) {
    clear_levels(frame.format, unit, levels);
    code_unit(reader, frame, unit, levels);
    if (reader.invalid || coder.damaged()) return false;
    reconstruct(frame, unit, levels);
    return true;
  };
  for (int y = 0; y < frame.format.coded_height(); y += kCtuSize) {
    for (int x = 0; x < frame.format.coded_width(); x += kCtuSize) {
      Unit root;
      root.x = x;
      root.y = y;
      root.log2_size = kCtuLog2;
      if (!code_tree(
              reader, frame, root, [](const Unit&) { return false; }, on_unit)) {
        return make_error(HOLO_CORRUPT, "the frame's data are damaged near luma sample (" +
                                            std::to_string(x) + ", " + std::to_string(y) + ")");
      }
    }
    if (row_done) row_done();
  }
  return state.finish_frame(std::move(frame), std::move(contexts));
}

}  // namespace holo::holovid
