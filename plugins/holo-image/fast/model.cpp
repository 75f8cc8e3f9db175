// Unpacks the shipped table (model_table.inc, written by holo-image-train).
#include "plugins/holo-image/fast/model.hpp"

#include <algorithm>
#include <memory>

#include "plugins/holo-image/fast/model_text.hpp"

namespace holo::image::fast {
namespace {

constexpr std::string_view kTable[] = {
#include "plugins/holo-image/fast/model_table.inc"
};
constexpr int kNumbers = kClasses * (kRingSamples + kBlockPixels) * kBlockPixels;
static_assert(sizeof(kTable) / sizeof(kTable[0]) == kNumbers / kModelNumbersPerLine,
              "the table was trained for another number of classes");

void pair_up(BlockClass& c) {
  for (std::size_t j = 0; j < kRingPairs; ++j)
    for (std::size_t i = 0; i < kBlockPixels; ++i)
      c.ring_pairs[j][i] = {c.predictor[2 * j][i],
                            2 * j + 1 < kRingSamples ? c.predictor[2 * j + 1][i] : std::int16_t{0}};
  for (std::size_t j = 0; j < kBlockPixels / 2; ++j)
    for (std::size_t k = 0; k < kBlockPixels; ++k)
      c.pixel_pairs[j][k] = {c.basis[k][2 * j], c.basis[k][2 * j + 1]};
}

std::unique_ptr<const Model> unpack() {
  auto unpacked = std::make_unique<Model>();
  int index = 0;
  const auto next = [&index](int lowest) {
    const int number = model_number(kTable, index++);
    return static_cast<std::int16_t>(std::max(number, lowest));
  };
  for (BlockClass& c : *unpacked) {
    for (auto& row : c.predictor)
      for (auto& entry : row) entry = next(-2048);
    for (auto& row : c.basis)
      for (auto& entry : row) entry = next(-2047);
    pair_up(c);
  }
  return unpacked;
}

}  // namespace

const Model& model() {
  static const std::unique_ptr<const Model> unpacked = unpack();
  return *unpacked;
}

}  // namespace holo::image::fast
