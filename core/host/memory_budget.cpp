// Memory that counts against a limit. Each block carries its size in front of it.
#include "core/host/memory_budget.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace holo::host {
namespace {

constexpr std::uint64_t kLeastAlignment = 64;
constexpr std::uint64_t kMostAlignment = 4096;
constexpr std::uint64_t kMagic = 0x686F6C6F626C6F63;

struct BlockHead {
  std::uint64_t magic;
  std::uint64_t size;
  void* base;
};

}  // namespace

bool MemoryBudget::take(std::uint64_t size) noexcept {
  const std::uint64_t limit = limit_ == 0 ? std::numeric_limits<std::uint64_t>::max() : limit_;
  std::uint64_t held = held_.load();
  do {
    if (size > limit || held > limit - size) return false;
  } while (!held_.compare_exchange_weak(held, held + size));
  std::uint64_t peak = peak_.load();
  while (peak < held + size && !peak_.compare_exchange_weak(peak, held + size)) {
  }
  return true;
}

void* MemoryBudget::allocate(std::uint64_t size, std::uint64_t alignment) noexcept {
  if (!std::has_single_bit(alignment) || alignment > kMostAlignment) return nullptr;
  const std::uint64_t step = std::max(alignment, kLeastAlignment);
  if (size > std::numeric_limits<std::size_t>::max() - step || !take(size)) return nullptr;
  void* base = nullptr;
  if (::posix_memalign(&base, static_cast<std::size_t>(step),
                       static_cast<std::size_t>(size + step)) != 0) {
    held_.fetch_sub(size);
    return nullptr;
  }
  auto* pointer = static_cast<std::uint8_t*>(base) + step;
  const BlockHead head{kMagic, size, base};
  std::memcpy(pointer - sizeof(head), &head, sizeof(head));
  return pointer;
}

bool MemoryBudget::deallocate(void* pointer) noexcept {
  if (pointer == nullptr) return true;
  auto* at = static_cast<std::uint8_t*>(pointer) - sizeof(BlockHead);
  BlockHead head;
  std::memcpy(&head, at, sizeof(head));
  if (head.magic != kMagic) return false;
  head.magic = 0;
  std::memcpy(at, &head, sizeof(head));
  held_.fetch_sub(head.size);
  std::free(head.base);
  return true;
}

}  // namespace holo::host
