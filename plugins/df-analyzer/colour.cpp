// Formulas of ITU-T H.273: luma weights by MatrixCoefficients, limited range by bit depth.
#include "plugins/df-analyzer/colour.hpp"

#include <algorithm>

namespace df_analyzer {
namespace {

struct LumaWeights {
  float red;
  float blue;
};

LumaWeights weights_of(std::int32_t matrix) {
  if (matrix == 1) return {0.2126f, 0.0722f};
  if (matrix == 9 || matrix == 10) return {0.2627f, 0.0593f};
  return {0.299f, 0.114f};
}

template <class T>
FloatPlane read_plane(const holo::Unit& unit, int index, float offset, float range) {
  const holo::Plane<const T> plane = unit.plane<const T>(index);
  FloatPlane out{plane.width(), plane.height(), {}};
  out.samples.reserve(static_cast<std::size_t>(plane.width() * plane.height()));
  for (std::int64_t y = 0; y < plane.height(); ++y) {
    const T* const row = plane.row(y);
    for (std::int64_t x = 0; x < plane.width(); ++x) {
      out.samples.push_back((static_cast<float>(row[x]) - offset) / range);
    }
  }
  return out;
}

// 0..1 for luma and colours; chroma is centred on 0.
FloatPlane normalised(const holo::Unit& unit, int index) {
  const holo_image& image = unit.image();
  const holo::ImageShape shape(image);
  const bool chroma = shape.is_chroma(index);
  const auto top = static_cast<float>(shape.max_sample());
  float offset = chroma ? static_cast<float>((shape.max_sample() + 1) / 2) : 0;
  float range = top;
  if (image.full_range == 0 && image.bit_depth >= 8) {
    const auto unit_step = static_cast<float>(1 << (image.bit_depth - 8));
    if (!chroma) offset = 16 * unit_step;
    range = (chroma ? 224 : 219) * unit_step;
  }
  return shape.sample_bytes() == 2 ? read_plane<std::uint16_t>(unit, index, offset, range)
                                   : read_plane<std::uint8_t>(unit, index, offset, range);
}

// Chroma planes as large as luma, each sample repeated.
FloatPlane enlarged(const FloatPlane& plane, const FloatPlane& luma, int shift_x, int shift_y) {
  FloatPlane out{luma.width, luma.height, {}};
  out.samples.reserve(luma.samples.size());
  for (std::int64_t y = 0; y < luma.height; ++y) {
    for (std::int64_t x = 0; x < luma.width; ++x) {
      out.samples.push_back(
          plane.samples[static_cast<std::size_t>((y >> shift_y) * plane.width + (x >> shift_x))]);
    }
  }
  return out;
}

std::vector<FloatPlane> ycbcr_to_rgb(const holo::Unit& unit) {
  const holo_image& image = unit.image();
  const FloatPlane luma = normalised(unit, 0);
  FloatPlane planes[3];
  for (int i = 1; i < 3; ++i) {
    planes[i] = enlarged(normalised(unit, i), luma, image.chroma_shift_x, image.chroma_shift_y);
  }
  const LumaWeights w = weights_of(image.matrix);
  const float green = 1 - w.red - w.blue;
  std::vector<FloatPlane> rgb(3, luma);
  for (std::size_t i = 0; i < luma.samples.size(); ++i) {
    const float to_blue = 2 * (1 - w.blue) * planes[1].samples[i];
    const float to_red = 2 * (1 - w.red) * planes[2].samples[i];
    rgb[0].samples[i] += to_red;
    rgb[1].samples[i] -= (w.red * to_red + w.blue * to_blue) / green;
    rgb[2].samples[i] += to_blue;
  }
  return rgb;
}

FloatPlane luma_of(const std::vector<FloatPlane>& rgb, std::int32_t matrix) {
  const LumaWeights w = weights_of(matrix);
  FloatPlane out = rgb[0];
  for (std::size_t i = 0; i < out.samples.size(); ++i) {
    out.samples[i] = w.red * rgb[0].samples[i] + (1 - w.red - w.blue) * rgb[1].samples[i] +
                     w.blue * rgb[2].samples[i];
  }
  return out;
}

}  // namespace

std::vector<FloatPlane> to_float_planes(const holo::Unit& unit, bool luma) {
  const holo_image& image = unit.image();
  if (unit.planes() < holo::ImageShape(image).planes()) {
    throw holo::Failure(HOLO_INVALID_ARG, "the picture has fewer planes than its description");
  }
  if (image.model == HOLO_RGB) {
    std::vector<FloatPlane> rgb = {normalised(unit, 0), normalised(unit, 1), normalised(unit, 2)};
    if (luma) return {luma_of(rgb, image.matrix)};
    return rgb;
  }
  if (luma) return {normalised(unit, 0)};
  if (image.model == HOLO_YCBCR) return ycbcr_to_rgb(unit);
  return std::vector<FloatPlane>(3, normalised(unit, 0));
}

}  // namespace df_analyzer
