// The boundary of holo-image: its parameters, and which mode codes what.
#include <holo/codec.hpp>
#include <holo/plugin.hpp>

#include "plugins/holo-image/own-basis/image_mode.hpp"
#include "plugins/holo-image/tiled_mode.hpp"

namespace holo::image {
namespace {

constexpr const char* kVersion = "1.0.0";

class PictureEncoder : public Encoder {
 public:
  explicit PictureEncoder(const EncodeJob& job) : job_(job) {}

  void push(const Unit& unit) override {
    if (job_.params.choice("basis") == "image")
      encode_own_basis(job_.host, job_.params, job_.sink, unit);
    else
      encode_trained(job_.host, job_.params, job_.sink, unit);
  }

 private:
  EncodeJob job_;
};

class PictureDecoder : public Decoder {
 public:
  explicit PictureDecoder(const DecodeJob& job)
      : job_(job), own_basis_(job.source.params().choice("basis") == "image") {}

  void render(const RenderRequest& request, const Unit& out) override {
    if (own_basis_)
      render_own_basis(job_.host, job_.source, request, out);
    else
      render_trained(job_.host, job_.source, request, out);
  }

  void inspect(const Figures& figure) override {
    if (!own_basis_) return;
    const std::int64_t components = job_.source.params().integer("components");
    figure("components", static_cast<double>(components));
    figure("float16_bytes",
           static_cast<double>(float16_bytes(job_.source.stream().image(), components)));
  }

 private:
  DecodeJob job_;
  bool own_basis_;
};

struct HoloImage {
  using Encoder = PictureEncoder;
  using Decoder = PictureDecoder;

  static CodecInfo info() {
    CodecInfo info;
    info.id = "org.holohost.holo-image";
    info.alias = "holo-image";
    info.version = kVersion;
    info.summary = "Pictures in trained Karhunen-Loeve bases, tiled, arithmetic-coded";
    info.capabilities = HOLO_CODEC_BIT_EXACT | HOLO_CODEC_REGIONS | HOLO_CODEC_COMPONENTS;
    info.kinds = kind_bit(HOLO_PICTURE);
    info.format_id = "holo-image";
    info.extension = ".holo";
    info.params = ParamTable{
        choice_param("basis", "Where the basis comes from", "trained",
                     {{"trained", "Classes of bases learned from photographs, shipped"},
                      {"image", "The principal components of this picture, stored as float16"}}),
        int_param("quality", "", "Fineness of the quantizer (basis=trained)", 50, 0, 100)
            .rate()
            .help("100 quantizes in steps of one 8-bit sample; every 14 points less double the "
                  "step."),
        choice_param("tile", "Side of the independent tiles (basis=trained)", "256",
                     {{"64", "64 px: finest random access, largest files"},
                      {"128", "128 px"},
                      {"256", "256 px"},
                      {"512", "512 px"},
                      {"none", "One tile: smallest files, no random access"}}),
        int_param("components", "", "Components kept of each 8x8 patch (basis=image)", 30, 1, 192)
            .help("Of the 192 numbers of an RGB patch, or the 64 of a grey one."),
    };
    return info;
  }
};

}  // namespace
}  // namespace holo::image

HOLO_PLUGIN(holo::plugin_info("org.holohost.holo-image", "1.0.0", "holohost", "Apache-2.0",
                              "https://holohost.org"),
            holo::CodecFactory<holo::image::HoloImage>);
