// Arrays with their lengths, in the byte order of this machine: a checkpoint does not travel.
#include "plugins/holo-image/deep/train/checkpoint.hpp"

#include <cstring>

#include "plugins/holo-image/deep/context_layout.hpp"

namespace holo::image::deep {
namespace {

constexpr std::uint32_t kMagic = 0x32494C48;  // "HLI2"

// FNV-1a: a damaged checkpoint must not be gone on from.
std::uint64_t digest(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 14695981039346656037u;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 1099511628211u;
  return hash;
}

class Writer {
 public:
  template <class T>
  void value(const T& v) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(&v);
    bytes.insert(bytes.end(), from, from + sizeof v);
  }
  template <class T>
  void array(const T* data, std::size_t count) {
    value(std::uint64_t(count));
    const auto* from = reinterpret_cast<const std::uint8_t*>(data);
    bytes.insert(bytes.end(), from, from + count * sizeof(T));
  }
  std::vector<std::uint8_t> bytes;
};

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  template <class T>
  bool value(T& v) {
    if (bytes_.size() < sizeof v) return false;
    std::memcpy(&v, bytes_.data(), sizeof v);
    bytes_ = bytes_.subspan(sizeof v);
    return true;
  }
  // Exactly `count` elements.
  template <class T>
  bool array(T* data, std::size_t count) {
    std::uint64_t found = 0;
    if (!value(found) || found != count || bytes_.size() / sizeof(T) < count) return false;
    if (count > 0) std::memcpy(data, bytes_.data(), count * sizeof(T));
    bytes_ = bytes_.subspan(count * sizeof(T));
    return true;
  }
  // None, or exactly `count` elements.
  template <class T>
  bool optional_array(std::vector<T>& data, std::size_t count) {
    std::uint64_t found = 0;
    if (bytes_.size() < sizeof found) return false;
    std::memcpy(&found, bytes_.data(), sizeof found);
    data.resize(found == 0 ? 0 : count);
    return array(data.data(), data.size());
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

constexpr std::size_t kTapCount = std::size_t{FilterModel::kBands} * FilterModel::kPlaneKinds *
                                  FilterModel::kFilterClasses * FilterModel::kTaps;

}  // namespace

std::vector<std::uint8_t> save_progress(const Progress& progress) {
  Writer out;
  out.value(kMagic);
  out.value(std::int32_t{progress.stage});
  for (const auto& classes : progress.model.sizes) {
    out.value(std::uint64_t(classes.size()));
    for (const TrainedClass& c : classes) {
      out.value(c.share);
      out.array(c.predictor.data(), std::size_t(c.predictor.size()));
      out.array(c.basis.data(), std::size_t(c.basis.size()));
      out.array(c.magnitude.data(), std::size_t(c.magnitude.size()));
    }
  }
  out.array(progress.model.contexts.data(), progress.model.contexts.size());
  out.array(progress.model.weights.data(), progress.model.weights.size());
  out.value(progress.model.level_counts);
  out.array(progress.model.taps.data(), progress.model.taps.size());
  out.value(digest(out.bytes));
  return std::move(out.bytes);
}

std::optional<Progress> load_progress(std::span<const std::uint8_t> bytes) {
  std::uint64_t sum = 0;
  if (bytes.size() < sizeof sum) return std::nullopt;
  const auto body = bytes.first(bytes.size() - sizeof sum);
  std::memcpy(&sum, bytes.data() + body.size(), sizeof sum);
  if (sum != digest(body)) return std::nullopt;
  Reader in(body);
  std::uint32_t magic = 0;
  std::int32_t stage = 0;
  if (!in.value(magic) || magic != kMagic || !in.value(stage) || stage < 0) return std::nullopt;
  Progress progress;
  progress.stage = stage;
  for (std::size_t s = 0; s < kSizes; ++s) {
    std::uint64_t classes = 0;
    if (!in.value(classes) || (classes != 0 && classes != std::uint64_t(kClasses[s])))
      return std::nullopt;
    if (classes == 0 && s < std::size_t(stage)) return std::nullopt;
    const int side = kSide[s], pixels = side * side;
    progress.model.sizes[s].resize(classes);
    for (TrainedClass& c : progress.model.sizes[s]) {
      c.predictor.resize(pixels, ring_inputs(side));
      c.basis.resize(pixels, pixels);
      c.magnitude.resize(pixels);
      if (!in.value(c.share) || !in.array(c.predictor.data(), std::size_t(c.predictor.size())) ||
          !in.array(c.basis.data(), std::size_t(c.basis.size())) ||
          !in.array(c.magnitude.data(), std::size_t(pixels)))
        return std::nullopt;
    }
  }
  if (!in.optional_array(progress.model.contexts, kContexts) ||
      !in.optional_array(progress.model.weights, std::size_t{kWeightSets} * kLanes) ||
      !in.value(progress.model.level_counts) || !in.optional_array(progress.model.taps, kTapCount))
    return std::nullopt;
  return progress;
}

}  // namespace holo::image::deep
