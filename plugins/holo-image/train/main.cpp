// holo-image-train: makes model_table.inc from photographs.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "plugins/holo-image/train/class_trainer.hpp"
#include "plugins/holo-image/train/table_writer.hpp"

namespace {

using namespace holo::image;

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
  if (argc < 4) {
    std::fputs("usage: holo-image-train classes CLASSES OUT.inc PICTURE.ppm...\n", stderr);
    return 2;
  }
  std::vector<PpmPicture> pictures;
  for (int i = 4; i < argc; ++i) {
    auto picture = read_ppm(argv[i]);
    if (!picture.ok()) {
      std::fprintf(stderr, "%s\n", picture.error().message.c_str());
      return 1;
    }
    pictures.push_back(std::move(picture).value());
  }
  TrainingOptions options;
  options.classes = std::atoi(argv[2]);
  const auto classes = train_classes(pictures, options);
  return write_table(argv[3], "Written by holo-image-train.", table_of(classes)) ? 0 : 1;
}
