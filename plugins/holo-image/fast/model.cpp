// Unpacks the shipped table (model_table.inc, written by holo-image-train).
#include "plugins/holo-image/fast/model.hpp"

#include <algorithm>
#include <memory>

#include "plugins/holo-image/fast/model_text.hpp"

namespace holo::image {
namespace {

constexpr std::string_view kTable[] = {
#include "plugins/holo-image/fast/model_table.inc"
};
constexpr int kNumbers = kClasses * (kRingSamples + kBlockPixels) * kBlockPixels;
static_assert(sizeof(kTable) / sizeof(kTable[0]) == kNumbers / kModelNumbersPerLine,
              "the table was trained for another number of classes");

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
  }
  return unpacked;
}

}  // namespace

const Model& model() {
  static const std::unique_ptr<const Model> unpacked = unpack();
  return *unpacked;
}

}  // namespace holo::image
