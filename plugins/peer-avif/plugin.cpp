// peer-avif: AVIF through libavif with libaom, to compare with. The bytes are those of
// avifenc -c aom -s SPEED -y YUV --min QUANTIZER --max QUANTIZER, which works single-threaded.
#include <avif/avif.h>

#include <memory>

#include <holo/plugin.hpp>

#include "plugins/peer-common/foreign_file.hpp"

namespace holo::peer {
namespace {

template <class T, void (*kFree)(T*)>
struct Free {
  void operator()(T* object) const { kFree(object); }
};
template <class T, void (*kFree)(T*)>
using Owned = std::unique_ptr<T, Free<T, kFree>>;

void check(avifResult result, holo_status status, const char* what) {
  if (result == AVIF_RESULT_OK) return;
  if (result == AVIF_RESULT_OUT_OF_MEMORY) fail(HOLO_NO_MEMORY, "libavif: out of memory");
  fail(status, std::string(what) + ": " + avifResultToString(result));
}

avifRGBImage packed(const avifImage& image, const Pixels& pixels, std::uint8_t* bytes) {
  avifRGBImage rgb{};
  avifRGBImageSetDefaults(&rgb, &image);
  rgb.depth = 8;
  rgb.format = pixels.channels == 4 ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
  rgb.pixels = bytes;
  rgb.rowBytes = static_cast<std::uint32_t>(pixels.row_bytes());
  return rgb;
}

struct Avif {
  static constexpr Limits kLimits{"AVIF", false, true, false, 65536};

  static std::vector<std::uint8_t> compress(const Params& params, const Pixels& pixels) {
    const auto yuv =
        params.choice("yuv") == "420" ? AVIF_PIXEL_FORMAT_YUV420 : AVIF_PIXEL_FORMAT_YUV444;
    const Owned<avifImage, avifImageDestroy> image(
        avifImageCreate(static_cast<std::uint32_t>(pixels.width),
                        static_cast<std::uint32_t>(pixels.height), 8, yuv));
    const Owned<avifEncoder, avifEncoderDestroy> encoder(avifEncoderCreate());
    if (!image || !encoder) fail(HOLO_NO_MEMORY, "libavif: out of memory");
    // What avifenc assumes of a picture without a profile: sRGB, and the matrix of BT.601.
    image->colorPrimaries = AVIF_COLOR_PRIMARIES_BT709;
    image->transferCharacteristics = AVIF_TRANSFER_CHARACTERISTICS_SRGB;
    image->matrixCoefficients = AVIF_MATRIX_COEFFICIENTS_BT601;
    const avifRGBImage rgb = packed(*image, pixels, const_cast<std::uint8_t*>(pixels.bytes.data()));
    check(avifImageRGBToYUV(image.get(), &rgb), HOLO_INTERNAL, "libavif, to YUV");

    encoder->codecChoice = AVIF_CODEC_CHOICE_AOM;
    encoder->maxThreads = 1;
    encoder->speed = static_cast<int>(params.integer("speed"));
    encoder->minQuantizer = static_cast<int>(params.integer("quantizer"));
    encoder->maxQuantizer = encoder->minQuantizer;
    avifRWData file = AVIF_DATA_EMPTY;
    const avifResult result = avifEncoderWrite(encoder.get(), image.get(), &file);
    std::vector<std::uint8_t> bytes;
    if (result == AVIF_RESULT_OK) bytes.assign(file.data, file.data + file.size);
    avifRWDataFree(&file);
    check(result, HOLO_INTERNAL, "libavif");
    return bytes;
  }

  static void decompress(const std::vector<std::uint8_t>& file, Pixels& pixels) {
    const Owned<avifDecoder, avifDecoderDestroy> decoder(avifDecoderCreate());
    if (!decoder) fail(HOLO_NO_MEMORY, "libavif: out of memory");
    decoder->maxThreads = 1;
    decoder->imageSizeLimit =
        static_cast<std::uint32_t>(std::int64_t{pixels.width} * pixels.height);
    check(avifDecoderSetIOMemory(decoder.get(), file.data(), file.size()), HOLO_CORRUPT, "AVIF");
    check(avifDecoderParse(decoder.get()), HOLO_CORRUPT, "AVIF");
    allocate(pixels, decoder->image->width, decoder->image->height);
    check(avifDecoderNextImage(decoder.get()), HOLO_CORRUPT, "AVIF");
    allocate(pixels, decoder->image->width, decoder->image->height);
    avifRGBImage rgb = packed(*decoder->image, pixels, pixels.bytes.data());
    check(avifImageYUVToRGB(decoder->image, &rgb), HOLO_CORRUPT, "AVIF");
  }

  static CodecInfo info() {
    return peer_info(
        "org.holohost.peer-avif", "peer-avif", HOLO_PEER_LIBRARY_VERSION,
        "AVIF through libavif and libaom, to compare with", 0,
        {int_param("quantizer", "", "Quantizer, as avifenc --min and --max", 25, 0, 63),
         int_param("speed", "", "Speed, 0 the slowest", 4, 0, 10),
         choice_param("yuv", "Chroma samples", "444",
                      {{"420", "Half in each direction"}, {"444", "All"}})});
  }
};

}  // namespace
}  // namespace holo::peer

HOLO_PLUGIN(holo::plugin_info("org.holohost.peer-avif", "1.0.0", "holohost", "Apache-2.0",
                              "https://holohost.org"),
            holo::CodecFactory<
                holo::Codec<holo::peer::ForeignEncoder<holo::peer::Avif>,
                            holo::peer::ForeignDecoder<holo::peer::Avif>, holo::peer::Avif::info>>);
