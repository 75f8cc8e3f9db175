// The boundary of the trainer: a plugin of its own, so that who only codes pictures loads no Eigen.
#include <holo/plugin.hpp>
#include <holo/trainer.hpp>

#include "plugins/holo-image/deep/train/trainer.hpp"
#include "plugins/holo-image/tile_grid.hpp"

namespace holo::image {
namespace {

constexpr const char* kCheckpoint = "progress";

class PictureTrainer : public Trainer {
 public:
  static TrainerInfo info() {
    TrainerInfo info;
    info.id = "org.holohost.holo-image-trainer";
    info.alias = "holo-image";
    info.version = "1.0.0";
    info.summary = "Learns the model of holo-image from photographs";
    info.inputs = HOLO_TRAIN_PICTURES;
    info.output_format = "holo-image-model";
    info.extension = ".model";
    info.params = ParamTable{
        int_param("seed", "", "Start of the random numbers", 1, 0, 1000000),
        int_param("block-samples", "", "Blocks to learn the first classes from", 400000, 1000,
                  4000000),
        int_param("fit-passes", "", "Passes that refit classes to coded blocks", 2, 0, 8),
        int_param("longest", "px", "Larger pictures are halved until they fit", 1152, 64, 65535)
            .help("Halving removes the noise and the seams that JPEG left in large photographs."),
    };
    return info;
  }

  void train(const TrainJob& job) override {
    deep::TrainingPlan plan;
    plan.seed = static_cast<std::uint32_t>(job.params.integer("seed"));
    plan.block_samples = static_cast<int>(job.params.integer("block-samples"));
    plan.fit_passes = static_cast<int>(job.params.integer("fit-passes"));
    plan.longest = static_cast<int>(job.params.integer("longest"));
    deep::TrainingHooks hooks;
    hooks.count = job.inputs.count();
    hooks.picture = [&](std::size_t index) {
      const TrainingUnit input = job.inputs.picture(index);
      const holo_image& image = input.unit().image();
      expect_supported(image);
      return read_tile(input.unit(), image, {0, 0, image.width, image.height});
    };
    hooks.progress = [&](double fraction, const char* stage) {
      job.host.progress(fraction, stage);
    };
    hooks.checkpoint = [&](const deep::Progress& progress) {
      job.checkpoint.save(kCheckpoint, deep::save_progress(progress));
    };
    std::optional<deep::Progress> resumed;
    if (const auto bytes = job.checkpoint.load(kCheckpoint)) {
      resumed = deep::load_progress(*bytes);
      if (!resumed)
        job.host.warn("the checkpoint is damaged or from another build; training starts anew");
    }
    job.output.write(deep::train_model(plan, hooks, std::move(resumed)));
  }
};

}  // namespace
}  // namespace holo::image

HOLO_PLUGIN(holo::plugin_info("org.holohost.holo-image-trainer", "1.0.0", "holohost", "Apache-2.0",
                              "https://holohost.org"),
            holo::TrainerFactory<holo::image::PictureTrainer>);
