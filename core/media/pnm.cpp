// Netpbm's binary formats: PGM (P5), PPM (P6) and PAM (P7), in and out.
#include <array>
#include <bit>
#include <cctype>
#include <cstring>
#include <optional>

#include "core/media/byte_cursor.hpp"
#include "core/media/picture_codecs.hpp"

namespace holo::media {
namespace {

constexpr std::size_t kLongestHeader = 65536;

struct Header {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  std::uint64_t depth = 0;  // channels
  std::uint64_t maxval = 0;
  std::string tuple_type;
};

Error bad_header(std::string_view what) {
  return damaged("PNM", "its header " + std::string(what));
}

// Header bytes one at a time; false from any function means the header does not parse.
class Scanner {
 public:
  explicit Scanner(ByteCursor& cursor) : cursor_(cursor) {}

  std::optional<char> next() {
    std::uint8_t byte = 0;
    if (++used_ > kLongestHeader || !cursor_.read(std::span(&byte, 1))) return std::nullopt;
    return static_cast<char>(byte);
  }

  // A word between white space; "#" begins a comment that lasts to the end of the line. The one
  // white space behind the word is consumed.
  std::optional<std::string> word(bool stop_at_line = false) {
    std::string text;
    while (auto c = next()) {
      if (*c == '#' && text.empty()) {
        while (c && *c != '\n') c = next();
        if (!c) return std::nullopt;
        continue;
      }
      if (std::isspace(static_cast<unsigned char>(*c)) == 0) {
        text += *c;
        continue;
      }
      line_ended_ = *c == '\n';
      if (!text.empty() || (stop_at_line && line_ended_)) return text;
    }
    return std::nullopt;
  }

  std::optional<std::uint64_t> number() {
    const auto text = word();
    if (!text || text->empty() || text->size() > 10) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : *text) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
  }

  [[nodiscard]] bool line_ended() const { return line_ended_; }

