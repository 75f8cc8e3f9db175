// The coefficients of consecutive positions as they are kept: packed rows, or entropy-coded blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <holo/bytes.hpp>

#include "plugins/kv-eigen/basis.hpp"
#include "plugins/kv-eigen/multiply.hpp"

namespace holo::kv_eigen {

inline constexpr std::size_t kBlockPositions = 16;  // of an entropy-coded block

// Copies share the blocks that are full.
class CodedRows {
 public:
  explicit CodedRows(std::shared_ptr<const Basis> basis) : basis_(std::move(basis)) {}

  [[nodiscard]] std::uint64_t size() const { return count_; }
  // Coefficients {count, components}.
  void append(const float* coefficients, std::size_t count);
  void trim(std::uint64_t count);
  // Numbers of the components of `count` positions: out[p * step + k], the last lane filled up
  // with zeros. Bodies of the loop take whole blocks.
  void decode(std::uint64_t first, std::size_t count, float* out, std::size_t step,
              const Loop& loop) const;
  // All that grows with positions; a block counts 4 bytes for its length.
  [[nodiscard]] std::uint64_t bytes() const;

  void write(std::vector<std::uint8_t>& out) const;
  // `count` positions of what write() wrote; throws CORRUPT.
  void read(ByteCursor& cursor, std::uint64_t count);

 private:
  using Block = std::vector<std::uint8_t>;
  void append_packed(const float* coefficients, std::size_t count);
  void append_levels(const float* coefficients, std::size_t count);
  [[nodiscard]] std::size_t positions_in(std::size_t block) const;

  std::shared_ptr<const Basis> basis_;
  std::uint64_t count_ = 0;
  std::vector<std::uint8_t> packed_;  // rows and the slack of the kernels
  std::vector<std::shared_ptr<const Block>> blocks_;
};

}  // namespace holo::kv_eigen
