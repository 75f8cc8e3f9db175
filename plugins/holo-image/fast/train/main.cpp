// holo-image-train: makes model_table.inc and context_table.inc from photographs.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/holo-image/fast/model.hpp"
#include "plugins/holo-image/fast/train/class_trainer.hpp"
#include "plugins/holo-image/fast/train/context_trainer.hpp"
#include "plugins/holo-image/fast/train/table_writer.hpp"

namespace {

using namespace holo::image::fast;

constexpr const char* kComment = "Written by holo-image-train.";

std::vector<int> table_of(const std::vector<TrainedClass>& classes) {
  std::vector<int> numbers;
  for (const TrainedClass& c : classes) {
    for (int ring = 0; ring < 25; ++ring)
      for (int pixel = 0; pixel < 64; ++pixel)
        numbers.push_back(int(std::lround(c.predictor(pixel, ring) * 1024)));
    for (int k = 0; k < 64; ++k)
      for (int pixel = 0; pixel < 64; ++pixel)
        numbers.push_back(std::clamp(int(std::lround(c.basis(pixel, k) * 2048)), -2047, 2047));
  }
  return numbers;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (argc < 4 || (what != "classes" && what != "contexts")) {
    std::fputs("usage: holo-image-train classes|contexts OUT.inc PICTURE.ppm...\n", stderr);
    return 2;
  }
  std::vector<PpmPicture> pictures;
  for (int i = 3; i < argc; ++i) {
    auto picture = read_ppm(argv[i]);
    if (!picture.ok()) {
      std::fprintf(stderr, "%s\n", picture.error().message.c_str());
      return 1;
    }
    pictures.push_back(std::move(picture).value());
  }
  TrainingOptions options;
  options.classes = kClasses;
  if (what == "contexts") return write_odds(argv[2], kComment, train_contexts(pictures)) ? 0 : 1;
  return write_table(argv[2], kComment, table_of(train_classes(pictures, options))) ? 0 : 1;
}
