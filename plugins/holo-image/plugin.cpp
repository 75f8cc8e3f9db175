// The boundary of holo-image: its parameters, and which mode codes what.
#include <holo/codec.hpp>
#include <holo/plugin.hpp>

#include "plugins/holo-image/lossless_mode.hpp"
#include "plugins/holo-image/own-basis/image_mode.hpp"
#include "plugins/holo-image/tile_profile.hpp"
#include "plugins/holo-image/tiled_mode.hpp"

namespace holo::image {
namespace {

constexpr const char* kVersion = "2.0.0";

// The three ways of coding a picture: what encodes and what renders it.
struct Mode {
  void (*encode)(const Host&, const Params&, const Sink&, const Unit&);
  void (*render)(const Host&, const Source&, const RenderRequest&, const Unit&);
};
constexpr Mode kOwnBasis{encode_own_basis, render_own_basis};
constexpr Mode kLossless{encode_lossless, render_lossless};
constexpr Mode kTiled{encode_tiled, render_tiled};

bool own_basis(const Params& params) { return params.choice("basis") == "image"; }

const Mode& mode_of(const Params& params) {
  if (own_basis(params)) return kOwnBasis;
  return params.boolean("lossless") ? kLossless : kTiled;
}

void expect_consistent(const Params& params) {
  if (&mode_of(params) == &kTiled && params.choice("tune") == "ssim" &&
      params.integer("effort") <= kFastEffort)
    throw Failure(HOLO_INVALID_ARG,
                  "the fast profile has one step for the whole picture; tune=ssim needs effort=" +
                      std::to_string(kFastEffort + 1) + " or more",
                  "tune");
  if (!params.boolean("lossless")) return;
  if (own_basis(params))
    throw Failure(HOLO_INVALID_ARG, "basis=image is never lossless; leave out one of the two",
                  "lossless");
  if (params.integer("layers") > 1)
    throw Failure(HOLO_INVALID_ARG,
                  "lossless pictures have one layer; leave out layers=" +
                      std::to_string(params.integer("layers")),
                  "layers");
}

class PictureEncoder : public Encoder {
 public:
  explicit PictureEncoder(const EncodeJob& job) : job_(job) {
    expect_consistent(job.params);
    if (&mode_of(job.params) == &kTiled) prepare_profiles();
  }

  void push(const Unit& unit) override {
    mode_of(job_.params).encode(job_.host, job_.params, job_.sink, unit);
  }

 private:
  EncodeJob job_;
};

class PictureDecoder : public Decoder {
 public:
  explicit PictureDecoder(const DecodeJob& job) : job_(job), mode_(mode_of(job.source.params())) {
    if (&mode_ == &kTiled && job.source.params().integer("effort") > kFastEffort)
      prepare_profiles();
  }

  void render(const RenderRequest& request, const Unit& out) override {
    mode_.render(job_.host, job_.source, request, out);
  }

  void inspect(const Figures& figure) override {
    if (&mode_ != &kOwnBasis) return;
    const std::int64_t components = job_.source.params().integer("components");
    figure("components", static_cast<double>(components));
    figure("float16_bytes",
           static_cast<double>(float16_bytes(job_.source.stream().image(), components)));
  }

 private:
  DecodeJob job_;
  const Mode& mode_;
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
    info.bitstream_version = 2;
    info.oldest_version = 2;
    info.params = ParamTable{
        choice_param("basis", "Where the basis comes from", "trained",
                     {{"trained", "Classes of bases learned from photographs, shipped"},
                      {"image", "The principal components of this picture, stored as float16"}}),
        float_param("quality", "", "Fineness of the quantizer (basis=trained)", 50, 0, 100)
            .help("100 quantizes in steps of one 8-bit sample; every 14 points less double the "
                  "step.")
            .rate()
            .step(0.25),
        int_param("effort", "", "Time spent on smaller files", 6, kEffortMin, kEffortMax)
            .help("1 to 3 write the fast profile, which decodes several times faster; 4 to 9 the "
                  "better one."),
        choice_param(
            "tune", "What the smaller file is measured by", "psnr",
            {{"psnr", "Squared error"},
             {"ssim", "Structure: finer steps where the picture is smooth (effort 4..9)"}}),
        bool_param("lossless", "Keep every sample as it is", false),
        choice_param("tile", "Side of the independent tiles", "128",
                     {{"64", "64 px: finest random access, largest files"},
                      {"128", "128 px"},
                      {"256", "256 px"},
                      {"512", "512 px"},
                      {"none", "One tile: smallest files, no random access"}}),
        int_param("layers", "", "Layers from coarse to fine", 1, 1, 4)
            .help("With several, a file that is cut anywhere shows the whole picture, coarser. "
                  "Each layer doubles the size of the one below it."),
        int_param("thumbnail", "px", "Longest side of the picture that comes first", 32, 0, 256)
            .help("Shown in place of what is missing from a file that was cut. 0 leaves it out; "
                  "with layers, the lowest layer serves."),
        int_param("components", "", "Components kept of each 8x8 patch (basis=image)", 30, 1, 192)
            .help("Of the 192 numbers of an RGB patch, or the 64 of a grey one."),
    };
    return info;
  }
};

}  // namespace
}  // namespace holo::image

HOLO_PLUGIN(holo::plugin_info("org.holohost.holo-image", "2.0.0", "holohost", "Apache-2.0",
                              "https://holohost.org"),
            holo::CodecFactory<holo::image::HoloImage>);
