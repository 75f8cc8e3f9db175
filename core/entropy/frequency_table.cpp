// Scaling counts to 1/4096 with little loss, and a compact code for the table itself.
#include "core/entropy/frequency_table.hpp"

#include <algorithm>
#include <bit>
#include <queue>
#include <string>
#include <utility>

#include "core/entropy/context.hpp"

namespace holo::entropy {
namespace {

constexpr std::size_t kLengths = kFrequencyBits + 2;  // bit widths 0..13 of a frequency

// Adaptive contexts for the bit width of a frequency, given the width before it: widths go as
// unary numbers, mantissas as bypass bits.
struct WidthContexts {
  std::array<std::array<AdaptiveBit, kLengths>, kLengths> more;
  std::size_t previous = 0;
};

// Moves the sum to the total by the steps that cost least: a step of symbol i changes the code
// length by about count_i / frequency_i.
void balance(std::span<const std::uint32_t> counts, std::vector<std::uint16_t>& frequencies) {
  std::int64_t sum = 0;
  for (const std::uint16_t frequency : frequencies) sum += frequency;
  const int direction = sum < kFrequencyTotal ? 1 : -1;
  // Largest key first: gain of one more, or the negative loss of one less.
  using Entry = std::pair<double, std::size_t>;
  std::priority_queue<Entry> queue;
  const auto push = [&](std::size_t i) {
    if (counts[i] == 0 || (direction < 0 && frequencies[i] < 2)) return;
    queue.emplace(direction * (counts[i] / (frequencies[i] + 0.5 * direction)), i);
  };
  for (std::size_t i = 0; i < counts.size(); ++i) push(i);
  for (; sum != kFrequencyTotal; sum += direction) {
    const std::size_t best = queue.top().second;
    queue.pop();
    frequencies[best] = static_cast<std::uint16_t>(frequencies[best] + direction);
    push(best);
  }
}

}  // namespace

FrequencyTable::FrequencyTable(std::vector<std::uint16_t> frequencies)
    : frequencies_(std::move(frequencies)), starts_(frequencies_.size()) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < frequencies_.size(); ++i) {
    starts_[i] = static_cast<std::uint16_t>(sum);
    sum += frequencies_[i];
  }
}

Result<FrequencyTable> FrequencyTable::from_counts(std::span<const std::uint32_t> counts) {
  if (counts.empty() || counts.size() > kMaxAlphabet) {
    return make_error(HOLO_INVALID_ARG, "a frequency table needs 1.." +
                                            std::to_string(kMaxAlphabet) + " symbols, not " +
                                            std::to_string(counts.size()));
  }
  std::uint64_t total = 0;
  for (const std::uint32_t count : counts) total += count;
  if (total == 0) {
    return make_error(HOLO_INVALID_ARG, "a frequency table needs a symbol that occurs");
  }
  std::vector<std::uint16_t> frequencies(counts.size(), 0);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const std::uint64_t scaled = std::uint64_t{counts[i]} * kFrequencyTotal / total;
    frequencies[i] = static_cast<std::uint16_t>(std::max<std::uint64_t>(scaled, 1));
  }
  balance(counts, frequencies);
  return FrequencyTable(std::move(frequencies));
}

void FrequencyTable::write(BinaryEncoder& coder) const {
  encode_exp_golomb(coder, static_cast<std::uint32_t>(frequencies_.size()));
  WidthContexts contexts;
  std::uint32_t left = kFrequencyTotal;
  for (const std::uint16_t frequency : frequencies_) {
    if (left == 0) break;  // the rest is zeros
    auto& more = contexts.more[contexts.previous];
    const auto width = static_cast<std::size_t>(std::bit_width(frequency));
    for (std::size_t i = 0; i < width; ++i) encode_bit(coder, more[i], true);
    if (width + 1 < kLengths) encode_bit(coder, more[width], false);
    if (width > 1) coder.encode_bypass(frequency, static_cast<int>(width) - 1);
    contexts.previous = width;
    left -= frequency;
  }
}

Result<FrequencyTable> FrequencyTable::read(BinaryDecoder& coder) {
  const std::uint32_t size = decode_exp_golomb(coder);
  if (size == 0 || size > kMaxAlphabet) {
    return make_error(HOLO_CORRUPT, "frequency table: 1.." + std::to_string(kMaxAlphabet) +
                                        " symbols expected, found " + std::to_string(size) +
                                        "; the file is damaged");
  }
  std::vector<std::uint16_t> frequencies(size, 0);
  WidthContexts contexts;
  std::uint32_t left = kFrequencyTotal;
  for (std::uint32_t i = 0; i < size && left > 0; ++i) {
    auto& more = contexts.more[contexts.previous];
    std::size_t width = 0;
    while (width + 1 < kLengths && decode_bit(coder, more[width])) ++width;
    std::uint32_t frequency = width > 0 ? 1 : 0;
    if (width > 1) {
      const int mantissa = static_cast<int>(width) - 1;
      frequency = (1u << mantissa) | coder.decode_bypass(mantissa);
    }
    if (frequency > left) left = kFrequencyTotal + 1;
    if (left > kFrequencyTotal) break;
    frequencies[i] = static_cast<std::uint16_t>(frequency);
    contexts.previous = width;
    left -= frequency;
  }
  if (left != 0 || coder.damaged()) {
    return make_error(HOLO_CORRUPT, "frequency table: the frequencies do not add up to " +
                                        std::to_string(kFrequencyTotal) + "; the file is damaged");
  }
  return FrequencyTable(std::move(frequencies));
}

std::vector<FrequencyTable::Slot> FrequencyTable::slots() const {
  std::vector<Slot> slots;
  slots.reserve(kFrequencyTotal);
  for (std::size_t symbol = 0; symbol < frequencies_.size(); ++symbol) {
    for (std::uint16_t offset = 0; offset < frequencies_[symbol]; ++offset) {
      slots.push_back({static_cast<std::uint16_t>(symbol), frequencies_[symbol], offset});
    }
  }
  return slots;
}

}  // namespace holo::entropy
