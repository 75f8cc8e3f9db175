// Turns and mirrors planes so that a picture needs no orientation tag.
#include <array>
#include <cstring>

#include "core/media/picture_codecs.hpp"

namespace holo::media {
namespace {

// Where the upright sample (x, y) lies in the stored plane: first swapped, then mirrored.
struct Turn {
  bool swap;      // rows and columns change places
  bool mirror_x;  // in stored coordinates
  bool mirror_y;
};
// By EXIF orientation 1..8 (CIPA DC-008, "Orientation").
constexpr std::array<Turn, 9> kTurns = {{{false, false, false},
                                         {false, false, false},
                                         {false, true, false},
                                         {false, true, true},
                                         {false, false, true},
                                         {true, false, false},
                                         {true, false, true},
                                         {true, true, true},
                                         {true, true, false}}};

template <class Sample>
void turn_plane(const UnitBuffer& in, UnitBuffer& out, std::size_t plane, const Turn& turn) {
  const std::int64_t last_x = in.plane_width(plane) - 1;
  const std::int64_t last_y = in.plane_height(plane) - 1;
  for (std::int64_t y = 0; y < out.plane_height(plane); ++y) {
    auto* row = reinterpret_cast<Sample*>(out.plane(plane) + y * out.row_bytes(plane));
    for (std::int64_t x = 0; x < out.plane_width(plane); ++x) {
      const std::int64_t sx = turn.swap ? y : x;
      const std::int64_t sy = turn.swap ? x : y;
      const std::uint8_t* from =
          in.plane(plane) + (turn.mirror_y ? last_y - sy : sy) * in.row_bytes(plane) +
          (turn.mirror_x ? last_x - sx : sx) * static_cast<std::int64_t>(sizeof(Sample));
      std::memcpy(row + x, from, sizeof(Sample));
    }
  }
}

}  // namespace

Result<UnitBuffer> turned_upright(const UnitBuffer& unit) {
  if (!unit.image || unit.image->orientation < 1 || unit.image->orientation > 8) {
    return make_error(HOLO_INVALID_ARG,
                      "only pictures with an orientation of 1 to 8 can be turned");
  }
  const Turn turn = kTurns[static_cast<std::size_t>(unit.image->orientation)];
  holo_image image = *unit.image;
  const bool one_way_chroma =
      image.model == HOLO_YCBCR && (image.chroma_shift_x != 0 || image.chroma_shift_y != 0);
  if (one_way_chroma && image.orientation != 1) {
    // The chroma samples would come to lie at other places than any tag can say.
    HOLO_ASSIGN(auto rgb, converted_to_rgb(unit));
    return turned_upright(rgb);
  }
  if (turn.swap) std::swap(image.width, image.height);
  image.orientation = 1;
  HOLO_ASSIGN(auto out, UnitBuffer::planes(unit.info.kind, image, UINT64_MAX));
  out.info = unit.info;
  for (std::size_t plane = 0; plane < out.plane_count(); ++plane) {
    bytes_per_sample(image) == 1 ? turn_plane<std::uint8_t>(unit, out, plane, turn)
                                 : turn_plane<std::uint16_t>(unit, out, plane, turn);
  }
  return out;
}

Result<UnitBuffer> upright(UnitBuffer unit) {
  if (unit.image && unit.image->orientation == 1) return unit;
  return turned_upright(unit);
}

}  // namespace holo::media
