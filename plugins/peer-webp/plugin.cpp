// peer-webp: WebP through libwebp, to compare with. The bytes are those of
// cwebp -q Q -m METHOD [-lossless] [-exact].
#include <webp/decode.h>
#include <webp/encode.h>

#include <memory>

#include <holo/plugin.hpp>

#include "plugins/peer-common/foreign_file.hpp"

namespace holo::peer {
namespace {

// Both libraries' structs are freed on every way out.
struct Picture {
  WebPPicture raw{};
  WebPMemoryWriter writer{};
  Picture() {
    if (WebPPictureInit(&raw) == 0) fail(HOLO_INTERNAL, "libwebp is of another version");
    WebPMemoryWriterInit(&writer);
    raw.writer = WebPMemoryWrite;
    raw.custom_ptr = &writer;
  }
  ~Picture() {
    WebPPictureFree(&raw);
    WebPMemoryWriterClear(&writer);
  }
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;
};

struct WebP {
  static constexpr Limits kLimits{"WebP", false, true, false, WEBP_MAX_DIMENSION};

  static std::vector<std::uint8_t> compress(const Params& params, const Pixels& pixels) {
    WebPConfig config;
    if (WebPConfigInit(&config) == 0) fail(HOLO_INTERNAL, "libwebp is of another version");
    config.quality = static_cast<float>(params.number("quality"));
    config.method = static_cast<int>(params.integer("method"));
    config.lossless = params.boolean("lossless") ? 1 : 0;
    config.exact = params.boolean("exact") ? 1 : 0;
    Picture picture;
    picture.raw.use_argb = config.lossless;
    picture.raw.width = pixels.width;
    picture.raw.height = pixels.height;
    const auto stride = static_cast<int>(pixels.row_bytes());
    const int imported = pixels.channels == 4
                             ? WebPPictureImportRGBA(&picture.raw, pixels.row(0), stride)
                             : WebPPictureImportRGB(&picture.raw, pixels.row(0), stride);
    if (imported == 0 || WebPEncode(&config, &picture.raw) == 0) {
      fail(HOLO_INTERNAL, "libwebp: error " + std::to_string(picture.raw.error_code));
    }
    return {picture.writer.mem, picture.writer.mem + picture.writer.size};
  }

  static void decompress(const std::vector<std::uint8_t>& file, Pixels& pixels) {
    int width = 0;
    int height = 0;
    if (WebPGetInfo(file.data(), file.size(), &width, &height) == 0) {
      fail(HOLO_CORRUPT, "WebP: no header");
    }
    allocate(pixels, static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height));
    const auto decode = pixels.channels == 4 ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
    if (decode(file.data(), file.size(), pixels.row(0), pixels.bytes.size(),
               static_cast<int>(pixels.row_bytes())) == nullptr) {
      fail(HOLO_CORRUPT, "WebP: the data are damaged");
    }
  }

  static CodecInfo info() {
    return peer_info(
        "org.holohost.peer-webp", "peer-webp", HOLO_PEER_LIBRARY_VERSION,
        "WebP through libwebp, to compare with", 0,
        {float_param("quality", "", "Quality; the effort where lossless", 75, 0, 100).rate(),
         int_param("method", "", "Effort", 6, 0, 6),
         bool_param("lossless", "The lossless format", false),
         bool_param("exact", "Keep colours under transparent alpha", false)});
  }
};

}  // namespace
}  // namespace holo::peer

HOLO_PLUGIN(holo::plugin_info("org.holohost.peer-webp", "1.0.0", "holohost", "Apache-2.0",
                              "https://holohost.org"),
            holo::CodecFactory<
                holo::Codec<holo::peer::ForeignEncoder<holo::peer::WebP>,
                            holo::peer::ForeignDecoder<holo::peer::WebP>, holo::peer::WebP::info>>);
