// rANS as in core/entropy, with a table that changes from component to component: a block's symbols
// go component by component, so that a table stays in the nearest cache while it is used.
#include "plugins/kv-eigen/symbol_code.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <holo/bytes.hpp>
#include <holo/error.hpp>

namespace holo::kv_eigen {
namespace {

constexpr std::uint32_t kLowest = 1u << 16;
constexpr std::size_t kHeaderBytes = 8;
constexpr std::uint32_t kSlotMask = entropy::kFrequencyTotal - 1;
constexpr int kCoarseBits = 6;  // slots of a hint
constexpr std::size_t kHints = entropy::kFrequencyTotal >> kCoarseBits;

std::size_t symbol_of(std::int32_t level, int largest) {
  const int magnitude = std::abs(level);
  if (magnitude > largest) return static_cast<std::size_t>(2 * largest + 1);
  return magnitude == 0 ? 0 : static_cast<std::size_t>(2 * magnitude - (level > 0 ? 1 : 0));
}

std::uint32_t read_u32(const std::uint8_t* at) {
  return at[0] | (std::uint32_t{at[1]} << 8) | (std::uint32_t{at[2]} << 16) |
         (std::uint32_t{at[3]} << 24);
}

// How samples fall on the levels of a quantiser.
struct Fall {
  double zeros = 0, ones = 0, more = 0;  // counts
  double levels = 0;                     // sum of the levels of 2 and more
};

Fall fall_of(std::span<const float> samples, double scale, const Quantizer& quantizer) {
  Fall fall;
  for (const float sample : samples) {
    const int level = std::abs(quantizer.level(static_cast<float>(sample * scale)));
    if (level == 0) {
      ++fall.zeros;
    } else if (level == 1) {
      ++fall.ones;
    } else {
      ++fall.more;
      fall.levels += level;
    }
  }
  return fall;
}

// Thresholds at which the saved bits outweigh the added error, for tails that fall off
// geometrically.
void sharpen(Quantizer& quantizer, const Fall& fall, double count, double thrift) {
  const double p0 = (fall.zeros + 1) / (count + 3);
  const double p1 = (fall.ones + 1) / (count + 3);
  double decay = 0.1;
  if (fall.more > 50) {
    decay = std::clamp(1 - 1 / std::max(fall.levels / fall.more - 1, 1.02), 0.02, 0.98);
  }
  const double zero_bits = -std::log2(p0);
  const double one_bits = 1 - std::log2(p1);
  quantizer.zero =
      static_cast<float>(std::clamp(0.5 + thrift * (one_bits - zero_bits) / 2, 0.5, 0.98));
  quantizer.rounding = static_cast<float>(
      1 - std::clamp(0.5 + thrift * std::max(-std::log2(decay), 0.0) / 2, 0.5, 0.75));
}

}  // namespace

std::int16_t Quantizer::level(float coefficient) const {
  const float magnitude = std::fabs(coefficient);
  if (!(magnitude >= zero)) return 0;
  const float level = std::clamp(std::floor(magnitude + rounding), 1.0F, float{kLargestLevel});
  return static_cast<std::int16_t>(coefficient < 0 ? -level : level);
}

float Quantizer::value(std::int32_t level) const {
  if (level == 0) return 0;
  const int magnitude = std::abs(level);
  const float value = static_cast<float>(magnitude) - (magnitude == 1 ? shrink_one : shrink);
  return level < 0 ? -value : value;
}

FittedCode fit_code(std::span<const float> samples, double step, double thrift) {
  const double scale = 1 / step;
  const auto count = static_cast<double>(samples.size());
  Quantizer quantizer;
  if (thrift > 0) {
    for (int round = 0; round < 3; ++round) {
      sharpen(quantizer, fall_of(samples, scale, quantizer), count, thrift);
    }
  }
  std::array<double, 2 * kMaxLevel + 2> counts{};
  double ones = 0, one_sum = 0, more = 0, excess = 0, sum = 0, active = 0, escape_bits = 0;
  int largest = 0;
  for (const float sample : samples) {
    const auto c = static_cast<float>(sample * scale);
    const double magnitude = std::fabs(c);
    const std::int16_t level = quantizer.level(c);
    const int size = std::abs(level);
    if (magnitude > 0.6) ++active;
    if (size == 1) {
      ++ones;
      one_sum += magnitude;
    } else if (size > 1) {
      ++more;
      excess += size - magnitude;
    }
    sum += size;
    largest = std::max(largest, std::min(size, kMaxLevel));
    if (size > kMaxLevel) escape_bits += size < 64 ? 8 : size < 8192 ? 16 : 24;
    ++counts[symbol_of(level, kMaxLevel)];
  }
  if (ones >= 10)
    quantizer.shrink_one = static_cast<float>(std::clamp(1 - one_sum / ones, -0.3, 0.4));
  if (more >= 10) quantizer.shrink = static_cast<float>(std::clamp(excess / more, -0.3, 0.4));

  // A little of a geometric distribution keeps what the samples did not show cheap enough.
  largest = std::min(largest + 1, kMaxLevel);
  const double mean = (sum + 0.02) / count;
  const double ratio = mean / (1 + std::sqrt(1 + mean * mean));
  const std::size_t symbols = 2 * static_cast<std::size_t>(largest) + 2;
  std::vector<double> weights(symbols);
  double prior_total = 0;
  for (std::size_t s = 0; s + 1 < symbols; ++s) {
    prior_total += weights[s] = std::pow(ratio, static_cast<double>((s + 1) / 2));
  }
  for (std::size_t s = 0; s + 1 < symbols; ++s)
    weights[s] = counts[s] + 6 * weights[s] / prior_total;
  weights[symbols - 1] = counts.back() + 0.05;
  std::vector<std::uint32_t> scaled(symbols);
  const double to_integers = 1e8 / (count + 7);
  for (std::size_t s = 0; s < symbols; ++s) {
    scaled[s] = static_cast<std::uint32_t>(std::max(1.0, weights[s] * to_integers));
  }
  entropy::FrequencyTable table = unwrap(entropy::FrequencyTable::from_counts(scaled));
  double bits = escape_bits;
  for (std::size_t s = 0; s < symbols; ++s) {
    const double seen = s + 1 == symbols ? counts.back() : counts[s];
    if (seen > 0) bits -= seen * std::log2(table.frequency(s) / double{entropy::kFrequencyTotal});
  }
  return {{quantizer, std::move(table)}, bits / count, active / count};
}

SymbolCoder::SymbolCoder(std::vector<ComponentCode> codes) : codes_(std::move(codes)) {
  for (const ComponentCode& code : codes_) {
    first_.push_back(static_cast<std::uint32_t>(bounds_.size()));
    for (std::size_t s = 0; s < code.table.size(); ++s) {
      bounds_.push_back(static_cast<std::uint16_t>(code.table.start(s)));
    }
    bounds_.push_back(static_cast<std::uint16_t>(entropy::kFrequencyTotal));
    std::uint8_t symbol = 0;
    for (std::size_t hint = 0; hint < kHints; ++hint) {
      while (bounds_[first_.back() + symbol + 1u] <= hint << kCoarseBits) ++symbol;
      hints_.push_back(symbol);
    }
  }
}

std::uint64_t SymbolCoder::table_bytes() const {
  return bounds_.size() * sizeof(std::uint16_t) + first_.size() * sizeof(std::uint32_t) +
         hints_.size() + codes_.size() * sizeof(Quantizer);
}

std::vector<std::uint8_t> SymbolCoder::encode(std::span<const std::int16_t> levels,
                                              std::size_t positions) const {
  std::vector<std::uint8_t> escapes;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const int largest = codes_[i / positions].largest();
    const int magnitude = std::abs(int{levels[i]});
    if (magnitude > largest) {
      put_varint(escapes,
                 2 * static_cast<std::uint64_t>(magnitude - largest - 1) + (levels[i] < 0 ? 1 : 0));
    }
  }
  std::array<std::uint32_t, 2> states = {kLowest, kLowest};
  std::vector<std::uint16_t> words;  // last one first
  for (std::size_t i = levels.size(); i-- > 0;) {
    const ComponentCode& code = codes_[i / positions];
    const std::size_t symbol = symbol_of(levels[i], code.largest());
    const std::uint32_t frequency = code.table.frequency(symbol);
    std::uint32_t& state = states[i & 1];
    if (state >= (std::uint64_t{frequency} << (32 - entropy::kFrequencyBits))) {
      words.push_back(static_cast<std::uint16_t>(state));
      state >>= 16;
    }
    state = ((state / frequency) << entropy::kFrequencyBits) + state % frequency +
            code.table.start(symbol);
  }
  std::vector<std::uint8_t> bytes;
  bytes.reserve(kHeaderBytes + words.size() * 2 + escapes.size());
  for (const std::uint32_t state : states) put(bytes, state);
  for (std::size_t i = words.size(); i-- > 0;) put(bytes, words[i]);
  bytes.insert(bytes.end(), escapes.begin(), escapes.end());
  return bytes;
}

