// A fixed table of paths, written under a lock and read without one by signal handlers.
#include "core/base/temporary_files.hpp"

#include <unistd.h>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>

#include "core/base/file.hpp"

namespace holo {

namespace {

struct Slot {
  std::atomic<bool> used = false;
  std::array<char, 4096> path{};
};
std::array<Slot, 16> slots;
std::mutex slots_mutex;
TemporaryFileObserver observer_table;

}  // namespace

void set_temporary_file_observer(TemporaryFileObserver observer) { observer_table = observer; }

int register_temporary_file(const std::string& path) {
  const std::lock_guard lock(slots_mutex);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    Slot& slot = slots[i];
    if (slot.used || path.size() + 1 > slot.path.size()) continue;
    std::memcpy(slot.path.data(), path.c_str(), path.size() + 1);
    slot.used = true;
    if (observer_table.created != nullptr) observer_table.created(slot.path.data());
    return static_cast<int>(i);
  }
  return -1;
}

void forget_temporary_file(int slot) {
  if (slot < 0) return;
  Slot& entry = slots[static_cast<std::size_t>(slot)];
  if (observer_table.gone != nullptr) observer_table.gone(entry.path.data());
  entry.used = false;
}

void remove_temporary_files() noexcept {
  for (Slot& slot : slots) {
    if (slot.used) ::unlink(slot.path.data());
  }
}

}  // namespace holo
