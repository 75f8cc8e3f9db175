// Stream description: kind, image, times and number of units, with the usual case in few bytes.
#include <initializer_list>
#include <limits>
#include <string>

#include "core/container/header_parts.hpp"

namespace holo::container {
namespace {

// First byte of the stream description.
constexpr unsigned kKindMask = 0x07;
constexpr unsigned kHasImage = 0x08;
constexpr unsigned kHasTiming = 0x10;
constexpr unsigned kHasUnitCount = 0x20;
constexpr unsigned kStreamReserved = 0xC0;

// Byte after width and height: model, alpha, depth - 1 in bits 3 to 6, and whether more follows.
constexpr unsigned kModelMask = 0x03;
constexpr unsigned kAlpha = 0x04;
constexpr unsigned kHasLayout = 0x80;

// The byte that follows then: shifts, range, orientation - 1 in bits 3 to 5.
constexpr unsigned kShiftX = 0x01;
constexpr unsigned kShiftY = 0x02;
constexpr unsigned kFullRange = 0x04;
constexpr unsigned kHasColour = 0x40;
constexpr unsigned kHasLocation = 0x80;
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
constexpr unsigned kDefaultLayout = kFullRange;  // no subsampling, full range, upright

bool has_image(std::int32_t kind) { return kind == HOLO_PICTURE || kind == HOLO_FRAME; }
std::uint64_t default_unit_count(std::int32_t kind) { return kind == HOLO_PICTURE ? 1 : 0; }

void write_image(ByteWriter& out, const holo_image& image) {
  const bool colour = image.matrix != 2 || image.transfer != 2 || image.primaries != 2;
  const unsigned layout =
      (image.chroma_shift_x != 0 ? kShiftX : 0) | (image.chroma_shift_y != 0 ? kShiftY : 0) |
      (image.full_range != 0 ? kFullRange : 0) | static_cast<unsigned>(image.orientation - 1) << 3 |
      (colour ? kHasColour : 0) | (image.chroma_location != 0 ? kHasLocation : 0);
  out.varint(static_cast<std::uint64_t>(image.width));
  out.varint(static_cast<std::uint64_t>(image.height));
  out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(image.model) |
                                   (image.has_alpha != 0 ? kAlpha : 0) |
                                   static_cast<unsigned>(image.bit_depth - 1) << 3 |
                                   (layout != kDefaultLayout ? kHasLayout : 0)));
  if (layout == kDefaultLayout) return;
  out.u8(static_cast<std::uint8_t>(layout));
  if (colour) {
    for (const std::int32_t code : {image.matrix, image.transfer, image.primaries}) {
      out.u8(static_cast<std::uint8_t>(code));
    }
  }
  if (image.chroma_location != 0) out.u8(static_cast<std::uint8_t>(image.chroma_location));
}

holo_image read_image(ByteCursor& in) {
  constexpr auto kMaxSide = static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max());
  const auto width = static_cast<int>(in.varint_to(kMaxSide));
  const auto height = static_cast<int>(in.varint_to(kMaxSide));
  const unsigned planes = in.u8();
  holo_image image = make_image(width, height, static_cast<int>(planes & kModelMask),
                                (planes & kAlpha) != 0, static_cast<int>((planes >> 3) & 15u) + 1);
  if ((planes & kHasLayout) == 0) return image;
  const unsigned layout = in.u8();
  image.chroma_shift_x = (layout & kShiftX) != 0 ? 1 : 0;
  image.chroma_shift_y = (layout & kShiftY) != 0 ? 1 : 0;
  image.full_range = (layout & kFullRange) != 0 ? 1 : 0;
  image.orientation = static_cast<std::int32_t>((layout >> 3) & 7u) + 1;
  if ((layout & kHasColour) != 0) {
    image.matrix = in.u8();
    image.transfer = in.u8();
    image.primaries = in.u8();
  }
  if ((layout & kHasLocation) != 0) image.chroma_location = in.u8();
  return image;
}

}  // namespace

Status write_stream(ByteWriter& out, const StreamInfo& stream) {
  if (stream.kind < HOLO_PICTURE || stream.kind > HOLO_KV) {
    return bad_header_argument("unknown kind of media " + std::to_string(stream.kind));
  }
  if (has_image(stream.kind) != stream.image.has_value()) {
    return bad_header_argument("pictures and frames, and only they, need an image description");
  }
  const bool timing = stream.time_base.num != 0 || stream.time_base.den != 1 ||
                      stream.frame_rate.num != 0 || stream.frame_rate.den != 1;
  for (const Rational& rational : {stream.time_base, stream.frame_rate}) {
    if (rational.num < 0 || rational.den < 1) {
      return bad_header_argument("a time base or frame rate is negative or has no denominator");
    }
  }
  const bool count = stream.unit_count != default_unit_count(stream.kind);
  out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(stream.kind) |
                                   (stream.image ? kHasImage : 0) | (timing ? kHasTiming : 0) |
                                   (count ? kHasUnitCount : 0)));
  if (stream.image) {
    if (Status valid = validate_image(*stream.image, kNoLimit); !valid.ok()) {
      return bad_header_argument(valid.error().message);
    }
    write_image(out, *stream.image);
  }
  if (timing) {
    for (const Rational& rational : {stream.time_base, stream.frame_rate}) {
      out.varint(static_cast<std::uint64_t>(rational.num));
      out.varint(static_cast<std::uint64_t>(rational.den));
    }
  }
  if (count) out.varint(stream.unit_count);
  return {};
}

Result<StreamInfo> read_stream(ByteCursor& in) {
  StreamInfo stream;
  const unsigned flags = in.u8();
  stream.kind = static_cast<std::int32_t>(flags & kKindMask);
  if (!in.ok() || (flags & kStreamReserved) != 0 || stream.kind < HOLO_PICTURE ||
      stream.kind > HOLO_KV || has_image(stream.kind) != ((flags & kHasImage) != 0)) {
    return corrupt_header("kind of media");
  }
  if ((flags & kHasImage) != 0) {
    stream.image = read_image(in);
    if (!in.ok()) return corrupt_header("image");
    if (Status valid = validate_image(*stream.image, kNoLimit); !valid.ok()) {
      return make_error(HOLO_CORRUPT, "container header: " + valid.error().message);
    }
  }
  if ((flags & kHasTiming) != 0) {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    for (Rational* rational : {&stream.time_base, &stream.frame_rate}) {
      rational->num = static_cast<std::int64_t>(in.varint_to(kMost));
      rational->den = static_cast<std::int64_t>(in.varint_to(kMost));
      if (!in.ok() || rational->den == 0) return corrupt_header("time base and frame rate");
    }
  }
  stream.unit_count = (flags & kHasUnitCount) != 0 ? in.varint() : default_unit_count(stream.kind);
  if (!in.ok()) return corrupt_header("unit count");
  return stream;
}

}  // namespace holo::container
