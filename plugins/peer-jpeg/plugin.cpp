// peer-jpeg: JPEG through libjpeg-turbo, to compare with. The bytes are those of
// cjpeg -quality Q -optimize -progressive -sample 2x2|1x1.
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

#include <holo/plugin.hpp>

#include "plugins/peer-common/foreign_file.hpp"

namespace holo::peer {
namespace {

constexpr int kMostScans = 500;  // a small file can hold thousands over a huge picture

struct State {
  jpeg_error_mgr errors{};  // libjpeg holds pointers to these two
  jpeg_progress_mgr progress{};
  std::jmp_buf escape{};
  char message[JMSG_LENGTH_MAX] = {};
};

[[noreturn]] void on_error(j_common_ptr jpeg) {
  auto& state = *static_cast<State*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, state.message);
  std::longjmp(state.escape, 1);
}
void on_message(j_common_ptr jpeg, int level) {
  if (level < 0) on_error(jpeg);  // a warning: damaged data
}
void on_progress(j_common_ptr jpeg) {
  if (!jpeg->is_decompressor) return;
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number <= kMostScans) return;
  auto& state = *static_cast<State*>(jpeg->client_data);
  std::snprintf(state.message, sizeof state.message, "it has more than %d scans", kMostScans);
  std::longjmp(state.escape, 1);
}

template <class Jpeg>
void watch(Jpeg& jpeg, State& state) {
  jpeg.err = jpeg_std_error(&state.errors);
  state.errors.error_exit = on_error;
  state.errors.emit_message = on_message;
  state.progress.progress_monitor = on_progress;
  jpeg.client_data = &state;
}

// libjpeg reports errors by longjmp; `body` holds nothing that has a destructor.
template <class Body>
bool guarded(State& state, const Body& body) {
  if (setjmp(state.escape) != 0) return false;
  body();
  return true;
}

struct Jpeg {
  static constexpr Limits kLimits{"JPEG", true, false, false, JPEG_MAX_DIMENSION};

  static std::vector<std::uint8_t> compress(const Params& params, const Pixels& pixels) {
    const int quality = static_cast<int>(params.integer("quality"));
    const int sampling = params.choice("subsampling") == "420" ? 2 : 1;
    State state;
    jpeg_compress_struct jpeg{};
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    watch(jpeg, state);
    const bool done = guarded(state, [&] {
      jpeg_create_compress(&jpeg);
      jpeg_mem_dest(&jpeg, &bytes, &size);
      jpeg.image_width = static_cast<JDIMENSION>(pixels.width);
      jpeg.image_height = static_cast<JDIMENSION>(pixels.height);
      jpeg.input_components = pixels.channels;
      jpeg.in_color_space = pixels.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
      jpeg_set_defaults(&jpeg);
      jpeg_set_quality(&jpeg, quality, TRUE);
      jpeg.optimize_coding = TRUE;
      if (pixels.channels == 3) {
        jpeg.comp_info[0].h_samp_factor = sampling;
        jpeg.comp_info[0].v_samp_factor = sampling;
      }
      jpeg_simple_progression(&jpeg);
      jpeg_start_compress(&jpeg, TRUE);
      while (jpeg.next_scanline < jpeg.image_height) {
        auto* row = const_cast<JSAMPROW>(pixels.row(static_cast<int>(jpeg.next_scanline)));
        jpeg_write_scanlines(&jpeg, &row, 1);
      }
      jpeg_finish_compress(&jpeg);
    });
    jpeg_destroy_compress(&jpeg);
    std::vector<std::uint8_t> file;
    if (done) file.assign(bytes, bytes + size);
    std::free(bytes);
    if (!done) fail(HOLO_INTERNAL, std::string("libjpeg: ") + state.message);
    return file;
  }

  static void decompress(const std::vector<std::uint8_t>& file, Pixels& pixels) {
    State state;
    jpeg_decompress_struct jpeg{};
    watch(jpeg, state);
    const bool opened = guarded(state, [&] {
      jpeg_create_decompress(&jpeg);
      jpeg.progress = &state.progress;
      jpeg_mem_src(&jpeg, file.data(), static_cast<unsigned long>(file.size()));
      jpeg_read_header(&jpeg, TRUE);
    });
    const bool fits = opened && jpeg.image_width == static_cast<JDIMENSION>(pixels.width) &&
                      jpeg.image_height == static_cast<JDIMENSION>(pixels.height) &&
                      jpeg.num_components == pixels.channels;
    if (fits) pixels.bytes.resize(static_cast<std::size_t>(pixels.height) * pixels.row_bytes());
    const bool done = fits && guarded(state, [&] {
                        jpeg.out_color_space = pixels.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
                        jpeg_start_decompress(&jpeg);
                        while (jpeg.output_scanline < jpeg.output_height) {
                          JSAMPROW row = pixels.row(static_cast<int>(jpeg.output_scanline));
                          jpeg_read_scanlines(&jpeg, &row, 1);
                        }
                        jpeg_finish_decompress(&jpeg);
                      });
    jpeg_destroy_decompress(&jpeg);
    if (opened && !fits) fail(HOLO_CORRUPT, "JPEG: its header does not match the stream");
    if (!done) fail(HOLO_CORRUPT, std::string("JPEG: ") + state.message);
  }

  static CodecInfo info() {
    return peer_info(
        "org.holohost.peer-jpeg", "peer-jpeg", HOLO_PEER_LIBRARY_VERSION,
        "JPEG through libjpeg-turbo, progressive, to compare with", 0,
        {int_param("quality", "", "Quality of the quantization tables", 75, 0, 100).rate(),
         choice_param("subsampling", "Chroma samples", "420",
                      {{"420", "Half in each direction"}, {"444", "All"}})});
  }
};

}  // namespace
}  // namespace holo::peer

HOLO_PLUGIN(holo::plugin_info("org.holohost.peer-jpeg", "1.0.0", "holohost", "Apache-2.0",
                              "https://holohost.org"),
            holo::CodecFactory<
                holo::Codec<holo::peer::ForeignEncoder<holo::peer::Jpeg>,
                            holo::peer::ForeignDecoder<holo::peer::Jpeg>, holo::peer::Jpeg::info>>);