 private:
  ByteCursor& cursor_;
  std::size_t used_ = 0;
  bool line_ended_ = false;
};

Result<Header> parse_pam(Scanner& scanner) {
  Header header;
  struct Row {
    std::string_view name;
    std::uint64_t Header::*field;
  };
  static constexpr std::array<Row, 4> kRows = {{{"WIDTH", &Header::width},
                                                {"HEIGHT", &Header::height},
                                                {"DEPTH", &Header::depth},
                                                {"MAXVAL", &Header::maxval}}};
  while (const auto key = scanner.word()) {
    if (*key == "ENDHDR") {
      if (!scanner.line_ended()) return bad_header("has text behind ENDHDR");
      return header;
    }
    if (*key == "TUPLTYPE") {
      while (!scanner.line_ended()) {
        const auto part = scanner.word(true);
        if (!part) return bad_header("ends inside TUPLTYPE");
        header.tuple_type += *part;
      }
      continue;
    }
    bool known = false;
    for (const Row& row : kRows) {
      if (row.name != *key) continue;
      const auto value = scanner.number();
      if (!value) return bad_header("has no number behind " + *key);
      header.*row.field = *value;
      known = true;
    }
    if (!known) return bad_header("has an unknown line: " + key->substr(0, 40));
  }
  return bad_header("has no ENDHDR");
}

Result<Header> parse_header(Scanner& scanner, char digit) {
  if (digit == '7') return parse_pam(scanner);
  const auto width = scanner.number();
  const auto height = width ? scanner.number() : std::nullopt;
  const auto maxval = height ? scanner.number() : std::nullopt;
  if (!maxval) return bad_header("has no width, height and greatest value");
  return Header{*width, *height, digit == '6' ? 3u : 1u, *maxval, {}};
}

struct Tuple {
  std::string_view name;
  std::uint64_t depth;
  int model;
  bool alpha;
};
constexpr std::array<Tuple, 6> kTuples = {{{"GRAYSCALE", 1, HOLO_GRAY, false},
                                           {"RGB", 3, HOLO_RGB, false},
                                           {"GRAYSCALE_ALPHA", 2, HOLO_GRAY, true},
                                           {"RGB_ALPHA", 4, HOLO_RGB, true},
                                           {"BLACKANDWHITE", 1, HOLO_GRAY, false},
                                           {"BLACKANDWHITE_ALPHA", 2, HOLO_GRAY, true}}};

// Without a tuple type, the number of channels decides.
const Tuple* find_tuple(const Header& header) {
  for (const Tuple& tuple : kTuples) {
    const bool named = header.tuple_type.empty() || tuple.name == header.tuple_type;
    if (named && tuple.depth == header.depth) return &tuple;
  }
  return nullptr;
}

int depth_of(std::uint64_t maxval) { return maxval < 256 ? 8 : std::bit_width(maxval); }

// File samples to native ones, stretched from 0..maxval to the whole of the bit depth.
bool convert_row(std::span<const std::uint8_t> in, std::uint64_t maxval, std::uint8_t* out) {
  const std::uint64_t full = (std::uint64_t{1} << depth_of(maxval)) - 1;
  const std::size_t bytes = maxval < 256 ? 1 : 2;
  for (std::size_t i = 0; i < in.size(); i += bytes) {
    const std::uint64_t value = bytes == 1 ? in[i] : in[i] << 8 | in[i + 1];
    if (value > maxval) return false;
    const std::uint64_t scaled = (value * full + maxval / 2) / maxval;
    if (bytes == 1) {
      out[i] = static_cast<std::uint8_t>(scaled);
    } else {
      const auto sample = static_cast<std::uint16_t>(scaled);
      std::memcpy(out + i, &sample, sizeof sample);
    }
  }
  return true;
}

// The raster ends the file; white space behind it does no harm.
Status check_end(ByteCursor& cursor) {
  std::array<std::uint8_t, 1> byte{};
  while (cursor.read(byte)) {
    if (byte[0] == 'P') {
      return make_error(HOLO_UNSUPPORTED,
                        "this PNM file holds more than one picture; split it first, for example "
                        "with pamsplit");
    }
    if (std::isspace(byte[0]) == 0) {
      return damaged("PNM", "it has bytes behind the samples that its header announces");
    }
  }
  if (cursor.error()) return *cursor.error();
  return {};
}

Error cut_short(const ByteCursor& cursor) {
  if (cursor.error()) return *cursor.error();
  return damaged("PNM",
                 "it is truncated, it ends after " + std::to_string(cursor.size()) + " bytes");
}

}  // namespace

Result<Picture> read_pnm(ByteReader& reader, const Limits& limits) {
  ByteCursor cursor(reader);
  std::array<std::uint8_t, 2> magic{};
  if (!cursor.read(magic)) return cut_short(cursor);
  Scanner scanner(cursor);
  auto parsed = parse_header(scanner, static_cast<char>(magic[1]));
  if (!parsed.ok()) {
    if (cursor.error() || cursor.ended()) return cut_short(cursor);
    return std::move(parsed).error();
  }
  const Header& header = *parsed;
  if (header.maxval < 1 || header.maxval > 65535) {
    return bad_header("gives " + std::to_string(header.maxval) +
                      " as greatest value, expected 1 to 65535");
  }
  const Tuple* tuple = find_tuple(header);
  if (tuple == nullptr) {
    return make_error(HOLO_UNSUPPORTED, "this PAM file has " + std::to_string(header.depth) +
                                            " channels of type '" +
                                            header.tuple_type.substr(0, 40) +
                                            "'; expected GRAYSCALE or RGB, with or without _ALPHA");
  }
  const std::uint64_t bytes = header.maxval < 256 ? 1 : 2;
  HOLO_TRY(check_claim("PNM", header.width, header.height, header.depth, bytes, limits));
  const std::uint64_t expected = header.width * header.height * header.depth * bytes;
  if (expected > cursor.left()) {
    return damaged("PNM", "it is truncated, its header announces " + std::to_string(expected) +
                              " bytes of samples and " + std::to_string(cursor.left()) + " follow");
  }
  const holo_image image =
      make_image(static_cast<int>(header.width), static_cast<int>(header.height), tuple->model,
                 tuple->alpha, depth_of(header.maxval));
  HOLO_ASSIGN(auto unit, UnitBuffer::planes(HOLO_PICTURE, image, limits.max_bytes));
  std::vector<std::uint8_t> row(interleaved_row_bytes(image));
  std::vector<std::uint8_t> samples(row.size());
  for (std::int64_t y = 0; y < image.height; ++y) {
    if (!cursor.read(row)) return cut_short(cursor);
    if (!convert_row(row, header.maxval, samples.data())) {
      return damaged("PNM", "row " + std::to_string(y) + " has a sample above the greatest value " +
                                std::to_string(header.maxval));
    }
    deinterleave_row(unit, y, samples.data());
  }
  HOLO_TRY(check_end(cursor));
  return Picture{std::move(unit), {}};
}

