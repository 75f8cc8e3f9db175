// YCbCr to RGB in integer arithmetic (ITU-T H.273, equations 23 to 47), and limited range to full.
#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "core/media/picture_codecs.hpp"

namespace holo::media {
namespace {

constexpr int kIdentity = 0;
constexpr int kUnspecified = 2;
constexpr int kFraction = 20;  // bits behind the point of every factor

// Luma weights of red and blue in ten-thousandths, by H.273 MatrixCoefficients.
struct Weights {
  int matrix;
  std::int64_t red;
  std::int64_t blue;
};
constexpr std::array<Weights, 7> kWeights = {{{1, 2126, 722},
                                              {kUnspecified, 2990, 1140},
                                              {4, 3000, 1100},
                                              {5, 2990, 1140},
                                              {6, 2990, 1140},
                                              {7, 2120, 870},
                                              {9, 2627, 593}}};

std::int64_t rounded_quotient(std::int64_t a, std::int64_t b) { return (a + b / 2) / b; }

// Where the code values of luma and chroma begin and how far they reach.
struct Range {
  std::int64_t max;  // greatest code value, 2^depth - 1
  std::int64_t black;
  std::int64_t luma;    // from black to white
  std::int64_t centre;  // of chroma
  std::int64_t chroma;  // from least to greatest

  explicit Range(const holo_image& image) {
    const int up = image.bit_depth - 8;
    max = (std::int64_t{1} << image.bit_depth) - 1;
    centre = std::int64_t{1} << (image.bit_depth - 1);
    black = image.full_range != 0 ? 0 : std::int64_t{16} << up;
    luma = image.full_range != 0 ? max : std::int64_t{219} << up;
    chroma = image.full_range != 0 ? max : std::int64_t{224} << up;
  }
};

// Factors of R = luma Y + red_v V and so on, with kFraction bits behind the point.
struct Factors {
  std::int64_t luma, red_v, green_u, green_v, blue_u;

  Factors(const Weights& w, const Range& range) {
    constexpr std::int64_t kOne = 10000;
    const std::int64_t green = kOne - w.red - w.blue;
    const std::int64_t scale = range.max << kFraction;
    luma = rounded_quotient(scale, range.luma);
    red_v = rounded_quotient(2 * (kOne - w.red) * scale, kOne * range.chroma);
    blue_u = rounded_quotient(2 * (kOne - w.blue) * scale, kOne * range.chroma);
    green_v = rounded_quotient(2 * w.red * (kOne - w.red) * scale / kOne, green * range.chroma);
    green_u = rounded_quotient(2 * w.blue * (kOne - w.blue) * scale / kOne, green * range.chroma);
  }
};

// Distance of the first luma sample from the first chroma sample along one axis, in quarters of a
// chroma sample: 0 sited together, -1 chroma half a luma sample later, -2 a whole one.
struct Siting {
  std::int64_t x;
  std::int64_t y;
};
// By holo_image.chroma_location: unspecified (as left), left, centre, top left, top, bottom left,
// bottom, reserved (as left).
constexpr std::array<Siting, 8> kSitings = {
    {{0, -1}, {0, -1}, {-1, -1}, {0, 0}, {-1, 0}, {0, -2}, {-1, -2}, {0, -1}}};

template <class Sample>
std::int64_t sample_at(const std::uint8_t* row, std::int64_t x) {
  Sample sample;
  std::memcpy(&sample, row + x * static_cast<std::int64_t>(sizeof sample), sizeof sample);
  return sample;
}

template <class Sample>
void store(std::uint8_t* row, std::int64_t x, std::int64_t value) {
  const auto sample = static_cast<Sample>(value);
  std::memcpy(row + x * static_cast<std::int64_t>(sizeof sample), &sample, sizeof sample);
}

// The two chroma samples around a luma position, and four times the weight of the second.
struct Taps {
  std::int64_t first, second, weight;

