// Draws more from large pictures (by the root of their area), fewer flat blocks.
#include "plugins/holo-image/deep/train/samples.hpp"

#include <cmath>
#include <random>

#include "plugins/holo-image/deep/ring.hpp"

namespace holo::image::deep {
namespace {

// How often the far halves of the ring are known in real files, in percent.
constexpr unsigned kAboveRightKnown = 60;
constexpr unsigned kBelowLeftKnown = 35;

}  // namespace

std::int64_t places(const std::vector<LumaPicture>& pictures, int side) {
  std::int64_t sum = 0;
  for (const LumaPicture& picture : pictures)
    if (picture.width >= least_picture(side) && picture.height >= least_picture(side))
      sum += std::int64_t{picture.width - 2 * side - 2} * (picture.height - 2 * side - 2);
  return sum;
}

Samples draw_samples(const std::vector<LumaPicture>& pictures, const SamplingOptions& options) {
  const int side = options.side;
  const Eigen::Index pixels = Eigen::Index(side) * side;
  Samples samples{Eigen::MatrixXf(pixels, options.count),
                  Eigen::MatrixXf(ring_inputs(side), options.count)};
  std::mt19937 random(options.seed);
  std::normal_distribution<float> noise(0, options.ring_noise);
  double weight_sum = 0;
  const auto weight = [](const LumaPicture& picture) {
    return std::sqrt(double(picture.width) * picture.height);
  };
  for (const LumaPicture& picture : pictures) weight_sum += weight(picture);
  Eigen::Index count = 0;
  for (const LumaPicture& picture : pictures) {
    if (picture.width < least_picture(side) || picture.height < least_picture(side)) continue;
    const int wanted = int(std::ceil(options.count * weight(picture) / weight_sum));
    for (int taken = 0, tries = 0; taken < wanted && count < options.count && tries < 20 * wanted;
         ++tries) {
      const int x = 1 + int(random() % unsigned(picture.width - 2 * side - 2));
      const int y = 1 + int(random() % unsigned(picture.height - 2 * side - 2));
      // Where a picture that was a JPEG has seams.
      if (x % 8 == 0 || y % 8 == 0) continue;
      const int above = random() % 100 < kAboveRightKnown ? 2 * side : side;
      const int left = random() % 100 < kBelowLeftKnown ? 2 * side : side;
      RawRing<float> ring{};
      ring[0] = picture.at(x - 1, y - 1) + noise(random);
      for (int i = 0; i < 2 * side; ++i) {
        ring[std::size_t(1 + i)] =
            i < above ? picture.at(x + i, y - 1) + noise(random) : ring[std::size_t(above)];
        ring[std::size_t(1 + 2 * side + i)] = i < left ? picture.at(x - 1, y + i) + noise(random)
                                                       : ring[std::size_t(2 * side + left)];
      }
      float mean = 0;
      for (int i = 0; i < side; ++i)
        mean += ring[std::size_t(1 + i)] + ring[std::size_t(1 + 2 * side + i)];
      mean /= float(2 * side);
      Eigen::VectorXf block(pixels);
      for (int i = 0; i < pixels; ++i) block(i) = picture.at(x + i % side, y + i / side) - mean;
      const float variance = (block.array() - block.mean()).square().mean();
      if (variance < 3 && random() % 4 != 0) continue;
      samples.blocks.col(count) = block;
      for (int r = 0; r < ring_inputs(side); ++r)
        samples.rings(r, count) = pooled_sample(ring, side, r) - mean;
      ++count;
      ++taken;
    }
  }
  samples.blocks.conservativeResize(pixels, count);
  samples.rings.conservativeResize(ring_inputs(side), count);
  return samples;
}

}  // namespace holo::image::deep
