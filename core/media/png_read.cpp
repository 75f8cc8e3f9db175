// PNG in, through libpng. libpng reports errors by longjmp: every call into it runs inside
// guarded(), whose body holds nothing that has a destructor.
#include <png.h>
#include <zlib.h>

#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <new>

#include "core/media/byte_cursor.hpp"
#include "core/media/exif.hpp"
#include "core/media/picture_codecs.hpp"

namespace holo::media {
namespace {

constexpr std::size_t kLargestChunk = std::size_t{64} << 20;  // of ICC and EXIF, inflated
constexpr std::uint64_t kDeflateRatio = 1032;                 // no deflate stream expands further

// What the ancillary chunks said.
struct Extras {
  std::vector<std::uint8_t> icc;
  std::vector<std::uint8_t> exif;
  std::uint32_t frames = 0;  // of acTL; 0 if there is none
  bool srgb = false;
  std::array<std::uint8_t, 4> cicp{};
  bool has_cicp = false;
};

struct State {
  explicit State(ByteReader& reader) : cursor(reader) {}
  ByteCursor cursor;
  Extras extras;
  std::array<char, 160> message{};
};

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  auto* state = static_cast<State*>(png_get_error_ptr(png));
  if (state->message[0] == 0) {
    std::snprintf(state->message.data(), state->message.size(), "%s", text);
  }
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep out, std::size_t size) {
  auto* state = static_cast<State*>(png_get_io_ptr(png));
  if (!state->cursor.read(std::span(out, size))) png_error(png, "it ends too early");
}

bool inflate_profile(std::span<const std::uint8_t> packed, std::vector<std::uint8_t>& out) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return false;
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  int result = Z_OK;
  while (result == Z_OK && out.size() < kLargestChunk) {
    const std::size_t done = out.size();
    out.resize(done + 16384);
    stream.next_out = out.data() + done;
    stream.avail_out = 16384;
    result = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  return result == Z_STREAM_END;
}

// iCCP: a name of at most 79 bytes, NUL, method 0, then a zlib stream.
bool take_icc(std::span<const std::uint8_t> data, Extras& extras) {
  const auto* end = static_cast<const std::uint8_t*>(
      std::memchr(data.data(), 0, std::min<std::size_t>(data.size(), 80)));
  if (end == nullptr) return false;
  const auto name = static_cast<std::size_t>(end - data.data());
  if (data.size() < name + 2 || data[name + 1] != 0) return false;
  return inflate_profile(data.subspan(name + 2), extras.icc);
}

bool take_chunk(std::string_view name, std::span<const std::uint8_t> data, Extras& extras) {
  if (name == "iCCP") return !extras.icc.empty() || take_icc(data, extras);
  if (name == "eXIf") {
    if (extras.exif.empty()) extras.exif.assign(data.begin(), data.end());
  } else if (name == "acTL") {
    if (data.size() != 8) return false;
    extras.frames =
        static_cast<std::uint32_t>(data[0]) << 24 | data[1] << 16 | data[2] << 8 | data[3];
  } else if (name == "sRGB") {
    extras.srgb = true;
  } else if (name == "cICP") {
    if (data.size() != 4) return false;
    std::copy(data.begin(), data.end(), extras.cicp.begin());
    extras.has_cicp = true;
  }
  return true;
}

// 1: handled; 0: libpng's own rule, which refuses unknown critical chunks; -1: damaged.
int on_chunk(png_structp png, png_unknown_chunkp chunk) {
  auto* state = static_cast<State*>(png_get_user_chunk_ptr(png));
  const std::string_view name(reinterpret_cast<const char*>(chunk->name), 4);
  const bool critical = (chunk->name[0] & 0x20) == 0;
  if (critical) return 0;
  try {
    if (take_chunk(name, std::span(chunk->data, chunk->size), state->extras)) return 1;
  } catch (const std::bad_alloc&) {
    std::snprintf(state->message.data(), state->message.size(), "no memory for chunk %.4s",
                  name.data());
    return -1;
  }
  std::snprintf(state->message.data(), state->message.size(), "chunk %.4s does not parse",
                name.data());
  return -1;
}

class PngReader {
 public:
  explicit PngReader(ByteReader& reader) : state_(reader) {}
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  Result<Picture> read(const Limits& limits) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state_, on_error, on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) return make_error(HOLO_NO_MEMORY, "no memory to read a PNG file");
    if (!guarded([this] { read_header(); })) return failure();
    if (state_.extras.frames > 1) {
      return make_error(HOLO_UNSUPPORTED,
                        "this PNG file is an animation (APNG) of " +
                            std::to_string(state_.extras.frames) +
                            " frames; convert it to a video or to one PNG a frame, for example "
                            "with ffmpeg");
    }
    const holo_image image = describe();
    HOLO_TRY(check_claim("PNG", static_cast<std::uint64_t>(image.width),
                         static_cast<std::uint64_t>(image.height), holo::plane_count(image),
                         static_cast<std::uint64_t>(bytes_per_sample(image)), limits));
    HOLO_TRY(check_density());
    HOLO_ASSIGN(auto unit, UnitBuffer::planes(HOLO_PICTURE, image, limits.max_bytes));
    HOLO_TRY(read_rows(unit));
    Picture picture{std::move(unit), {}};
    auto& extras = state_.extras;
    if (!extras.icc.empty()) picture.metadata.push_back({"icc", std::move(extras.icc)});
    if (!extras.exif.empty()) {
      picture.unit.image->orientation = exif_orientation(extras.exif).value_or(1);
      picture.metadata.push_back({"exif", std::move(extras.exif)});
    }
    return picture;
  }

 private:
  template <class Body>
  [[gnu::noinline]] bool guarded(const Body& body) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    body();
    return true;
  }

  void read_header() {
    png_set_read_fn(png_, &state_, on_read);
    png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);
    png_set_chunk_malloc_max(png_, kLargestChunk);
    png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    // libpng drops profiles that it thinks odd; taken raw, they are kept to the last byte.
    static constexpr png_byte kRaw[] = "acTL\0iCCP\0eXIf\0sRGB\0cICP";
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_ALWAYS, kRaw, 5);
    png_set_read_user_chunk_fn(png_, &state_, on_chunk);
    png_read_info(png_, info_);
  }

  holo_image describe() {
    const int type = png_get_color_type(png_, info_);
    const bool alpha =
        (type & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png_, info_, PNG_INFO_tRNS) != 0;
    const bool colour = (type & PNG_COLOR_MASK_COLOR) != 0;
    holo_image image = make_image(static_cast<int>(png_get_image_width(png_, info_)),
                                  static_cast<int>(png_get_image_height(png_, info_)),
                                  colour ? HOLO_RGB : HOLO_GRAY, alpha,
                                  png_get_bit_depth(png_, info_) == 16 ? 16 : 8);
    const auto& extras = state_.extras;
    if (extras.has_cicp && extras.cicp[2] == 0 && extras.cicp[3] == 1) {
      image.primaries = extras.cicp[0];
      image.transfer = extras.cicp[1];
    } else if (extras.srgb && extras.icc.empty()) {
      image.primaries = 1;
      image.transfer = 13;
    }
    return image;
  }

  // A claim that no deflate stream of the file's length could fill is refused before allocation.
  Status check_density() {
    const std::uint64_t bits = static_cast<std::uint64_t>(png_get_image_width(png_, info_)) *
                               png_get_channels(png_, info_) * png_get_bit_depth(png_, info_);
    const std::uint64_t rows = png_get_image_height(png_, info_);
    if ((bits + 7) / 8 > state_.cursor.size() * kDeflateRatio / rows + 1) {
      return damaged("PNG", "it claims " + std::to_string(png_get_image_width(png_, info_)) + "x" +
                                std::to_string(rows) + " samples, which its " +
                                std::to_string(state_.cursor.size()) + " bytes cannot hold");
    }
    return {};
  }

  Status read_rows(UnitBuffer& unit) {
    int passes = 0;
    const bool started = guarded([this, &passes] {
      png_set_expand(png_);
      if (std::endian::native == std::endian::little) png_set_swap(png_);
      passes = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    if (!started) return failure();
    std::vector<std::uint8_t> row(interleaved_row_bytes(*unit.image));
    if (png_get_rowbytes(png_, info_) != row.size()) {
      return make_error(HOLO_INTERNAL, "libpng expands rows to an unexpected size");
    }
    for (int pass = 0; pass < passes; ++pass) {
      for (std::int64_t y = 0; y < unit.image->height; ++y) {
        // Each pass of an interlaced file adds samples to the row as it is so far.
        if (pass > 0) interleave_row(unit, y, row.data());
        if (!guarded([this, &row] { png_read_row(png_, row.data(), nullptr); })) return failure();
        deinterleave_row(unit, y, row.data());
      }
    }
    if (!guarded([this] { png_read_end(png_, info_); })) return failure();
    return {};
  }

  Error failure() const {
    if (state_.cursor.error()) return *state_.cursor.error();
    std::string detail(state_.message.data());
    if (state_.cursor.ended()) {
      detail = "it is truncated, it ends after " + std::to_string(state_.cursor.size()) + " bytes";
    }
    return damaged("PNG", detail);
  }

  State state_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

Result<Picture> read_png(ByteReader& reader, const Limits& limits) {
  return PngReader(reader).read(limits);
}

}  // namespace holo::media
