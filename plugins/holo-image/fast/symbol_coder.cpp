#include "plugins/holo-image/fast/symbol_coder.hpp"

#include <algorithm>
#include <array>

namespace holo::image::fast {
namespace {

constexpr std::size_t kPad =
    std::max(2 * SymbolDecoder::kMaxSymbols, SymbolDecoder::kMaxRawBits / 8) + 8;

std::uint32_t read_u32(const std::uint8_t* at) {
  return at[0] | (std::uint32_t{at[1]} << 8) | (std::uint32_t{at[2]} << 16) |
         (std::uint32_t{at[3]} << 24);
}

}  // namespace

void SymbolEncoder::finish(std::vector<std::uint8_t>& out) const {
  // Written from its end: words come out last one first.
  std::vector<std::uint8_t> front(kStateBytes + 2 * shares_.size());
  std::uint8_t* first = front.data() + front.size();
  std::array<std::uint32_t, 2> states = {kStateLowest, kStateLowest};
  for (std::size_t i = shares_.size(); i-- > 0;) {
    const std::uint32_t start = shares_[i] & 0xFFFF;
    const std::uint32_t size = shares_[i] >> 16;
    std::uint32_t state = states[i & 1];
    if (state >= std::uint64_t{size} << (32 - kShareBits)) {
      *--first = static_cast<std::uint8_t>(state >> 8);
      *--first = static_cast<std::uint8_t>(state);
      state >>= 16;
    }
    const std::uint32_t quotient = state / size;
    states[i & 1] = (quotient << kShareBits) + (state - quotient * size) + start;
  }
  for (const std::uint32_t state : {states[1], states[0]})
    for (int shift = 24; shift >= 0; shift -= 8)
      *--first = static_cast<std::uint8_t>(state >> shift);
  out.insert(out.end(), first, front.data() + front.size());
  if (pending_bits_ > 0) out.push_back(static_cast<std::uint8_t>(pending_));
  out.insert(out.end(), raw_.rbegin(), raw_.rend());
}

SymbolDecoder::SymbolDecoder(std::span<const std::uint8_t> bytes)
    : padded_(2 * kPad + bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), padded_.begin() + kPad);
  const std::uint8_t* const begin = padded_.data() + kPad;
  at = {read_u32(begin), read_u32(begin + 4), begin + kStateBytes, begin + bytes.size(), 0};
}

}  // namespace holo::image::fast
