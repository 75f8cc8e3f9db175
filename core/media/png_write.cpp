// PNG out, through libpng: 8 or 16 bit, with colour tags, ICC and EXIF as chunks. Every call that
// can longjmp runs inside guarded(), whose body holds nothing that has a destructor.
#include <png.h>
#include <zlib.h>

#include <array>
#include <bit>
#include <cstdio>
#include <optional>

#include "core/media/picture_codecs.hpp"

namespace holo::media {
namespace {

struct State {
  AtomicFile* file;
  std::optional<Error> error;  // of the file
  std::array<char, 160> message{};
};

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  auto* state = static_cast<State*>(png_get_error_ptr(png));
  std::snprintf(state->message.data(), state->message.size(), "%s", text);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}
void on_flush(png_structp) {}

bool write_bytes(State& state, std::span<const std::uint8_t> bytes) {
  Status status = state.file->write(bytes);
  if (!status.ok()) state.error = std::move(status).error();
  return status.ok();
}

void on_write(png_structp png, png_bytep data, std::size_t size) {
  auto* state = static_cast<State*>(png_get_io_ptr(png));
  if (!write_bytes(*state, std::span(data, size))) png_error(png, "writing failed");
}

// iCCP: a name, NUL, method 0, then a zlib stream.
Result<std::vector<std::uint8_t>> pack_icc(std::span<const std::uint8_t> profile) {
  static constexpr std::array<std::uint8_t, 5> kHead = {'I', 'C', 'C', 0, 0};
  std::vector<std::uint8_t> chunk(kHead.begin(), kHead.end());
  uLongf packed = compressBound(profile.size());
  chunk.resize(kHead.size() + packed);
  if (compress2(chunk.data() + kHead.size(), &packed, profile.data(), profile.size(), 9) != Z_OK) {
    return make_error(HOLO_NO_MEMORY, "no memory to compress an ICC profile of " +
                                          std::to_string(profile.size()) + " bytes");
  }
  chunk.resize(kHead.size() + packed);
  return chunk;
}

struct Chunk {
  const char* name;
  std::vector<std::uint8_t> bytes;
};

// What goes between IHDR and the samples, in PNG's order of precedence.
Result<std::vector<Chunk>> ancillary_chunks(const holo_image& image,
                                            std::span<const Metadata> metadata) {
  std::vector<Chunk> chunks;
  const Metadata* icc = find_metadata(metadata, "icc");
  const bool srgb = image.primaries == 1 && image.transfer == 13;
  const bool tagged = image.primaries != 2 && image.transfer != 2;
  if (srgb && icc == nullptr) chunks.push_back({"sRGB", {0}});
  if (tagged && !srgb) {
    chunks.push_back({"cICP",
                      {static_cast<std::uint8_t>(image.primaries),
                       static_cast<std::uint8_t>(image.transfer), 0, 1}});
  }
  if (icc != nullptr) {
    HOLO_ASSIGN(auto packed, pack_icc(icc->bytes));
    chunks.push_back({"iCCP", std::move(packed)});
  }
  if (const Metadata* exif = find_metadata(metadata, "exif")) {
    chunks.push_back({"eXIf", exif->bytes});
  }
  return chunks;
}

int colour_type(const holo_image& image) {
  return (image.model == HOLO_RGB ? PNG_COLOR_MASK_COLOR : 0) |
         (image.has_alpha != 0 ? PNG_COLOR_MASK_ALPHA : 0);
}

class PngWriter {
 public:
  explicit PngWriter(AtomicFile& file) : state_{&file, std::nullopt, {}} {}
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  Status write(const UnitBuffer& unit, std::span<const Metadata> metadata) {
    const holo_image& image = *unit.image;
    HOLO_ASSIGN(const auto chunks, ancillary_chunks(image, metadata));
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state_, on_error, on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) return make_error(HOLO_NO_MEMORY, "no memory to write a PNG file");
    if (!guarded([this, &image] { write_header(image); })) return failure();
    for (const auto& chunk : chunks) {
      const bool written = guarded([this, &chunk] {
        png_write_chunk(png_, reinterpret_cast<png_const_bytep>(chunk.name), chunk.bytes.data(),
                        chunk.bytes.size());
      });
      if (!written) return failure();
    }
    return write_rows(unit);
  }

 private:
  template <class Body>
  [[gnu::noinline]] bool guarded(const Body& body) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    body();
    return true;
  }

  void write_header(const holo_image& image) {
    png_set_write_fn(png_, &state_, on_write, on_flush);
    png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(image.width),
                 static_cast<png_uint_32>(image.height), image.bit_depth > 8 ? 16 : 8,
                 colour_type(image), PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png_, info_);
    if (std::endian::native == std::endian::little) png_set_swap(png_);
  }

  Status write_rows(const UnitBuffer& unit) {
    const std::uint32_t target_max = unit.image->bit_depth > 8 ? 65535 : 255;
    std::vector<std::uint8_t> row(interleaved_row_bytes(*unit.image));
    for (std::int64_t y = 0; y < unit.image->height; ++y) {
      interleave_row(unit, y, row.data());
      scale_row(*unit.image, target_max, row.data());
      if (!guarded([this, &row] { png_write_row(png_, row.data()); })) return failure();
    }
    if (!guarded([this] { png_write_end(png_, nullptr); })) return failure();
    return {};
  }

  Error failure() const {
    if (state_.error) return *state_.error;
    return make_error(HOLO_INTERNAL, std::string("writing PNG: ") + state_.message.data());
  }

  State state_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

Status write_png(AtomicFile& file, const UnitBuffer& unit, std::span<const Metadata> metadata) {
  return PngWriter(file).write(unit, metadata);
}

}  // namespace holo::media
