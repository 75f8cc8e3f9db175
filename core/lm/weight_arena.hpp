// Memory for weights, in few large blocks: on large pages where the system has them, since a
// product that streams hundreds of megabytes otherwise waits for page tables.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace holo::lm {

class WeightArena {
 public:
  // Zeroed, aligned to 64 bytes, as long as the arena lives. Throws std::bad_alloc.
  void* allocate(std::size_t bytes);

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::vector<std::unique_ptr<std::byte, Free>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace holo::lm
