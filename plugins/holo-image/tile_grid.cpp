// Colour conversion happens here on the way in and out: by rows for 8-bit RGB, else by samples.
#include "plugins/holo-image/tile_grid.hpp"

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/color_rows.hpp"

namespace holo::image {
namespace {

template <class Sample>
void read_samples(const Unit& unit, const holo_image& image, const Region& region,
                  TilePixels& tile) {
  const int depth = image.bit_depth;
  const int width = tile.shape.coded_width();
  const int height = tile.shape.coded_height();
  const bool gray = tile.shape.colour_planes == 1;
  std::array<Plane<const Sample>, 3> planes;
  for (int p = 0; p < tile.shape.colour_planes; ++p)
    planes[std::size_t(p)] = unit.plane<const Sample>(p);
  for (int y = 0; y < height; ++y) {
    const std::int64_t from = region.y + std::min<std::int64_t>(y, region.height - 1);
    std::array<const Sample*, 3> rows{};
    for (int p = 0; p < tile.shape.colour_planes; ++p)
      rows[std::size_t(p)] = planes[std::size_t(p)].row(from) + region.x;
    int x = 0;
    if constexpr (std::is_same_v<Sample, std::uint8_t>)
      if (!gray && depth == 8) {
        const std::size_t line = std::size_t(y) * std::size_t(width);
        x = static_cast<int>(region.width);
        color_rows().to_ycbcr({rows[0], rows[1], rows[2]}, std::size_t(x), &tile.colour[0][line],
                              &tile.colour[1][line], &tile.colour[2][line]);
      }
    for (; x < width; ++x) {
      const std::int64_t column = std::min<std::int64_t>(x, region.width - 1);
      const std::size_t at = std::size_t(y) * std::size_t(width) + std::size_t(x);
      if (gray) {
        tile.colour[0][at] = to_luma(rows[0][column], depth);
        continue;
      }
      const YCbCr sample = to_ycbcr({rows[0][column], rows[1][column], rows[2][column]}, depth);
      tile.colour[0][at] = sample.y;
      tile.colour[1][at] = sample.cb;
      tile.colour[2][at] = sample.cr;
    }
  }
  if (tile.alpha.empty()) return;
  const auto alpha = unit.plane<const Sample>(tile.shape.colour_planes);
  for (std::int64_t y = 0; y < region.height; ++y)
    std::copy_n(alpha.row(region.y + y) + region.x, region.width,
                tile.alpha.begin() + y * region.width);
}

template <class Sample>
void write_samples(const TilePixels& tile, const holo_image& image, const Region& region,
                   const Region& wanted, const Unit& out) {
  const std::int64_t left = std::max(region.x, wanted.x);
  const std::int64_t right = std::min(region.x + region.width, wanted.x + wanted.width);
  const std::int64_t top = std::max(region.y, wanted.y);
  const std::int64_t bottom = std::min(region.y + region.height, wanted.y + wanted.height);
  const int depth = image.bit_depth;
  const bool gray = tile.shape.colour_planes == 1;
  std::array<Plane<Sample>, 4> planes;
  for (int p = 0; p < out.planes() && p < 4; ++p) planes[std::size_t(p)] = out.plane<Sample>(p);
  for (std::int64_t y = top; y < bottom; ++y) {
    std::array<Sample*, 4> rows{};
    for (int p = 0; p < out.planes() && p < 4; ++p)
      rows[std::size_t(p)] = planes[std::size_t(p)].row(y - wanted.y) - wanted.x;
    const std::size_t line = std::size_t(y - region.y) * std::size_t(tile.shape.coded_width());
    std::int64_t x = left;
    if constexpr (std::is_same_v<Sample, std::uint8_t>)
      if (!gray && depth == 8) {
        const std::size_t at = line + std::size_t(left - region.x);
        x = right;
        color_rows().to_rgb({&tile.colour[0][at], &tile.colour[1][at], &tile.colour[2][at]},
                            std::size_t(right - left), rows[0] + left, rows[1] + left,
                            rows[2] + left);
      }
    for (; x < right; ++x) {
      const std::size_t at = line + std::size_t(x - region.x);
      if (gray) {
        rows[0][x] = static_cast<Sample>(to_gray(tile.colour[0][at], depth));
        continue;
      }
      const Rgb rgb = to_rgb({tile.colour[0][at], tile.colour[1][at], tile.colour[2][at]}, depth);
      rows[0][x] = static_cast<Sample>(rgb.r);
      rows[1][x] = static_cast<Sample>(rgb.g);
      rows[2][x] = static_cast<Sample>(rgb.b);
    }
    if (tile.alpha.empty()) continue;
    const std::uint16_t* alpha = tile.alpha.data() + (y - region.y) * region.width - region.x;
    for (std::int64_t x = left; x < right; ++x)
      rows[std::size_t(tile.shape.colour_planes)][x] = static_cast<Sample>(alpha[x]);
  }
}

}  // namespace

void expect_supported(const holo_image& image) {
  if (image.model != HOLO_GRAY && image.model != HOLO_RGB)
    fail(HOLO_UNSUPPORTED,
         "holo-image stores grey and RGB pictures, found Y'CbCr planes; convert "
         "the picture to RGB first");
  if (image.bit_depth < 1 || image.bit_depth > 16 || image.width < 1 || image.height < 1 ||
      image.width > 65535 || image.height > 65535)
    fail(HOLO_UNSUPPORTED, "holo-image stores 1 to 16 bits and sides of 1 to 65535, found " +
                               std::to_string(image.bit_depth) + " bits and " +
                               std::to_string(image.width) + "x" + std::to_string(image.height));
}

TileShape tile_shape(const holo_image& image, const Region& region) {
  return {static_cast<int>(region.width), static_cast<int>(region.height),
          image.model == HOLO_GRAY ? 1 : 3, image.has_alpha != 0 ? image.bit_depth : 0};
}

TilePixels read_tile(const Unit& unit, const holo_image& image, const Region& region) {
  TilePixels tile = make_tile(tile_shape(image, region));
  if (image.bit_depth > 8)
    read_samples<std::uint16_t>(unit, image, region, tile);
  else
    read_samples<std::uint8_t>(unit, image, region, tile);
  return tile;
}

void write_tile(const TilePixels& tile, const holo_image& image, const Region& region,
                const Region& wanted, const Unit& out) {
  if (image.bit_depth > 8)
    write_samples<std::uint16_t>(tile, image, region, wanted, out);
  else
    write_samples<std::uint8_t>(tile, image, region, wanted, out);
}

}  // namespace holo::image
