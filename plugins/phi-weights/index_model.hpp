// Adaptive coding of grid indices: a binary tree of contexts, chosen by the index before.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/entropy/context.hpp"

namespace phi_weights {

class IndexModel {
 public:
  explicit IndexModel(int index_bits)
      : bits_(index_bits), contexts_(kNeighbourhoods << index_bits) {}

  void encode(holo::entropy::BinaryEncoder& coder, std::uint32_t index) {
    std::uint32_t node = 1;
    for (int bit = bits_ - 1; bit >= 0; --bit) {
      const std::uint32_t one = (index >> bit) & 1u;
      holo::entropy::encode_bit(coder, context(node), one != 0);
      node = node * 2 + one;
    }
    remember(index);
  }
  [[nodiscard]] std::uint32_t decode(holo::entropy::BinaryDecoder& coder) {
    std::uint32_t node = 1;
    for (int bit = 0; bit < bits_; ++bit) {
      node = node * 2 + (holo::entropy::decode_bit(coder, context(node)) ? 1u : 0u);
    }
    const std::uint32_t index = node - (1u << bits_);
    remember(index);
    return index;
  }

 private:
  // Exponents k = 0..3, 4, 5, 6, 7 and smaller of the weight before.
  static constexpr std::size_t kNeighbourhoods = 4;

  holo::entropy::AdaptiveBit& context(std::uint32_t node) {
    return contexts_[(previous_ << bits_) + node];
  }
  void remember(std::uint32_t index) {
    const std::uint32_t magnitudes = (1u << bits_) / 2 - 1;
    const std::uint32_t k = index == 0 ? magnitudes : (index - 1) % magnitudes;
    previous_ = k < 3 ? 0 : k < 4 ? 1 : k < 6 ? 2 : 3;
  }

  int bits_;
  std::uint32_t previous_ = 0;
  std::vector<holo::entropy::AdaptiveBit> contexts_;
};

}  // namespace phi_weights
