// Searches and writes a frame, tree by tree, so that decisions see the contexts as they stand.
#include "plugins/holovid/frame_encoder.hpp"

#include <utility>

#include "plugins/holovid/syntax.hpp"
#include "plugins/holovid/tree_search.hpp"

namespace holo::holovid {

EncodedFrame encode_frame(const Picture& source, int quantizer, int effort, GopState& state,
                          const RowDone& row_done) {
  Frame frame = state.start_frame(quantizer);
  Contexts contexts = state.start_contexts();
  CostTable costs;
  entropy::BinaryEncoder coder;
  Writer writer{coder, contexts};
  TreeSearch search(frame, source, costs, effort);
  for (int y = 0; y < frame.format.coded_height(); y += kCtuSize) {
    for (int x = 0; x < frame.format.coded_width(); x += kCtuSize) {
      fill_costs(contexts, costs);
      search.search(x, y);
      Unit root;
      root.x = x;
      root.y = y;
      root.log2_size = kCtuLog2;
      code_tree(
          writer, frame, root,
          [&](const Unit& node) {
            const Unit& decided = search.unit_at(node.x, node.y);
            return decided.log2_size < node.log2_size;
          },
          [&](const Unit& leaf) {
            Unit unit = search.unit_at(leaf.x, leaf.y);
            code_unit(writer, frame, unit, search.levels());
            return true;
          });
    }
    if (row_done) row_done();
  }
  EncodedFrame encoded;
  encoded.bytes = coder.finish();
  encoded.bytes.insert(encoded.bytes.begin(), {frame.key ? kKeyFlag : std::uint8_t{0},
                                               static_cast<std::uint8_t>(quantizer)});
  encoded.contexts = contexts;
  encoded.reconstruction = state.finish_frame(std::move(frame), std::move(contexts));
  return encoded;
}

}  // namespace holo::holovid
