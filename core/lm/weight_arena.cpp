// Pages that are never touched take no memory, so a block may be larger than what it will hold.
#include "core/lm/weight_arena.hpp"

#include <sys/mman.h>
#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace holo::lm {
namespace {

constexpr std::size_t kLargePage = std::size_t{2} << 20;
constexpr std::size_t kBlock = std::size_t{64} << 20;
constexpr std::size_t kAlignment = 64;

std::size_t round_up(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

}  // namespace

void WeightArena::Free::operator()(std::byte* memory) const {
  ::operator delete (memory, std::align_val_t{kLargePage});
}

void* WeightArena::allocate(std::size_t bytes) {
  const std::size_t size = round_up(std::max<std::size_t>(bytes, 1), kAlignment);
  if (size > left_) {
    const std::size_t block = round_up(std::max(size, kBlock), kLargePage);
    auto* memory = static_cast<std::byte*>(::operator new (block, std::align_val_t{kLargePage}));
    blocks_.emplace_back(memory);
#ifdef MADV_HUGEPAGE
    // Only a wish: without large pages everything works, slower.
    (void)madvise(memory, block, MADV_HUGEPAGE);
#endif
    next_ = memory;
    left_ = block;
  }
  left_ -= size;
  std::byte* result = std::exchange(next_, next_ + size);
  std::memset(result, 0, size);
  return result;
}

}  // namespace holo::lm
