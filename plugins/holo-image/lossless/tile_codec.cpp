// A byte that names the method, then one arithmetic code for all planes. What does not shrink is
// coded raw.
#include "plugins/holo-image/lossless/tile_codec.hpp"

#include <string>

#include "plugins/holo-image/lossless/bit_ports.hpp"
#include "plugins/holo-image/lossless/tile_coder.hpp"

namespace holo::image::lossless {

namespace {

std::vector<std::uint8_t> encode_with(Method method, const Samples& samples,
                                      const RowsDone& rows_done) {
  entropy::BinaryEncoder coder;
  BitSink sink(coder);
  TileCoder<BitSink> tile(sink, method, samples.shape, rows_done);
  tile.code(samples.planes);
  std::vector<std::uint8_t> bytes = coder.finish();
  bytes.insert(bytes.begin(), static_cast<std::uint8_t>(method));
  return bytes;
}

}  // namespace

std::vector<std::uint8_t> encode_tile(const Samples& samples, int effort,
                                      const RowsDone& rows_done) {
  const Method method = effort <= kFastEffort ? Method::fast : Method::full;
  std::vector<std::uint8_t> bytes = encode_with(method, samples, rows_done);
  const Shape& shape = samples.shape;
  const std::size_t bits = shape.area() * std::size_t(shape.planes) * std::size_t(shape.depth);
  if (bytes.size() <= bits / 8) return bytes;
  std::vector<std::uint8_t> raw = encode_with(Method::raw, samples, {});
  return raw.size() < bytes.size() ? raw : bytes;
}

Result<Samples> decode_tile(std::span<const std::uint8_t> bytes, const Shape& shape,
                            const RowsDone& rows_done) {
  if (bytes.empty() || bytes[0] > static_cast<std::uint8_t>(Method::raw))
    return make_error(HOLO_CORRUPT, "lossless tile: expected a first byte of 0 to 2, found " +
                                        (bytes.empty() ? "no bytes" : std::to_string(bytes[0])) +
                                        "; the file is damaged, fetch it again");
  entropy::BinaryDecoder coder(bytes.subspan(1));
  BitSource source(coder);
  TileCoder<BitSource> tile(source, Method{bytes[0]}, shape, rows_done);
  if (!tile.code({}))
    return make_error(HOLO_CORRUPT, "lossless tile: the " + std::to_string(bytes.size()) +
                                        " coded bytes do not make a tile of " +
                                        std::to_string(shape.width) + "x" +
                                        std::to_string(shape.height) +
                                        " samples; the file is damaged, fetch it again");
  Samples samples{shape, {}};
  for (int p = 0; p < shape.planes; ++p) {
    auto& plane = samples.planes.emplace_back();
    plane.reserve(shape.area());
    for (int y = 0; y < shape.height; ++y) {
      const std::uint16_t* row = tile.plane(p).row(y);
      plane.insert(plane.end(), row, row + shape.width);
    }
  }
  return samples;
}

std::vector<std::uint8_t> encode_plane(std::span<const std::uint16_t> samples, int width,
                                       int height, int depth, int effort,
                                       const RowsDone& rows_done) {
  return encode_tile({{width, height, 1, depth}, {{samples.begin(), samples.end()}}}, effort,
                     rows_done);
}

Result<std::vector<std::uint16_t>> decode_plane(std::span<const std::uint8_t> bytes, int width,
                                                int height, int depth, const RowsDone& rows_done) {
  HOLO_ASSIGN(Samples samples, decode_tile(bytes, {width, height, 1, depth}, rows_done));
  return std::move(samples.planes[0]);
}

}  // namespace holo::image::lossless
