// Rounds and lays out; everything that needs exp, log or cos happens here, never in a decoder.
#include "plugins/holo-image/deep/train/model_writer.hpp"

#include <algorithm>
#include <cmath>

#include "plugins/holo-image/deep/context_layout.hpp"
#include "plugins/holo-image/deep/fixed_log.hpp"
#include "plugins/holo-image/deep/model.hpp"
#include "plugins/holo-image/deep/model_file.hpp"

namespace holo::image::deep {
namespace {

class Writer {
 public:
  void u8(int value) { bytes.push_back(static_cast<std::uint8_t>(value)); }
  void u16(int value) {
    u8(value & 255);
    u8((value >> 8) & 255);
  }
  void u32(std::uint32_t value) {
    u16(int(value & 65535));
    u16(int(value >> 16));
  }
  // Values in units of the matrix, as bytes with the smallest shift that holds them.
  void row(const Eigen::VectorXf& values) {
    int shift = 0;
    while (shift < 4 && values.cwiseAbs().maxCoeff() > 127.49f * float(1 << shift)) ++shift;
    u8(shift);
    for (const float value : values)
      u8(std::clamp(int(std::lround(value / float(1 << shift))), -127, 127) & 255);
  }
  std::vector<std::uint8_t> bytes;
};

// The band of frequency where a basis picture has most energy.
int dominant_bin(const Eigen::VectorXf& picture, int side, const Eigen::MatrixXf& waves) {
  const auto band = [side](int u) {
    const double f = (u + 0.5) * 32 / side;
    return f < 1 ? 0 : f < 2.5 ? 1 : f < 5 ? 2 : f < 9 ? 3 : f < 17 ? 4 : 5;
  };
  const Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>
      samples(picture.data(), side, side);
  const Eigen::MatrixXf spectrum = waves * samples * waves.transpose();
  std::array<double, kBins> energy{};
  for (int v = 0; v < side; ++v)
    for (int u = 0; u < side; ++u)
      energy[std::size_t(band(v) * 6 + band(u))] += double(spectrum(v, u)) * spectrum(v, u);
  return int(std::max_element(energy.begin(), energy.end()) - energy.begin());
}

Eigen::MatrixXf waves_of(int side) {
  Eigen::MatrixXf waves(side, side);
  for (int u = 0; u < side; ++u)
    for (int x = 0; x < side; ++x)
      waves(u, x) = float(std::sqrt((u == 0 ? 1.0 : 2.0) / side) *
                          std::cos(M_PI * (2 * x + 1) * u / (2.0 * side)));
  return waves;
}

void write_class(Writer& out, int side, const TrainedClass& c, const Eigen::MatrixXf& waves) {
  out.u16(std::clamp(int(std::lround(-256 * std::log2(std::max(c.share, 1e-6f)))), 0, 65535));
  for (Eigen::Index r = 0; r < c.predictor.cols(); ++r)
    out.row(c.predictor.col(r) * float(1 << kPredictorBits));
  const Eigen::Index pixels = c.basis.cols();
  if (side < 32) {
    for (Eigen::Index k = 0; k < pixels; ++k) out.row(c.basis.col(k) * float(1 << kBasisBits));
  } else {
    for (Eigen::Index k = 0; k < pixels; ++k) {
      const Eigen::Map<const Eigen::Matrix<float, 32, 32, Eigen::RowMajor>> picture(
          c.basis.col(k).data());
      Eigen::Index v = 0, u = 0;
      (waves * picture * waves.transpose()).cwiseAbs().maxCoeff(&v, &u);
      out.u16(int(v * 32 + u));
    }
  }
  for (Eigen::Index k = 0; k < pixels; ++k)
    out.u16(std::clamp(int(std::lround(kOctave * std::log2(std::max(0.05f, c.magnitude(k)) * 64))),
                       0, 400));
  for (Eigen::Index k = 0; k < pixels; ++k) out.u8(dominant_bin(c.basis.col(k), side, waves));
}

// A coefficient with Laplacian density of mean magnitude m, quantized at a step of one with
// rounding from 0.62: the mean of its levels.
double expected_level(double magnitude) {
  return std::exp(-0.62 / magnitude) / (1 - std::exp(-1 / magnitude));
}

void write_costs(Writer& out, const TrainedModel& trained) {
  for (const auto& kind : trained.level_counts)
    for (int bucket = 0; bucket < kCostBuckets; ++bucket) {
      // Drawn towards a geometric distribution with the bucket's mean.
      const double mean = std::exp2((bucket - kCostZero + 0.5) / 2);
      std::array<double, 17> share{};
      double total = 0;
      for (std::size_t v = 0; v < share.size(); ++v) {
        share[v] = 40 / (1 + mean) * std::pow(mean / (1 + mean), double(v)) +
                   double(kind[std::size_t(bucket)][v]);
        total += share[v];
      }
      for (std::size_t v = 0; v < share.size(); ++v)
        out.u16(int(std::lround(
            std::min(20.0, -std::log2(std::max(1e-6, share[v] / total)) + (v > 0 ? 1 : 0)) * 256)));
    }
}

int nearest_count(std::uint32_t count) {
  int index = 0;
  while (index + 1 < int(kContextCounts.size()) && kContextCounts[std::size_t(index) + 1] <= count)
    ++index;
  return index;
}

}  // namespace

std::vector<std::uint8_t> write_model(const TrainedModel& trained) {
  Writer out;
  out.u32(kModelMagic);
  out.u16(kModelVersion);
  for (std::size_t size = 0; size < kSizes; ++size) {
    const Eigen::MatrixXf waves = waves_of(kSide[size]);
    for (const TrainedClass& c : trained.sizes[size]) write_class(out, kSide[size], c, waves);
  }
  const Eigen::MatrixXf waves = waves_of(32);
  for (int u = 0; u < 32; ++u)
    for (int x = 0; x < 32; ++x) out.u16(int(std::lround(waves(u, x) * (1 << kCosineBits))));
  for (int i = 0; i < kExpectedEntries; ++i) {
    const double level = expected_level(std::exp2(double(i - kExpectedZero) / kOctave));
    out.u32(std::uint32_t(std::lround(std::clamp(level, 1e-5, 64.0) * 16384)));
  }
  for (int i = 0; i < kExpectedEntries; ++i) {
    const double level = expected_level(std::exp2(double(i - kExpectedZero) / kOctave));
    out.u16(int(std::lround(kOctave * std::log2(std::clamp(level, 1e-5, 1024.0)))));
  }
  write_costs(out, trained);
  const bool fresh = trained.contexts.size() != kContexts;
  for (std::size_t i = 0; i < kContexts; ++i) {
    const double p = fresh ? 0.5 : ((trained.contexts[i] >> 10) + 0.5) / 4194304;
    const double logit = std::log(p / (1 - p)) * 256 / 15;
    out.u8(std::clamp(int(std::lround(logit)) + 128, 1, 255));
  }
  const auto count = [&](std::size_t i) {
    return fresh || i >= kContexts ? 0 : nearest_count(trained.contexts[i] & kCountMask);
  };
  for (std::size_t i = 0; i < kContexts; i += 2) out.u8(count(i) | count(i + 1) << 4);
  for (std::size_t set = 0; set < std::size_t{kWeightSets}; ++set)
    for (std::size_t i = 0; i <= kInputs; ++i)
      out.u16(trained.weights.empty() ? (i < kInputs ? (1 << kWeightBits) * 3 / 10 : 0)
                                      : trained.weights[set * kLanes + i]);
  out.u8(trained.taps.empty() ? 0 : 1);
  for (const float tap : trained.taps)
    out.u8(std::clamp(int(std::lround(tap * 128)), -127, 127) & 255);
  return out.bytes;
}

}  // namespace holo::image::deep
