// peer-png: PNG through libpng, to compare with.
#include <png.h>

#include <csetjmp>

#include <holo/plugin.hpp>

#include "plugins/peer-common/foreign_file.hpp"

namespace holo::peer {
namespace {

struct State {
  std::jmp_buf escape{};
  std::string message;
  std::vector<std::uint8_t> out;
  const std::uint8_t* in = nullptr;
  std::size_t left = 0;
};

// libpng reports errors by longjmp; `body` holds nothing that has a destructor.
template <class Body>
bool guarded(State& state, const Body& body) {
  if (setjmp(state.escape) != 0) return false;
  body();
  return true;
}

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto& state = *static_cast<State*>(png_get_error_ptr(png));
  state.message = message;
  std::longjmp(state.escape, 1);
}
void on_warning(png_structp, png_const_charp) {}
void on_write(png_structp png, png_bytep data, std::size_t size) {
  auto& out = static_cast<State*>(png_get_io_ptr(png))->out;
  bool stored = true;
  try {
    out.insert(out.end(), data, data + size);
  } catch (...) {
    stored = false;
  }
  if (!stored) png_error(png, "out of memory");
}
void on_flush(png_structp) {}
void on_read(png_structp png, png_bytep data, std::size_t size) {
  auto& state = *static_cast<State*>(png_get_io_ptr(png));
  if (size > state.left) png_error(png, "the file ends too early");
  std::copy(state.in, state.in + size, data);
  state.in += size;
  state.left -= size;
}

constexpr int kColourTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                PNG_COLOR_TYPE_RGB_ALPHA};

struct Png {
  static constexpr Limits kLimits{"PNG", true, true, true, 1000000};

  static std::vector<std::uint8_t> compress(const Params& params, const Pixels& pixels) {
    State state;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
    png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
    const int level = static_cast<int>(params.integer("level"));
    const bool done = info != nullptr && guarded(state, [&] {
                        png_set_write_fn(png, &state, on_write, on_flush);
                        png_set_compression_level(png, level);
                        png_set_IHDR(png, info, static_cast<png_uint_32>(pixels.width),
                                     static_cast<png_uint_32>(pixels.height), pixels.depth,
                                     kColourTypes[pixels.channels - 1], PNG_INTERLACE_NONE,
                                     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
                        png_write_info(png, info);
                        if (pixels.depth == 16) png_set_swap(png);
                        for (int y = 0; y < pixels.height; ++y) png_write_row(png, pixels.row(y));
                        png_write_end(png, nullptr);
                      });
    png_destroy_write_struct(&png, &info);
    if (!done) fail(HOLO_INTERNAL, "libpng: " + state.message);
    return std::move(state.out);
  }

  static void decompress(const std::vector<std::uint8_t>& file, Pixels& pixels) {
    State state;
    state.in = file.data();
    state.left = file.size();
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
    png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
    const bool opened = info != nullptr && guarded(state, [&] {
                          png_set_user_limits(png, static_cast<png_uint_32>(pixels.width),
                                              static_cast<png_uint_32>(pixels.height));
                          png_set_read_fn(png, &state, on_read);
                          png_read_info(png, info);
                          const bool fits =
                              png_get_image_width(png, info) == png_uint_32(pixels.width) &&
                              png_get_image_height(png, info) == png_uint_32(pixels.height) &&
                              png_get_bit_depth(png, info) == pixels.depth &&
                              png_get_color_type(png, info) == kColourTypes[pixels.channels - 1] &&
                              png_get_interlace_type(png, info) == PNG_INTERLACE_NONE;
                          if (!fits) png_error(png, "its header does not match the stream");
                          if (pixels.depth == 16) png_set_swap(png);
                        });
    if (opened) pixels.bytes.resize(static_cast<std::size_t>(pixels.height) * pixels.row_bytes());
    const bool done = opened && guarded(state, [&] {
                        for (int y = 0; y < pixels.height; ++y)
                          png_read_row(png, pixels.row(y), nullptr);
                        png_read_end(png, nullptr);
                      });
    png_destroy_read_struct(&png, &info, nullptr);
    if (!done) fail(HOLO_CORRUPT, "PNG: " + state.message);
  }

  static CodecInfo info() {
    return peer_info("org.holohost.peer-png", "peer-png", HOLO_PEER_LIBRARY_VERSION,
                     "PNG through libpng, to compare with",
                     HOLO_CODEC_LOSSLESS | HOLO_CODEC_BIT_EXACT,
                     {int_param("level", "", "Effort of the Deflate stage", 9, 0, 9)});
  }
};

}  // namespace
}  // namespace holo::peer

HOLO_PLUGIN(holo::plugin_info("org.holohost.peer-png", "1.0.0", "holohost", "Apache-2.0",
                              "https://holohost.org"),
            holo::CodecFactory<
                holo::Codec<holo::peer::ForeignEncoder<holo::peer::Png>,
                            holo::peer::ForeignDecoder<holo::peer::Png>, holo::peer::Png::info>>);