namespace {

std::string pam_header(const holo_image& image, std::uint32_t maxval) {
  std::string type = image.model == HOLO_RGB ? "RGB" : "GRAYSCALE";
  if (image.has_alpha != 0) type += "_ALPHA";
  return "P7\nWIDTH " + std::to_string(image.width) + "\nHEIGHT " + std::to_string(image.height) +
         "\nDEPTH " + std::to_string(plane_count(image)) + "\nMAXVAL " + std::to_string(maxval) +
         "\nTUPLTYPE " + type + "\nENDHDR\n";
}

// PPM has no grey: each sample three times.
void triple(std::vector<std::uint8_t>& row, std::size_t bytes) {
  std::vector<std::uint8_t> wide;
  wide.reserve(row.size() * 3);
  for (std::size_t i = 0; i < row.size(); i += bytes) {
    for (int copy = 0; copy < 3; ++copy) {
      wide.insert(wide.end(), row.begin() + static_cast<std::ptrdiff_t>(i),
                  row.begin() + static_cast<std::ptrdiff_t>(i + bytes));
    }
  }
  row = std::move(wide);
}

}  // namespace

Status write_pnm(AtomicFile& file, std::string_view name, const UnitBuffer& unit) {
  const holo_image& image = *unit.image;
  if (image.has_alpha != 0 && name != "pam") {
    return make_error(HOLO_UNSUPPORTED,
                      std::string(name) + " cannot hold an alpha channel; use .pam or .png");
  }
  if (image.model == HOLO_RGB && name == "pgm") {
    return make_error(HOLO_UNSUPPORTED, "pgm cannot hold colour; use .ppm or .png");
  }
  const std::uint32_t maxval = (1u << image.bit_depth) - 1;
  const bool grey = image.model == HOLO_GRAY && name != "ppm";
  const std::string header =
      name == "pam" ? pam_header(image, maxval)
                    : std::string(grey ? "P5\n" : "P6\n") + std::to_string(image.width) + " " +
                          std::to_string(image.height) + "\n" + std::to_string(maxval) + "\n";
  HOLO_TRY(
      file.write(std::span(reinterpret_cast<const std::uint8_t*>(header.data()), header.size())));
  const auto bytes = static_cast<std::size_t>(bytes_per_sample(image));
  std::vector<std::uint8_t> row;
  for (std::int64_t y = 0; y < image.height; ++y) {
    row.resize(interleaved_row_bytes(image));
    interleave_row(unit, y, row.data());
    if (bytes == 2 && std::endian::native == std::endian::little) {
      for (std::size_t i = 0; i < row.size(); i += 2) std::swap(row[i], row[i + 1]);
    }
    if (image.model == HOLO_GRAY && name == "ppm") triple(row, bytes);
    HOLO_TRY(file.write(row));
  }
  return {};
}

}  // namespace holo::media
