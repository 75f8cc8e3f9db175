// Each plane is turned for itself; chroma planes exchange their two subsamplings.
#include "core/media/ffmpeg/turn.hpp"

#include <cstring>
#include <utility>

#include "core/media/picture.hpp"

namespace holo::media {

namespace {

// Where an upright sample lies in the stored plane: first swapped, then mirrored.
struct Turn {
  bool swap, mirror_x, mirror_y;
};
// By EXIF orientation 1..8 (CIPA DC-008, "Orientation").
constexpr Turn kTurns[] = {{false, false, false}, {false, true, false}, {false, true, true},
                           {false, false, true},  {true, false, false}, {true, false, true},
                           {true, true, true},    {true, true, false}};

}  // namespace

holo_image upright_image(const holo_image& image) {
  if (image.orientation <= 1 || image.orientation > 8) return image;
  holo_image upright = image;
  if (kTurns[image.orientation - 1].swap) {
    std::swap(upright.width, upright.height);
    std::swap(upright.chroma_shift_x, upright.chroma_shift_y);
  }
  upright.orientation = 1;
  upright.chroma_location = 0;
  return upright;
}

Result<UnitBuffer> upright_planes(const UnitBuffer& unit) {
  const holo_image& image = *unit.image;
  HOLO_ASSIGN(auto out,
              UnitBuffer::planes(unit.info.kind, upright_image(image), Limits{}.max_bytes));
  out.info = unit.info;
  const Turn turn =
      kTurns[image.orientation >= 1 && image.orientation <= 8 ? image.orientation - 1 : 0];
  const auto sample = static_cast<std::size_t>(bytes_per_sample(image));
  for (std::size_t plane = 0; plane < out.plane_count(); ++plane) {
    const std::int64_t last_x = unit.plane_width(plane) - 1;
    const std::int64_t last_y = unit.plane_height(plane) - 1;
    for (std::int64_t y = 0; y < out.plane_height(plane); ++y) {
      std::uint8_t* to = out.plane(plane) + y * out.row_bytes(plane);
      for (std::int64_t x = 0; x < out.plane_width(plane); ++x, to += sample) {
        const std::int64_t sx = turn.swap ? y : x;
        const std::int64_t sy = turn.swap ? x : y;
        std::memcpy(to,
                    unit.plane(plane) + (turn.mirror_y ? last_y - sy : sy) * unit.row_bytes(plane) +
                        (turn.mirror_x ? last_x - sx : sx) * static_cast<std::int64_t>(sample),
                    sample);
      }
    }
  }
  return out;
}

}  // namespace holo::media
