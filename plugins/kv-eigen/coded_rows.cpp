#include "plugins/kv-eigen/coded_rows.hpp"

#include <algorithm>
#include <cmath>

#include "core/spectral/half_float.hpp"

namespace holo::kv_eigen {

void CodedRows::append(const float* coefficients, std::size_t count) {
  if (basis_->coding == Coding::packed) {
    append_packed(coefficients, count);
  } else {
    append_levels(coefficients, count);
  }
}

void CodedRows::append_packed(const float* coefficients, std::size_t count) {
  const std::size_t components = basis_->components;
  packed_.resize((count_ + count) * basis_->row_bytes + kUnpackSlack);
  std::uint8_t* to = packed_.data() + count_ * basis_->row_bytes;
  for (std::size_t r = 0; r < count; ++r) {
    const float* row = coefficients + r * components;
    for (std::size_t lane = 0; lane < basis_->lane_bits.size(); ++lane) {
      const unsigned bits = basis_->lane_bits[lane];
      std::uint64_t word = 0;
      for (std::size_t i = 0; i < kLane; ++i) {
        const std::size_t k = lane * kLane + i;
        const float c = k < components ? row[k] : 0.0F;
        if (bits == 16) {
          const std::uint16_t half = spectral::float_to_half(std::clamp(c, -65504.0F, 65504.0F));
          to[2 * i] = static_cast<std::uint8_t>(half);
          to[2 * i + 1] = static_cast<std::uint8_t>(half >> 8);
        } else if (bits > 0) {
          const auto top = static_cast<float>((1u << bits) - 1u);
          const float code = std::clamp(std::round(c + 0.5F * top), 0.0F, top);
          word |= static_cast<std::uint64_t>(code) << (i * bits);
        }
      }
      if (bits < 16) {
        for (std::size_t i = 0; i < bits; ++i) to[i] = static_cast<std::uint8_t>(word >> (8 * i));
      }
      to += bits;
    }
  }
  count_ += count;
}

std::size_t CodedRows::positions_in(std::size_t block) const {
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(kBlockPositions, count_ - block * kBlockPositions));
}

void CodedRows::append_levels(const float* coefficients, std::size_t count) {
  const std::size_t components = basis_->components;
  const auto& codes = basis_->symbols.codes();
  std::vector<std::int16_t> levels;
  for (std::size_t done = 0; done < count;) {
    // The last block is opened again until it is full.
    const auto held = static_cast<std::size_t>(count_ % kBlockPositions);
    const std::size_t more = std::min(kBlockPositions - held, count - done);
    std::vector<std::int16_t> old(held * components);
    if (held > 0) basis_->symbols.decode(*blocks_.back(), held, old);
    levels.resize((held + more) * components);
    for (std::size_t k = 0; k < components; ++k) {
      std::int16_t* to = levels.data() + k * (held + more);
      std::copy_n(old.data() + k * held, held, to);
      for (std::size_t p = 0; p < more; ++p) {
        to[held + p] = codes[k].quantizer.level(coefficients[(done + p) * components + k]);
      }
    }
    auto block = std::make_shared<const Block>(basis_->symbols.encode(levels, held + more));
    if (held > 0) {
      blocks_.back() = std::move(block);
    } else {
      blocks_.push_back(std::move(block));
    }
    count_ += more;
    done += more;
  }
}

void CodedRows::trim(std::uint64_t count) {
  if (count >= count_) return;
  if (basis_->coding == Coding::packed) {
    count_ = count;
    packed_.resize(count > 0 ? count * basis_->row_bytes + kUnpackSlack : 0);
    return;
  }
  const auto last = static_cast<std::size_t>(count / kBlockPositions);
  const auto keep = static_cast<std::size_t>(count % kBlockPositions);
  if (keep > 0) {
    const std::size_t held = positions_in(last);
    const std::size_t components = basis_->components;
    std::vector<std::int16_t> levels(held * components);
    basis_->symbols.decode(*blocks_[last], held, levels);
    std::vector<std::int16_t> kept;
    for (std::size_t k = 0; k < components; ++k) {
      kept.insert(kept.end(), levels.begin() + static_cast<std::ptrdiff_t>(k * held),
                  levels.begin() + static_cast<std::ptrdiff_t>(k * held + keep));
    }
    blocks_[last] = std::make_shared<const Block>(basis_->symbols.encode(kept, keep));
  }
  blocks_.resize(last + (keep > 0 ? 1 : 0));
  count_ = count;
}