void SymbolCoder::decode(std::span<const std::uint8_t> bytes, std::size_t positions,
                         std::span<std::int16_t> levels) const {
  expect(bytes.size() >= kHeaderBytes, "a block of coefficients is cut");
  expect(levels.size() == codes_.size() * positions, "a block has the wrong number of positions");
  std::uint32_t state = read_u32(bytes.data());
  std::uint32_t other = read_u32(bytes.data() + 4);
  expect(state >= kLowest && other >= kLowest, "a block of coefficients starts out of range");
  const std::uint8_t* next = bytes.data() + kHeaderBytes;
  const std::uint8_t* const end = bytes.data() + bytes.size();
  bool enough = true;
  bool escaped = false;
  std::int16_t* out = levels.data();
  for (std::size_t k = 0; k < codes_.size(); ++k) {
    const std::uint16_t* bounds = bounds_.data() + first_[k];
    const std::uint8_t* hints = hints_.data() + k * kHints;
    const int largest = codes_[k].largest();
    for (std::size_t p = 0; p < positions; ++p) {
      const std::uint32_t slot = state & kSlotMask;
      std::uint32_t symbol = hints[slot >> kCoarseBits];
      while (bounds[symbol + 1] <= slot) ++symbol;
      state = (bounds[symbol + 1] - std::uint32_t{bounds[symbol]}) *
                  (state >> entropy::kFrequencyBits) +
              slot - bounds[symbol];
      if (state < kLowest) {
        if (end - next < 2) {
          enough = false;
          state = kLowest;
        } else {
          state = (state << 16) | next[0] | (std::uint32_t{next[1]} << 8);
          next += 2;
        }
      }
      std::swap(state, other);
      auto level = static_cast<int>((symbol + 1) / 2);
      if (level > largest) {
        escaped = true;
        *out++ = INT16_MAX;
      } else {
        *out++ = static_cast<std::int16_t>((symbol & 1u) != 0 ? level : -level);
      }
    }
  }
  expect(enough, "a block of coefficients ends before its symbols");
  expect(state == kLowest && other == kLowest, "a block of coefficients does not end as it should");
  ByteCursor rest(next, static_cast<std::size_t>(end - next));
  if (escaped) {
    for (std::size_t i = 0; i < levels.size(); ++i) {
      if (levels[i] != INT16_MAX) continue;
      const std::uint64_t coded = rest.varint();
      const std::uint64_t magnitude =
          coded / 2 + static_cast<std::uint64_t>(codes_[i / positions].largest()) + 1;
      expect(coded < 2 * std::uint64_t{kLargestLevel} && magnitude <= kLargestLevel,
             "a level is out of range");
      const auto level = static_cast<std::int16_t>(magnitude);
      levels[i] = (coded & 1u) != 0 ? static_cast<std::int16_t>(-level) : level;
    }
  }
  expect(rest.left() == 0, "a block of coefficients is longer than its symbols");
}

}  // namespace holo::kv_eigen
