// Box means down; up, a cubic for layers and straight lines for thumbnails.
#include "plugins/holo-image/pyramid.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "plugins/holo-image/color.hpp"

namespace holo::image {
namespace {

// A thumbnail's means look at this many rows of a square at most: others would cost more than the
// whole encoding of a large picture.
constexpr std::int64_t kRowsSampled = 8;

// What four samples in a row give to the point a quarter of the way from the second to the third:
// a cubic that is a little steeper than Catmull and Rom's, since the samples are means.
constexpr std::array<std::int32_t, 4> kEnlarge = {-10, 112, 30, -4};

// Sample of a plane with its shown edges repeated.
std::int32_t sample_at(const TilePixels& tile, std::size_t plane, int x, int y) {
  const int width = tile.shape.coded_width();
  return tile
      .colour[plane][std::size_t(std::clamp(y, 0, tile.shape.height - 1)) * std::size_t(width) +
                     std::size_t(std::clamp(x, 0, tile.shape.width - 1))];
}

// Fills what lies beyond the shown size with the last sample shown.
void repeat_edges(TilePixels& tile) {
  const int width = tile.shape.coded_width(), height = tile.shape.coded_height();
  for (auto& plane : tile.colour) {
    for (int y = 0; y < tile.shape.height; ++y) {
      std::int16_t* row = plane.data() + std::ptrdiff_t{y} * width;
      std::fill(row + tile.shape.width, row + width, row[tile.shape.width - 1]);
    }
    for (int y = tile.shape.height; y < height; ++y)
      std::copy_n(plane.data() + std::ptrdiff_t{tile.shape.height - 1} * width, width,
                  plane.data() + std::ptrdiff_t{y} * width);
  }
}

// Between samples a (at `low`) and its neighbour, in 1/2^bits.
struct Between {
  int low;
  std::int32_t fraction;
};
// Where the centre of sample x of a picture 2^shift times as large lies, in 1/256.
Between place(std::int64_t x, int shift) {
  const std::int64_t at = (((2 * x + 1) << 7) >> shift) - 128;
  return {int(at >> 8), std::int32_t(at & 255)};
}

}  // namespace

TilePixels halve(const TilePixels& tile) {
  TileShape shape = tile.shape;
  shape.width = (shape.width + 1) / 2;
  shape.height = (shape.height + 1) / 2;
  TilePixels out = make_tile(shape);
  for (std::size_t plane = 0; plane < out.colour.size(); ++plane)
    for (int y = 0; y < shape.height; ++y)
      for (int x = 0; x < shape.width; ++x)
        out.colour[plane][std::size_t(y) * std::size_t(shape.coded_width()) + std::size_t(x)] =
            std::int16_t((sample_at(tile, plane, 2 * x, 2 * y) +
                          sample_at(tile, plane, 2 * x + 1, 2 * y) +
                          sample_at(tile, plane, 2 * x, 2 * y + 1) +
                          sample_at(tile, plane, 2 * x + 1, 2 * y + 1) + 2) >>
                         2);
  repeat_edges(out);
  return out;
}

TilePixels enlarge(const TilePixels& lower, int x, int y, const TileShape& shape) {
  TilePixels out = make_tile(shape);
  const int width = shape.coded_width(), height = shape.coded_height();
  // Rows of the lower picture that are looked at, each enlarged in width first.
  const int first = (y >> 1) - 2;
  const int rows = (height + 1) / 2 + 5;
  std::vector<std::int32_t> wide(std::size_t(rows) * std::size_t(width));
  for (std::size_t plane = 0; plane < out.colour.size(); ++plane) {
    for (int r = 0; r < rows; ++r)
      for (int i = 0; i < width; ++i) {
        const int u = (x + i) >> 1, away = ((x + i) & 1) != 0 ? 1 : -1;
        std::int32_t sum = 0;
        for (int tap = -1; tap < 3; ++tap)
          sum +=
              kEnlarge[std::size_t(tap + 1)] * sample_at(lower, plane, u + away * tap, first + r);
        wide[std::size_t(r) * std::size_t(width) + std::size_t(i)] = sum;
      }
    for (int j = 0; j < height; ++j) {
      const int v = ((y + j) >> 1) - first, away = ((y + j) & 1) != 0 ? 1 : -1;
      std::int16_t* row = out.colour[plane].data() + std::ptrdiff_t{j} * width;
      for (int i = 0; i < width; ++i) {
        std::int64_t sum = 1 << 13;
        for (int tap = -1; tap < 3; ++tap)
          sum += std::int64_t{kEnlarge[std::size_t(tap + 1)]} *
                 wide[std::size_t(v + away * tap) * std::size_t(width) + std::size_t(i)];
        row[i] = clamp_internal(static_cast<std::int32_t>(sum >> 14));
      }
    }
  }
  return out;
}

void subtract(TilePixels& tile, const TilePixels& prediction) {
  for (std::size_t plane = 0; plane < tile.colour.size(); ++plane)
    for (std::size_t i = 0; i < tile.colour[plane].size(); ++i)
      tile.colour[plane][i] =
          clamp_internal((tile.colour[plane][i] - prediction.colour[plane][i]) >> 1);
}

void add(TilePixels& tile, const TilePixels& prediction) {
  for (std::size_t plane = 0; plane < tile.colour.size(); ++plane)
    for (std::size_t i = 0; i < tile.colour[plane].size(); ++i)
      tile.colour[plane][i] =
          clamp_internal(2 * tile.colour[plane][i] + prediction.colour[plane][i]);
}

int thumbnail_shift(const holo_image& image, int longest) {
  int shift = 0;
  while (((std::max(image.width, image.height) - 1) >> shift) + 1 > longest) ++shift;
  return shift;
}

TileShape thumbnail_shape(const holo_image& image, int shift) {
  return {((image.width - 1) >> shift) + 1, ((image.height - 1) >> shift) + 1,
          image.model == HOLO_GRAY ? 1 : 3, 0};
}

TilePixels make_thumbnail(const Unit& unit, const holo_image& image, int shift) {
  const TileShape shape = thumbnail_shape(image, shift);
  TilePixels out = make_tile(shape);
  const std::int64_t side = std::int64_t{1} << shift;
  std::vector<std::int64_t> sums(std::size_t(shape.width));
  for (int y = 0; y < shape.height; ++y) {
    const std::int64_t top = y * side;
    const std::int64_t rows = std::min<std::int64_t>(side, image.height - top);
    const std::int64_t stride = (rows + kRowsSampled - 1) / kRowsSampled;
    std::vector<std::vector<std::int64_t>> totals(out.colour.size(), sums);
    std::int64_t sampled = 0;
    for (std::int64_t row = stride / 2; row < rows; row += stride, ++sampled) {
      const TilePixels line = read_tile(unit, image, {0, top + row, image.width, 1});
      for (std::size_t plane = 0; plane < out.colour.size(); ++plane)
        for (std::int64_t x = 0; x < image.width; ++x)
          totals[plane][std::size_t(x >> shift)] += line.colour[plane][std::size_t(x)];
    }
    for (std::size_t plane = 0; plane < out.colour.size(); ++plane)
      for (int x = 0; x < shape.width; ++x) {
        const std::int64_t columns = std::min<std::int64_t>(side, image.width - x * side);
        out.colour[plane][std::size_t(y) * std::size_t(shape.coded_width()) + std::size_t(x)] =
            std::int16_t(totals[plane][std::size_t(x)] / (columns * sampled));
      }
  }
  repeat_edges(out);
  return out;
}

TilePixels enlarge_thumbnail(const TilePixels& thumbnail, int shift, const Region& region,
                             const TileShape& shape) {
  TilePixels out = make_tile(shape);
  for (std::size_t plane = 0; plane < out.colour.size(); ++plane)
    for (int j = 0; j < shape.coded_height(); ++j) {
      const Between v = place(region.y + j, shift);
      for (int i = 0; i < shape.coded_width(); ++i) {
        const Between u = place(region.x + i, shift);
        const auto line = [&](int y) {
          return sample_at(thumbnail, plane, u.low, y) * (256 - u.fraction) +
                 sample_at(thumbnail, plane, u.low + 1, y) * u.fraction;
        };
        const std::int64_t sum = std::int64_t{line(v.low)} * (256 - v.fraction) +
                                 std::int64_t{line(v.low + 1)} * v.fraction;
        out.colour[plane][std::size_t(j) * std::size_t(shape.coded_width()) + std::size_t(i)] =
            std::int16_t((sum + 32768) >> 16);
      }
    }
  return out;
}

}  // namespace holo::image
