// Stages: first classes of each size from luma alone; passes with the encoder that refit them to
// the blocks it picks; passes for the contexts; a pass for contexts and filter.
#include "plugins/holo-image/deep/train/trainer.hpp"

#include <algorithm>
#include <holo/error.hpp>
#include <numeric>
#include <random>
#include <string>

#include "plugins/holo-image/deep/train/refinement.hpp"
#include "plugins/holo-image/pyramid.hpp"

namespace holo::image::deep {
namespace {

// Steps of luma that pictures take turns at, from 3 to 60 steps of 8 bits, in no order.
const std::vector<int> kSteps = {2600, 500, 1150, 190, 760, 1750, 320, 3800, 620};

// By size: how the first classes are trained, and how many blocks a pass keeps.
struct SizePlan {
  double samples;  // of block_samples
  int iterations;
  float first_step;
  float refit_step;
  int kept;
};
constexpr std::array<SizePlan, kSizes> kSizePlans = {{{1.0, 14, 16, 12, 200000},
                                                      {1.0, 16, 16, 12, 250000},
                                                      {0.35, 12, 16, 14, 120000},
                                                      {0.1, 8, 16, 16, 40000}}};
constexpr int kRefitIterations = 3;
constexpr int kContextPasses = 2;

class Training {
 public:
  Training(const TrainingPlan& plan, const TrainingHooks& hooks, Progress progress)
      : plan_(plan), hooks_(hooks), state_(std::move(progress)) {}

  std::vector<std::uint8_t> run() {
    const int stages = kSizes + plan_.fit_passes + kContextPasses + 1;
    for (; state_.stage < stages; hooks_.checkpoint(state_)) {
      const int stage = state_.stage;
      const auto report = [&](double fraction, const char* what) {
        hooks_.progress((stage + fraction) / stages, what);
      };
      if (stage < kSizes)
        first_classes(std::size_t(stage), report);
      else
        pass(stage - kSizes, report);
      ++state_.stage;
    }
    return write_model(state_.model);
  }

 private:
  using Report = std::function<void(double, const char*)>;

  [[nodiscard]] TilePixels picture(std::size_t index) const {
    TilePixels tile = hooks_.picture(index);
    while (std::max(tile.shape.width, tile.shape.height) > plan_.longest) tile = halve(tile);
    return tile;
  }

  void expect_enough(const std::vector<LumaPicture>& pictures) const {
    const std::int64_t found = places(pictures, kMaxSide);
    if (found >= plan_.least_places) return;
    throw Failure(HOLO_INVALID_ARG,
                  "the pictures are too few or too small to learn from: expected at least " +
                      std::to_string(plan_.least_places) + " places for a block of 32x32, found " +
                      std::to_string(found) + "; give photographs of at least " +
                      std::to_string(least_picture(kMaxSide)) + " px each way, better hundreds");
  }

  void first_classes(std::size_t size, const Report& report) {
    const SizePlan& row = kSizePlans[size];
    std::vector<LumaPicture> pictures;
    for (std::size_t i = 0; i < hooks_.count; ++i) {
      report(0.3 * double(i) / double(hooks_.count), "reading pictures");
      const TilePixels tile = picture(i);
      LumaPicture luma{tile.shape.width, tile.shape.height, {}};
      for (int y = 0; y < luma.height; ++y)
        for (int x = 0; x < luma.width; ++x)
          luma.samples.push_back(
              float(tile.colour[0][std::size_t(y) * std::size_t(tile.shape.coded_width()) +
                                   std::size_t(x)]) /
              64);
      pictures.push_back(std::move(luma));
    }
    if (size == 0) expect_enough(pictures);
    SamplingOptions sampling;
    sampling.side = kSide[size];
    sampling.count = std::max(64, int(plan_.block_samples * row.samples));
    sampling.seed = plan_.seed;
    const Samples samples = draw_samples(pictures, sampling);
    pictures.clear();
    ClassTrainingOptions options = class_options(size, row.first_step, row.iterations);
    state_.model.sizes[size] = train_classes(samples, options, {}, [&](int iteration, double) {
      report(0.3 + 0.7 * (iteration + 1) / row.iterations, "learning classes of blocks");
    });
  }

  void pass(int number, const Report& report) {
    const bool refit = number < plan_.fit_passes;
    const bool last = number == plan_.fit_passes + kContextPasses;
    std::vector<std::size_t> order(hooks_.count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::mt19937 random(plan_.seed + std::uint32_t(number));
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
    RefinementOptions options;
    options.steps = kSteps;
    std::rotate(options.steps.begin(),
                options.steps.begin() + 2 * number % std::ptrdiff_t(kSteps.size()),
                options.steps.end());
    options.effort = last ? 7 : 6;
    options.filter = last;
    if (refit)
      for (std::size_t s = 0; s < kSizes; ++s) options.samples[s] = kSizePlans[s].kept;
    Refinement result;
    result.trained = &state_.model;
    refine([&](std::size_t i) { return crop(picture(order[i])); }, order.size(), options, result,
           [&](std::size_t i) { report(double(i + 1) / double(order.size()), "coding pictures"); });
    if (!refit) return;
    for (std::size_t s = 0; s < kSizes; ++s) {
      if (result.samples[s].blocks.cols() < 64) continue;
      state_.model.sizes[s] = train_classes(
          result.samples[s], class_options(s, kSizePlans[s].refit_step, kRefitIterations),
          result.assigned[s], [&](int, double) { report(1, "refitting classes"); });
    }
    // Contexts that were learned with other classes say little.
    state_.model.contexts.clear();
    state_.model.weights.clear();
  }

  static ClassTrainingOptions class_options(std::size_t size, float step, int iterations) {
    ClassTrainingOptions options;
    options.side = kSide[size];
    options.classes = kClasses[size];
    options.iterations = iterations;
    options.step = step;
    options.cosine_basis = size == 3;
    return options;
  }

  // The middle of a picture, off the 8x8 grid that JPEG may have left in it.
  [[nodiscard]] TilePixels crop(const TilePixels& from) const {
    const int width = std::min(plan_.crop_width, from.shape.width);
    const int height = std::min(plan_.crop_height, from.shape.height);
    const auto offset = [](int whole, int part) {
      return std::min((whole - part) / 2 | 1, whole - part);
    };
    const int left = offset(from.shape.width, width), top = offset(from.shape.height, height);
    TilePixels out = make_tile({width, height, from.shape.colour_planes, 0});
    for (std::size_t p = 0; p < out.colour.size(); ++p)
      for (int y = 0; y < out.shape.coded_height(); ++y)
        for (int x = 0; x < out.shape.coded_width(); ++x)
          out.colour[p][std::size_t(y) * std::size_t(out.shape.coded_width()) + std::size_t(x)] =
              from.colour[p][std::size_t(top + std::min(y, height - 1)) *
                                 std::size_t(from.shape.coded_width()) +
                             std::size_t(left + std::min(x, width - 1))];
    return out;
  }

  const TrainingPlan& plan_;
  const TrainingHooks& hooks_;
  Progress state_;
};

}  // namespace

std::vector<std::uint8_t> train_model(const TrainingPlan& plan, const TrainingHooks& hooks,
                                      std::optional<Progress> resumed) {
  return Training(plan, hooks, resumed ? std::move(*resumed) : Progress{}).run();
}

}  // namespace holo::image::deep
