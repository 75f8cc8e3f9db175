// Fields of the header in file order: who wrote it, what it holds, how it was made, what came
// along.
#include "core/container/header.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "core/container/byte_io.hpp"
#include "core/container/static_words.hpp"

namespace holo::container {
namespace {

constexpr std::string_view kHouse = "org.holohost.";
constexpr std::size_t kMaxFormatId = 32;
constexpr std::size_t kMaxName = 255;                   // ids, versions, keys, names of metadata
constexpr std::size_t kMaxText = std::size_t{1} << 20;  // values of parameters

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
constexpr unsigned kDefaultLayout = kFullRange;  // no subsampling, full range, upright

// First byte of a parameter's value. From kSmallInteger on, the byte itself holds an integer.
enum ValueForm : unsigned {
  kFalse = 1,
  kTrue = 2,
  kInteger = 3,      // signed varint
  kWholeNumber = 4,  // FLOAT, signed varint
  kThousandths = 5,  // FLOAT, signed varint, to be divided by 1000
  kBinary32 = 6,
  kBinary64 = 7,
  kChoice = 8,
  kText = 9,
};
constexpr std::uint8_t kSmallInteger = 0x20;
constexpr std::int64_t kSmallIntegers = 0x100 - kSmallInteger;

Error bad_argument(const std::string& what) {
  return make_error(HOLO_INVALID_ARG, "container header: " + what);
}

Error corrupt(const std::string& field) {
  return make_error(HOLO_CORRUPT, "container header: the field \"" + field +
                                      "\" is cut short or holds an impossible value; the file is "
                                      "damaged or was not written by holohost");
}

bool is_plain_text(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most && text.find('\0') == std::string_view::npos;
}

bool is_format_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxFormatId && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

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

// What the bytes can hold beyond what validate_image allows.
Status check_image(const holo_image& image) {
  HOLO_TRY(validate_image(image, std::numeric_limits<std::uint64_t>::max()));
  for (const std::int32_t code :
       {image.matrix, image.transfer, image.primaries, image.chroma_location}) {
    if (code < 0 || code > 255) return bad_argument("a colour code point is not in 0..255");
  }
  return {};
}

Status write_stream(ByteWriter& out, const StreamInfo& stream) {
  if (stream.kind < HOLO_PICTURE || stream.kind > HOLO_KV) {
    return bad_argument("unknown kind of media " + std::to_string(stream.kind));
  }
  if (has_image(stream.kind) != stream.image.has_value()) {
    return bad_argument("pictures and frames, and only they, need an image description");
  }
  const bool timing = stream.time_base.num != 0 || stream.time_base.den != 1 ||
                      stream.frame_rate.num != 0 || stream.frame_rate.den != 1;
  for (const Rational& rational : {stream.time_base, stream.frame_rate}) {
    if (rational.num < 0 || rational.den < 1) {
      return bad_argument("a time base or frame rate is negative or has no denominator");
    }
  }
  const bool count = stream.unit_count != default_unit_count(stream.kind);
  out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(stream.kind) |
                                   (stream.image ? kHasImage : 0) | (timing ? kHasTiming : 0) |
                                   (count ? kHasUnitCount : 0)));
  if (stream.image) {
    HOLO_TRY(check_image(*stream.image));
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
    return corrupt("kind of media");
  }
  if ((flags & kHasImage) != 0) {
    stream.image = read_image(in);
    if (!in.ok()) return corrupt("image");
    if (Status valid = check_image(*stream.image); !valid.ok()) {
      return make_error(HOLO_CORRUPT, "container header: " + valid.error().message);
    }
  }
  if ((flags & kHasTiming) != 0) {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    for (Rational* rational : {&stream.time_base, &stream.frame_rate}) {
      rational->num = static_cast<std::int64_t>(in.varint_to(kMost));
      rational->den = static_cast<std::int64_t>(in.varint_to(kMost));
      if (!in.ok() || rational->den == 0) return corrupt("time base and frame rate");
    }
  }
  stream.unit_count = (flags & kHasUnitCount) != 0 ? in.varint() : default_unit_count(stream.kind);
  if (!in.ok()) return corrupt("unit count");
  return stream;
}

