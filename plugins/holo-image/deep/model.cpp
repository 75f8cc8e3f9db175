// The model's file: sections one after another, all sizes fixed by the constants of model.hpp.
// spec.md describes them.
#include "plugins/holo-image/deep/model.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "plugins/holo-image/deep/context_layout.hpp"
#include "plugins/holo-image/deep/model_file.hpp"

namespace holo::image::deep {
namespace {

// Reads fixed-size numbers; past the end it gives zeros and remembers.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::uint8_t u8() {
    if (at_ >= bytes_.size()) {
      short_ = true;
      return 0;
    }
    return bytes_[at_++];
  }
  std::int8_t i8() { return static_cast<std::int8_t>(u8()); }
  std::uint16_t u16() {
    const std::uint16_t low = u8();
    return static_cast<std::uint16_t>(low | u8() << 8);
  }
  std::int16_t i16() { return static_cast<std::int16_t>(u16()); }
  std::uint32_t u32() {
    const std::uint32_t low = u16();
    return low | std::uint32_t{u16()} << 16;
  }
  [[nodiscard]] bool ended_early() const { return short_; }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  bool short_ = false;
};

// A row of bytes with one shift, into row `row` of a matrix of multiply().
void read_row(Reader& in, std::vector<std::int16_t>& matrix, std::size_t row, std::size_t columns) {
  const int shift = std::min<int>(in.u8(), 4);
  std::int16_t* to = &matrix[row / 2 * columns * 2 + row % 2];
  for (std::size_t i = 0; i < columns; ++i, to += 2)
    *to = static_cast<std::int16_t>(in.i8() * (1 << shift));
}

void transpose(const std::vector<std::int16_t>& from, std::size_t side,
               std::vector<std::int16_t>& to) {
  to.resize(from.size());
  for (std::size_t k = 0; k < side; ++k)
    for (std::size_t i = 0; i < side; ++i)
      to[(i / 2 * side + k) * 2 + i % 2] = from[(k / 2 * side + i) * 2 + k % 2];
}

void read_class(Reader& in, std::size_t size, ClassModel& c) {
  const auto side = std::size_t(kSide[size]);
  const std::size_t pixels = side * side;
  const auto inputs = std::size_t(ring_inputs(kSide[size]));
  c.cost = in.u16();
  c.predictor.assign((inputs + 1) * pixels, 0);
  for (std::size_t r = 0; r < inputs; ++r) read_row(in, c.predictor, r, pixels);
  if (side < 32) {
    c.synthesis.assign(pixels * pixels, 0);
    for (std::size_t k = 0; k < pixels; ++k) read_row(in, c.synthesis, k, pixels);
    transpose(c.synthesis, pixels, c.analysis);
  } else {
    c.frequency.resize(pixels);
    for (auto& f : c.frequency) f = in.u16() & 1023;
  }
  c.log_magnitude.resize(pixels);
  for (auto& m : c.log_magnitude) m = in.i16();
  c.bin.resize(pixels);
  for (auto& b : c.bin) {
    b = std::min<std::uint8_t>(in.u8(), kBins - 1);
    ++c.bin_count[b];
  }
}

}  // namespace

Result<std::unique_ptr<Model>> read_model(std::span<const std::uint8_t> bytes) {
  Reader in(bytes);
  if (in.u32() != kModelMagic || in.u16() != kModelVersion)
    return make_error(HOLO_CORRUPT, "model: expected a holo-image model of version " +
                                        std::to_string(kModelVersion) +
                                        "; train one with holohost train");
  auto model = std::make_unique<Model>();
  for (std::size_t size = 0; size < kSizes; ++size) {
    model->sizes[size].resize(std::size_t(kClasses[size]));
    for (ClassModel& c : model->sizes[size]) read_class(in, size, c);
  }
  for (auto& entry : model->cosines) entry = in.i16();
  for (auto& entry : model->expected) entry = in.u32();
  for (auto& entry : model->log_expected) entry = in.i16();
  for (auto& kind : model->level_cost)
    for (auto& bucket : kind)
      for (auto& cost : bucket) cost = in.u16();
  model->contexts.resize(kContexts);
  for (auto& state : model->contexts) state = context_probability(in.u8()) << 16;
  for (std::size_t i = 0; i < kContexts; i += 2) {
    const std::uint8_t pair = in.u8();
    model->contexts[i] |= kContextCounts[pair & 15];
    if (i + 1 < kContexts) model->contexts[i + 1] |= kContextCounts[pair >> 4];
  }
  model->weights.resize(std::size_t{kWeightSets} * kLanes);
  for (int set = 0; set < kWeightSets; ++set)
    for (int i = 0; i <= kInputs; ++i) model->weights[std::size_t(set * kLanes + i)] = in.i16();
  if (in.u8() != 0) {
    model->filter.taps.resize(std::size_t{FilterModel::kBands} * FilterModel::kPlaneKinds *
                              FilterModel::kFilterClasses * FilterModel::kTaps);
    for (auto& tap : model->filter.taps) tap = static_cast<std::int16_t>(in.i8() * 8);
  }
  if (in.ended_early() || !in.at_end())
    return make_error(HOLO_CORRUPT, "model: expected another size than " +
                                        std::to_string(bytes.size()) + " bytes; train it anew");
  return model;
}

}  // namespace holo::image::deep