void CodedRows::decode(std::uint64_t first, std::size_t count, float* out, std::size_t step,
                       const Loop& loop) const {
  if (count == 0) return;
  if (basis_->coding == Coding::packed) {
    for (std::size_t p = 0; p < count; ++p) {
      kernels().unpack(packed_.data() + (first + p) * basis_->row_bytes, basis_->lane_bits.data(),
                       basis_->lane_bits.size(), out + p * step);
    }
    return;
  }
  const auto begin = static_cast<std::size_t>(first / kBlockPositions);
  const auto end = static_cast<std::size_t>((first + count - 1) / kBlockPositions) + 1;
  const std::size_t components = basis_->components;
  const auto& codes = basis_->symbols.codes();
  loop(end - begin, [&](std::uint64_t i) {
    const std::size_t block = begin + static_cast<std::size_t>(i);
    const std::size_t held = positions_in(block);
    std::vector<std::int16_t> levels(held * components);
    basis_->symbols.decode(*blocks_[block], held, levels);
    for (std::size_t p = 0; p < held; ++p) {
      const std::uint64_t position = block * kBlockPositions + p;
      if (position < first || position >= first + count) continue;
      float* to = out + static_cast<std::size_t>(position - first) * step;
      for (std::size_t k = 0; k < components; ++k) {
        to[k] = codes[k].quantizer.value(levels[k * held + p]);
      }
      std::fill(to + components, to + Basis::lanes(components), 0.0F);
    }
  });
}

std::uint64_t CodedRows::bytes() const {
  if (basis_->coding == Coding::packed) return count_ * basis_->row_bytes;
  std::uint64_t sum = 0;
  for (const auto& block : blocks_) sum += block->size() + 4;
  return sum;
}

void CodedRows::write(std::vector<std::uint8_t>& out) const {
  if (basis_->coding == Coding::packed) {
    out.insert(out.end(), packed_.begin(),
               packed_.begin() + static_cast<std::ptrdiff_t>(count_ * basis_->row_bytes));
    return;
  }
  for (const auto& block : blocks_) {
    put_varint(out, block->size());
    out.insert(out.end(), block->begin(), block->end());
  }
}

void CodedRows::read(ByteCursor& cursor, std::uint64_t count) {
  CodedRows fresh(basis_);
  if (basis_->coding == Coding::packed) {
    const std::uint64_t each = basis_->row_bytes;
    expect(each == 0 ? count == 0 : count <= cursor.left() / each, "the stored rows are cut");
    const std::uint8_t* from = cursor.take(static_cast<std::size_t>(count * each));
    fresh.packed_.assign(from, from + count * each);
    fresh.packed_.resize(fresh.packed_.size() + kUnpackSlack);
  } else {
    // A block takes 9 bytes or more.
    expect(count <= kBlockPositions * (cursor.left() / 9), "the stored rows are cut");
    fresh.count_ = count;
    for (std::uint64_t at = 0; at < count; at += kBlockPositions) {
      const std::uint64_t size = cursor.varint();
      expect(size <= cursor.left(), "the stored rows are cut");
      const std::uint8_t* from = cursor.take(static_cast<std::size_t>(size));
      auto block = std::make_shared<const Block>(from, from + size);
      const auto held =
          static_cast<std::size_t>(std::min<std::uint64_t>(kBlockPositions, count - at));
      std::vector<std::int16_t> levels(held * basis_->components);
      basis_->symbols.decode(*block, held, levels);
      fresh.blocks_.push_back(std::move(block));
    }
  }
  fresh.count_ = count;
  *this = std::move(fresh);
}

}  // namespace holo::kv_eigen
