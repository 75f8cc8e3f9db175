// holovid as a plugin: the description of the codec, and its parameters.
#include <holo/codec.hpp>
#include <holo/plugin.hpp>

#include "plugins/holovid/video_decoder.hpp"
#include "plugins/holovid/video_encoder.hpp"

namespace {

holo::CodecInfo info() {
  holo::CodecInfo info = holo::codec_info(
      "org.holohost.holovid", "holovid", "0.1.0",
      "Video by motion-compensated prediction and transform coding",
      HOLO_CODEC_BIT_EXACT | HOLO_CODEC_COMPONENTS, holo::kind_bit(HOLO_FRAME),
      {holo::int_param("quality", "", "Fidelity; each 16 points halve the step", 60, 0, 100).rate(),
       holo::int_param("gop", "frames", "Distance of key frames", 32, 1, 600)
           .help("Rendering a frame decodes its group from the key frame on. Groups are coded and "
                 "decoded in parallel."),
       holo::int_param("effort", "", "Encoding effort, fast to thorough", 5, 1, 9),
       holo::int_param("chroma-offset", "", "Quantizer steps added for chroma", 0, -64, 64)
           .expert()});
  info.extension = ".holovid";
  return info;
}

using Holovid = holo::Codec<holo::holovid::VideoEncoder, holo::holovid::VideoDecoder, &info>;

}  // namespace

HOLO_PLUGIN(holo::plugin_info("org.holohost.holovid", "0.1.0", "holohost", "Apache-2.0"),
            holo::CodecFactory<Holovid>);