  Taps(std::int64_t position, std::int64_t phase, int shift, std::int64_t count) {
    const std::int64_t quarters = shift == 0 ? 4 * position : 2 * position + phase;
    const std::int64_t whole = quarters >> 2;
    weight = quarters & 3;
    first = std::clamp<std::int64_t>(whole, 0, count - 1);
    second = std::clamp<std::int64_t>(whole + 1, 0, count - 1);
  }
};

// One row of a chroma plane at luma resolution, minus its centre, in sixteenths.
template <class Sample>
void upsample_row(const UnitBuffer& unit, std::size_t plane, std::int64_t y,
                  const std::vector<Taps>& columns, std::int64_t centre,
                  std::vector<std::int64_t>& out) {
  const holo_image& image = *unit.image;
  const Siting siting = kSitings[static_cast<std::size_t>(image.chroma_location)];
  const Taps rows(y, siting.y, image.chroma_shift_y, unit.plane_height(plane));
  const std::uint8_t* upper = unit.plane(plane) + rows.first * unit.row_bytes(plane);
  const std::uint8_t* lower = unit.plane(plane) + rows.second * unit.row_bytes(plane);
  for (std::size_t x = 0; x < columns.size(); ++x) {
    const Taps& t = columns[x];
    const auto blend = [&t](const std::uint8_t* row) {
      return sample_at<Sample>(row, t.first) * (4 - t.weight) +
             sample_at<Sample>(row, t.second) * t.weight;
    };
    out[x] = blend(upper) * (4 - rows.weight) + blend(lower) * rows.weight - 16 * centre;
  }
}

template <class Sample>
void convert(const UnitBuffer& in, const Weights& weights, UnitBuffer& out) {
  const holo_image& image = *in.image;
  const Range range(image);
  const Factors f(weights, range);
  const Siting siting = kSitings[static_cast<std::size_t>(image.chroma_location)];
  std::vector<Taps> columns;
  for (std::int64_t x = 0; x < image.width; ++x) {
    columns.emplace_back(x, siting.x, image.chroma_shift_x, in.plane_width(1));
  }
  std::vector<std::int64_t> u(columns.size());
  std::vector<std::int64_t> v(columns.size());
  // Chroma comes in sixteenths, so luma is raised by as much and everything lowered at the end.
  constexpr int kDown = kFraction + 4;
  constexpr std::int64_t kHalf = std::int64_t{1} << (kDown - 1);
  const auto finish = [&range](std::int64_t value) {
    return std::clamp<std::int64_t>((value + kHalf) >> kDown, 0, range.max);
  };
  for (std::int64_t y = 0; y < image.height; ++y) {
    upsample_row<Sample>(in, 1, y, columns, range.centre, u);
    upsample_row<Sample>(in, 2, y, columns, range.centre, v);
    const std::uint8_t* luma_row = in.plane(0) + y * in.row_bytes(0);
    std::array<std::uint8_t*, 3> rgb{};
    for (std::size_t c = 0; c < 3; ++c) rgb[c] = out.plane(c) + y * out.row_bytes(c);
    for (std::int64_t x = 0; x < image.width; ++x) {
      const auto i = static_cast<std::size_t>(x);
      const std::int64_t luma = 16 * f.luma * (sample_at<Sample>(luma_row, x) - range.black);
      store<Sample>(rgb[0], x, finish(luma + f.red_v * v[i]));
      store<Sample>(rgb[1], x, finish(luma - f.green_u * u[i] - f.green_v * v[i]));
      store<Sample>(rgb[2], x, finish(luma + f.blue_u * u[i]));
    }
  }
}

void copy_plane(const UnitBuffer& in, std::size_t from, UnitBuffer& out, std::size_t to) {
  const auto bytes = static_cast<std::size_t>(in.plane_width(from) * bytes_per_sample(*in.image));
  for (std::int64_t y = 0; y < in.plane_height(from); ++y) {
    std::memcpy(out.plane(to) + y * out.row_bytes(to), in.plane(from) + y * in.row_bytes(from),
                bytes);
  }
}

// Stretches black..white to the whole range, in place.
template <class Sample>
void expand_plane(UnitBuffer& unit, std::size_t plane, const Range& range) {
  for (std::int64_t y = 0; y < unit.plane_height(plane); ++y) {
    std::uint8_t* row = unit.plane(plane) + y * unit.row_bytes(plane);
    for (std::int64_t x = 0; x < unit.plane_width(plane); ++x) {
      const std::int64_t above =
          std::clamp<std::int64_t>(sample_at<Sample>(row, x) - range.black, 0, range.luma);
      store<Sample>(row, x, rounded_quotient(above * range.max, range.luma));
    }
  }
}

void expand(UnitBuffer& unit, const holo_image& source) {
  const Range range(source);
  if (source.full_range != 0) return;
  const std::size_t colours = source.model == HOLO_GRAY ? 1 : 3;
  for (std::size_t plane = 0; plane < colours; ++plane) {
    bytes_per_sample(source) == 1 ? expand_plane<std::uint8_t>(unit, plane, range)
                                  : expand_plane<std::uint16_t>(unit, plane, range);
  }
}

const Weights* find_weights(int matrix) {
  for (const Weights& row : kWeights) {
    if (row.matrix == matrix) return &row;
  }
  return nullptr;
}

// Identity carries G, B, R in the places of Y, Cb, Cr; anything else that is not YCbCr stays.
std::array<std::size_t, 4> plane_order(const holo_image& image) {
  if (image.model == HOLO_YCBCR) return {2, 0, 1, 3};
  return {0, 1, 2, 3};
}

}  // namespace

Result<UnitBuffer> converted_to_rgb(const UnitBuffer& unit) {
  if (!unit.image) {
    return make_error(HOLO_INVALID_ARG, "only pictures and frames have colours to convert");
  }
  const holo_image& source = *unit.image;
  HOLO_TRY(validate_image(source, UINT64_MAX));
  const bool chroma = source.model == HOLO_YCBCR;
  const bool copied = !chroma || source.matrix == kIdentity;
  const Weights* weights = find_weights(source.matrix);
  const bool subsampled = source.chroma_shift_x != 0 || source.chroma_shift_y != 0;
  if ((!copied && weights == nullptr) || (chroma && copied && subsampled)) {
    return make_error(HOLO_UNSUPPORTED,
                      "cannot convert YCbCr with matrix coefficients " +
                          std::to_string(source.matrix) + (subsampled ? ", subsampled," : "") +
                          " to RGB; expected BT.601, BT.709, BT.2020 non-constant luminance, "
                          "SMPTE 240M, FCC or 4:4:4 identity");
  }
  if (source.full_range == 0 && source.bit_depth < 8) {
    return make_error(HOLO_UNSUPPORTED, "limited range needs 8 bits a sample or more, found " +
                                            std::to_string(source.bit_depth));
  }
  holo_image image = source;
  if (chroma) image.model = HOLO_RGB;
  if (image.model == HOLO_RGB) image.matrix = kIdentity;
  image.full_range = 1;
  image.chroma_shift_x = 0;
  image.chroma_shift_y = 0;
  image.chroma_location = 0;
  HOLO_ASSIGN(auto out, UnitBuffer::planes(unit.info.kind, image, UINT64_MAX));
  out.info = unit.info;
  if (copied) {
    const auto order = plane_order(source);
    for (std::size_t c = 0; c < out.plane_count(); ++c) copy_plane(unit, order[c], out, c);
    expand(out, source);
    return out;
  }
  bytes_per_sample(source) == 1 ? convert<std::uint8_t>(unit, *weights, out)
                                : convert<std::uint16_t>(unit, *weights, out);
  if (source.has_alpha != 0) copy_plane(unit, 3, out, 3);
  return out;
}

Result<UnitBuffer> to_rgb(UnitBuffer unit) {
  if (unit.image && unit.image->model != HOLO_YCBCR && unit.image->full_range != 0) return unit;
  return converted_to_rgb(unit);
}

}  // namespace holo::media
