// phi-weights: tensors as signed powers of the golden ratio with a quantised deviation.
#include <holo/codec.hpp>
#include <holo/plugin.hpp>

#include "plugins/phi-weights/weights_decoder.hpp"
#include "plugins/phi-weights/weights_encoder.hpp"

namespace {

struct PhiWeights {
  using Encoder = phi_weights::WeightsEncoder;
  using Decoder = phi_weights::WeightsDecoder;
  static holo::CodecInfo info() {
    holo::CodecInfo info;
    info.id = "org.holohost.phi-weights";
    info.alias = "phi-weights";
    info.version = "1.0.0";
    info.summary = "Weights on a grid of powers of the golden ratio, 13 or 14 bits each";
    info.capabilities = HOLO_CODEC_BIT_EXACT | HOLO_CODEC_REGIONS;
    info.kinds = holo::kind_bit(HOLO_TENSOR);
    info.format_id = "phi-weights";
    info.params = {
        holo::choice_param("levels", "Levels of the grid, signs and zero included", "32",
                           {{"32", "5 bits of index, powers down to phi^-14"},
                            {"64", "6 bits of index, powers down to phi^-30"}}),
        holo::int_param("deviation_bits", "bits", "Bits of the deviation from the level", 8, 0, 12)
            .help("Each bit is worth 6 dB. 0 keeps the level alone."),
        holo::choice_param("scale", "What one scale is for", "tensor",
                           {{"tensor", "the largest magnitude of the tensor"},
                            {"row", "the largest magnitude of each row, 32 more bits a row"}}),
        holo::bool_param("entropy", "Code the indices with the adaptive coder", false)
            .help("Saves about 1 bit a weight and changes no value; decodes more slowly."),
    };
    return info;
  }
};

constexpr holo_plugin_info kInfo =
    holo::plugin_info("org.holohost.plugin.phi-weights", "1.0.0", "holohost", "Apache-2.0");

}  // namespace

HOLO_PLUGIN(kInfo, holo::CodecFactory<PhiWeights>);
