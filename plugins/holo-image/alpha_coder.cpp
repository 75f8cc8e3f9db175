// One template for both directions; the Coder decides which.
#include "plugins/holo-image/alpha_coder.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "plugins/holo-image/bit_coders.hpp"

namespace holo::image {
namespace {

using entropy::AdaptiveBit;

constexpr int kBuckets = 4;

struct AlphaContexts {
  std::array<AdaptiveBit, kBuckets> zero;
  std::array<AdaptiveBit, kBuckets> sign;
  std::array<std::array<AdaptiveBit, 17>, kBuckets> exponent;
};

// Exponent in unary, the bits below it as they are. The value is >= 1 and below 2^17.
template <class Coder>
int code_magnitude(Coder& coder, std::array<AdaptiveBit, 17>& contexts, int value) {
  int exponent = 0;
  while (exponent < 16) {
    AdaptiveBit& context = contexts[std::size_t(exponent)];
    if (!coder.bit(context, (value >> (exponent + 1)) != 0)) break;
    ++exponent;
  }
  const int low = (1 << exponent) - 1;
  return (1 << exponent) + int(coder.bypass(std::uint32_t(value & low), exponent));
}

template <class Coder>
int code_difference(Coder& coder, AlphaContexts& contexts, std::size_t bucket, int value) {
  if (!coder.bit(contexts.zero[bucket], value != 0)) return 0;
  const bool negative = coder.bit(contexts.sign[bucket], value < 0);
  const int magnitude = code_magnitude(coder, contexts.exponent[bucket], std::abs(value));
  return negative ? -magnitude : magnitude;
}

// `sample(i)` is read when encoding and set when decoding; `alive` is asked once a row.
template <class Coder, class Samples, class Alive>
bool code_alpha(Coder& coder, Samples samples, int width, int depth, Alive alive) {
  AdaptiveBit constant_context;
  const bool constant = coder.bit(
      constant_context, std::all_of(samples.begin(), samples.end(),
                                    [&](std::uint16_t sample) { return sample == samples[0]; }));
  const int top = (1 << depth) - 1;
  if (constant) {
    const auto value = std::uint16_t(coder.bypass(samples[0], depth));
    if constexpr (!std::is_const_v<typename Samples::element_type>)
      std::fill(samples.begin(), samples.end(), value);
    return alive();
  }
  AlphaContexts contexts;
  const auto stride = std::size_t(width);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::size_t x = i % stride;
    if (x == 0 && !alive()) return false;
    const int left = x > 0 ? samples[i - 1] : i >= stride ? samples[i - stride] : 0;
    const int above = i >= stride ? samples[i - stride] : left;
    const int corner = x > 0 && i >= stride ? samples[i - stride - 1] : above;
    const int low = std::min(left, above);
    const int high = std::max(left, above);
    const int expected = corner >= high ? low : corner <= low ? high : left + above - corner;
    const int activity = std::abs(left - corner) + std::abs(above - corner);
    const std::size_t bucket = activity == 0          ? 0
                               : activity * 32 <= top ? 1
                               : activity * 4 <= top  ? 2
                                                      : 3;
    const int difference = code_difference(coder, contexts, bucket, samples[i] - expected);
    if constexpr (!std::is_const_v<typename Samples::element_type>)
      samples[i] = std::uint16_t(std::clamp(expected + difference, 0, top));
  }
  return alive();
}

}  // namespace

void encode_alpha(entropy::BinaryEncoder& coder, std::span<const std::uint16_t> samples, int width,
                  int depth, const RowsDone& rows_done) {
  BitWriter writer(coder);
  code_alpha(writer, samples, width, depth, [&] {
    if (rows_done) rows_done(0);
    return true;
  });
}

bool decode_alpha(entropy::BinaryDecoder& coder, std::span<std::uint16_t> samples, int width,
                  int depth, const RowsDone& rows_done) {
  BitReader reader(coder);
  return code_alpha(reader, samples, width, depth, [&] {
    if (rows_done) rows_done(0);
    return !coder.damaged();
  });
}

}  // namespace holo::image
