// Carry propagation, bypass bits and the flush of the binary range coder.
#include "core/entropy/binary_coder.hpp"

namespace holo::entropy {
namespace {

constexpr std::uint64_t kLowMask = 0xFFFFFFFFu;

}  // namespace

void BinaryEncoder::shift_out() {
  const bool carry = low_ > kLowMask;
  const auto top = static_cast<std::uint8_t>(low_ >> 24);
  if (top == 0xFF && !carry) {
    ++pending_;
  } else {
    const auto turn = static_cast<std::uint8_t>(carry ? 1 : 0);
    if (started_) bytes_.push_back(static_cast<std::uint8_t>(cache_ + turn));
    const auto filler = static_cast<std::uint8_t>(0xFF + turn);
    for (; pending_ > 0; --pending_) bytes_.push_back(filler);
    cache_ = top;
    started_ = true;
  }
  low_ = (low_ << 8) & kLowMask;
  range_ <<= 8;
}

void BinaryEncoder::encode_bypass(std::uint32_t bits, int count) {
  while (count > 0) {
    --count;
    range_ >>= 1;
    low_ += range_ & (0u - ((bits >> count) & 1u));
    if (range_ < kMinRange) shift_out();
  }
}

std::vector<std::uint8_t> BinaryEncoder::finish() {
  // Of the values that the decoder would accept, take the one with the most zero bits at its end.
  const std::uint64_t last = low_ + range_ - 1;
  for (int zeros = 32; zeros >= 0; --zeros) {
    const std::uint64_t mask = (std::uint64_t{1} << zeros) - 1;
    const std::uint64_t value = (low_ + mask) & ~mask;
    if (value > last) continue;
    low_ = value;
    break;
  }
  for (int i = 0; i < 5; ++i) shift_out();
  for (std::size_t i = 0; i < BinaryDecoder::kMaxOverrun; ++i) {
    if (bytes_.empty() || bytes_.back() != 0) break;
    bytes_.pop_back();
  }
  std::vector<std::uint8_t> out = std::move(bytes_);
  *this = BinaryEncoder{};
  return out;
}

BinaryDecoder::BinaryDecoder(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
  for (int i = 0; i < 4; ++i) shift_in();
  range_ = 0xFFFFFFFFu;
}

std::uint32_t BinaryDecoder::decode_bypass(int count) {
  std::uint32_t bits = 0;
  while (count > 0) {
    --count;
    range_ >>= 1;
    const std::uint32_t bit = code_ >= range_ ? 1u : 0u;
    code_ -= range_ & (0u - bit);
    bits = (bits << 1) | bit;
    if (range_ < kMinRange) shift_in();
  }
  return bits;
}

}  // namespace holo::entropy
