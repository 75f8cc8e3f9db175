// peer-jxl: JPEG XL through libjxl, to compare with. The bytes are those of
// cjxl -d DISTANCE -e EFFORT, with lossless those of cjxl -d 0; single-threaded.
#include <jxl/decode.h>
#include <jxl/encode.h>

#include <memory>

#include <holo/plugin.hpp>

#include "plugins/peer-common/foreign_file.hpp"

namespace holo::peer {
namespace {

struct Destroy {
  void operator()(JxlEncoder* encoder) const { JxlEncoderDestroy(encoder); }
  void operator()(JxlDecoder* decoder) const { JxlDecoderDestroy(decoder); }
};

void check(JxlEncoderStatus status, const char* what) {
  if (status != JXL_ENC_SUCCESS) fail(HOLO_INTERNAL, std::string("libjxl: ") + what + " failed");
}

JxlPixelFormat packed(const Pixels& pixels) {
  return {static_cast<std::uint32_t>(pixels.channels),
          pixels.depth > 8 ? JXL_TYPE_UINT16 : JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
}

struct JpegXl {
  static constexpr Limits kLimits{"JPEG XL", true, true, true, 1 << 20};

  static std::vector<std::uint8_t> compress(const Params& params, const Pixels& pixels) {
    const bool grey = pixels.channels < 3;
    const bool alpha = pixels.channels % 2 == 0;
    const auto depth = static_cast<std::uint32_t>(pixels.depth);
    const bool lossless = params.boolean("lossless");
    const std::unique_ptr<JxlEncoder, Destroy> encoder(JxlEncoderCreate(nullptr));
    if (!encoder) fail(HOLO_NO_MEMORY, "libjxl: out of memory");

    JxlBasicInfo basic;
    JxlEncoderInitBasicInfo(&basic);
    basic.xsize = static_cast<std::uint32_t>(pixels.width);
    basic.ysize = static_cast<std::uint32_t>(pixels.height);
    basic.bits_per_sample = depth;
    basic.num_color_channels = grey ? 1 : 3;
    basic.num_extra_channels = alpha ? 1 : 0;
    basic.alpha_bits = alpha ? depth : 0;
    basic.uses_original_profile = lossless ? JXL_TRUE : JXL_FALSE;
    if (lossless && depth > 8) check(JxlEncoderSetCodestreamLevel(encoder.get(), 10), "the level");
    check(JxlEncoderSetBasicInfo(encoder.get(), &basic), "the header");
    JxlColorEncoding colour;
    JxlColorEncodingSetToSRGB(&colour, grey ? JXL_TRUE : JXL_FALSE);
    colour.rendering_intent = JXL_RENDERING_INTENT_PERCEPTUAL;  // as cjxl says of sRGB
    check(JxlEncoderSetColorEncoding(encoder.get(), &colour), "the colour encoding");

    JxlEncoderFrameSettings* frame = JxlEncoderFrameSettingsCreate(encoder.get(), nullptr);
    check(JxlEncoderFrameSettingsSetOption(frame, JXL_ENC_FRAME_SETTING_EFFORT,
                                           params.integer("effort")),
          "the effort");
    const auto distance = static_cast<float>(params.number("distance"));
    check(lossless ? JxlEncoderSetFrameLossless(frame, JXL_TRUE)
                   : JxlEncoderSetFrameDistance(frame, distance),
          "the distance");
    const JxlPixelFormat format = packed(pixels);
    check(JxlEncoderAddImageFrame(frame, &format, pixels.bytes.data(), pixels.bytes.size()),
          "the picture");
    JxlEncoderCloseInput(encoder.get());

    std::vector<std::uint8_t> file(1 << 16);
    std::size_t used = 0;
    for (;;) {
      std::uint8_t* next = file.data() + used;
      std::size_t room = file.size() - used;
      const JxlEncoderStatus status = JxlEncoderProcessOutput(encoder.get(), &next, &room);
      used = file.size() - room;
      if (status != JXL_ENC_NEED_MORE_OUTPUT) {
        check(status, "encoding");
        file.resize(used);
        return file;
      }
      file.resize(2 * file.size());
    }
  }

  static void decompress(const std::vector<std::uint8_t>& file, Pixels& pixels) {
    const std::unique_ptr<JxlDecoder, Destroy> decoder(JxlDecoderCreate(nullptr));
    if (!decoder) fail(HOLO_NO_MEMORY, "libjxl: out of memory");
    if (JxlDecoderSubscribeEvents(decoder.get(), JXL_DEC_BASIC_INFO | JXL_DEC_FULL_IMAGE) !=
            JXL_DEC_SUCCESS ||
        JxlDecoderSetInput(decoder.get(), file.data(), file.size()) != JXL_DEC_SUCCESS) {
      fail(HOLO_INTERNAL, "libjxl: the decoder does not start");
    }
    JxlDecoderCloseInput(decoder.get());
    const JxlPixelFormat format = packed(pixels);
    for (;;) {
      switch (JxlDecoderProcessInput(decoder.get())) {
        case JXL_DEC_BASIC_INFO: {
          JxlBasicInfo basic;
          if (JxlDecoderGetBasicInfo(decoder.get(), &basic) != JXL_DEC_SUCCESS) {
            fail(HOLO_CORRUPT, "JPEG XL: no header");
          }
          allocate(pixels, basic.xsize, basic.ysize);
          break;
        }
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
          if (pixels.bytes.empty() ||
              JxlDecoderSetImageOutBuffer(decoder.get(), &format, pixels.bytes.data(),
                                          pixels.bytes.size()) != JXL_DEC_SUCCESS) {
            fail(HOLO_CORRUPT, "JPEG XL: its header does not match the stream");
          }
          break;
        case JXL_DEC_FULL_IMAGE:
          return;
        default:
          fail(HOLO_CORRUPT, "JPEG XL: the data are damaged");
      }
    }
  }

  static CodecInfo info() {
    return peer_info("org.holohost.peer-jxl", "peer-jxl", HOLO_PEER_LIBRARY_VERSION,
                     "JPEG XL through libjxl, to compare with", 0,
                     {float_param("distance", "", "Butteraugli distance, as cjxl -d", 1, 0.01, 25),
                      int_param("effort", "", "Effort", 7, 1, 9),
                      bool_param("lossless", "Lossless, whatever the distance", false)});
  }
};

}  // namespace
}  // namespace holo::peer

HOLO_PLUGIN(holo::plugin_info("org.holohost.peer-jxl", "1.0.0", "holohost", "Apache-2.0",
                              "https://holohost.org"),
            holo::CodecFactory<holo::Codec<holo::peer::ForeignEncoder<holo::peer::JpegXl>,
                                           holo::peer::ForeignDecoder<holo::peer::JpegXl>,
                                           holo::peer::JpegXl::info>>);