// Picks the shortest form that reads back to the same bits.
void write_number(ByteWriter& out, double value) {
  const auto same = [value](double other) {
    return std::bit_cast<std::uint64_t>(other) == std::bit_cast<std::uint64_t>(value);
  };
  constexpr double kExact = 1e15;  // far below 2^53, so that the divisions below are exact enough
  if (std::fabs(value) < kExact) {
    const auto whole = static_cast<std::int64_t>(value);
    if (same(static_cast<double>(whole))) {
      out.u8(kWholeNumber);
      return out.signed_varint(whole);
    }
    const auto thousandths = static_cast<std::int64_t>(std::nearbyint(value * 1000));
    if (thousandths > -1000000000 && thousandths < 1000000000 &&
        same(static_cast<double>(thousandths) / 1000)) {
      out.u8(kThousandths);
      return out.signed_varint(thousandths);
    }
  }
  if (std::isfinite(value) && std::fabs(value) <= std::numeric_limits<float>::max() &&
      same(static_cast<double>(static_cast<float>(value)))) {
    out.u8(kBinary32);
    return out.u32(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
  }
  out.u8(kBinary64);
  out.u64(std::bit_cast<std::uint64_t>(value));
}

Status write_param(ByteWriter& out, const ParamValue& param) {
  if (!is_plain_text(param.key, 1, kMaxName)) {
    return bad_argument("the key \"" + param.key + "\" is empty or longer than 255 bytes");
  }
  write_string(out, param.key);
  switch (param.type) {
    case HOLO_PARAM_BOOL:
      out.u8(param.integer != 0 ? kTrue : kFalse);
      return {};
    case HOLO_PARAM_INT:
      if (param.integer >= 0 && param.integer < kSmallIntegers) {
        out.u8(static_cast<std::uint8_t>(kSmallInteger + param.integer));
      } else {
        out.u8(kInteger);
        out.signed_varint(param.integer);
      }
      return {};
    case HOLO_PARAM_FLOAT:
      write_number(out, param.number);
      return {};
    case HOLO_PARAM_CHOICE:
    case HOLO_PARAM_TEXT:
      if (!is_plain_text(param.text, 0, kMaxText)) {
        return bad_argument("the value of \"" + param.key + "\" is longer than 1 MiB");
      }
      out.u8(param.type == HOLO_PARAM_CHOICE ? kChoice : kText);
      write_string(out, param.text);
      return {};
    default:
      return bad_argument("the parameter \"" + param.key + "\" has the unknown type " +
                          std::to_string(param.type));
  }
}

Result<ParamValue> read_param(ByteCursor& in) {
  ParamValue param;
  param.key = read_string(in, kMaxName);
  const unsigned form = in.u8();
  if (!in.ok() || param.key.empty()) return corrupt("parameters");
  if (form >= kSmallInteger) {
    param.integer = static_cast<std::int64_t>(form - kSmallInteger);
    return param;
  }
  switch (form) {
    case kFalse:
    case kTrue:
      param.type = HOLO_PARAM_BOOL;
      param.integer = form == kTrue ? 1 : 0;
      break;
    case kInteger:
      param.integer = in.signed_varint();
      break;
    case kWholeNumber:
      param.type = HOLO_PARAM_FLOAT;
      param.number = static_cast<double>(in.signed_varint());
      break;
    case kThousandths:
      param.type = HOLO_PARAM_FLOAT;
      param.number = static_cast<double>(in.signed_varint()) / 1000;
      break;
    case kBinary32:
      param.type = HOLO_PARAM_FLOAT;
      param.number = static_cast<double>(std::bit_cast<float>(in.u32()));
      break;
    case kBinary64:
      param.type = HOLO_PARAM_FLOAT;
      param.number = std::bit_cast<double>(in.u64());
      break;
    case kChoice:
    case kText:
      param.type = form == kChoice ? HOLO_PARAM_CHOICE : HOLO_PARAM_TEXT;
      param.text = read_string(in, kMaxText);
      break;
    default:
      in.fail();
  }
  if (!in.ok()) return corrupt("parameter " + param.key);
  return param;
}

}  // namespace

Result<std::vector<std::uint8_t>> serialize_header(const ContainerHeader& header) {
  if (!is_format_id(header.format_id)) {
    return bad_argument("the format id \"" + header.format_id +
                        "\" is not 1 to 32 of the characters a-z 0-9 -");
  }
  if (!is_plain_text(header.plugin_id, 1, kMaxName) ||
      !is_plain_text(header.plugin_version, 0, kMaxName)) {
    return bad_argument("plugin id or version is missing, or longer than 255 bytes");
  }
  std::vector<std::uint8_t> bytes;
  ByteWriter out(bytes);
  write_string(out, header.format_id);
  out.varint(header.bitstream_version);
  // An empty string stands for the id that the house gives to a format of this name.
  const bool house = header.plugin_id == std::string(kHouse) + header.format_id;
  write_string(out, house ? std::string_view{} : std::string_view{header.plugin_id});
  write_string(out, header.plugin_version);
  HOLO_TRY(write_stream(out, header.stream));
  out.varint(header.params.values.size());
  for (const ParamValue& param : header.params.values) HOLO_TRY(write_param(out, param));
  out.varint(header.metadata.size());
  for (const Metadata& item : header.metadata) {
    if (!is_plain_text(item.name, 1, kMaxName)) {
      return bad_argument("the metadata name \"" + item.name +
                          "\" is empty or longer than 255 bytes");
    }
    write_string(out, item.name);
    out.varint(item.bytes.size());
    out.bytes(item.bytes);
  }
  return bytes;
}

Result<ContainerHeader> parse_header(std::span<const std::uint8_t> bytes) {
  ByteCursor in(bytes);
  ContainerHeader header;
  header.format_id = read_string(in, kMaxFormatId);
  if (!in.ok() || !is_format_id(header.format_id)) return corrupt("format id");
  header.bitstream_version =
      static_cast<std::uint32_t>(in.varint_to(std::numeric_limits<std::uint32_t>::max()));
  header.plugin_id = read_string(in, kMaxName);
  if (header.plugin_id.empty()) header.plugin_id = std::string(kHouse) + header.format_id;
  header.plugin_version = read_string(in, kMaxName);
  if (!in.ok()) return corrupt("versions");
  HOLO_ASSIGN(header.stream, read_stream(in));

  const std::uint64_t params = in.varint_to(in.remaining() / 2);  // two bytes each at least
  if (!in.ok()) return corrupt("number of parameters");
  for (std::uint64_t i = 0; i < params; ++i) {
    HOLO_ASSIGN(ParamValue param, read_param(in));
    header.params.values.push_back(std::move(param));
  }
  const std::uint64_t items = in.varint_to(in.remaining() / 2);
  if (!in.ok()) return corrupt("number of metadata items");
  for (std::uint64_t i = 0; i < items; ++i) {
    Metadata item;
    item.name = read_string(in, kMaxName);
    const auto data = in.bytes(in.varint());
    if (!in.ok() || item.name.empty()) return corrupt("metadata");
    item.bytes.assign(data.begin(), data.end());
    header.metadata.push_back(std::move(item));
  }
  if (in.remaining() != 0) return corrupt("end of header");
  return header;
}

}  // namespace holo::container
