// The patches that are active during one decode step: one immutable set, swapped as a whole.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/host/patch_session.hpp"

namespace holo::host {

class PatchSet {
 public:
  struct Entry {
    Site site;
    std::shared_ptr<PatchSession> patch;
    holo_patch_plan plan{};
  };

  // Activates the patches, which are attached and, if they ask for it, calibrated. Two patches at
  // one site are INVALID_ARG. On failure everything is deactivated again.
  static Result<std::shared_ptr<const PatchSet>> create(
      std::vector<std::shared_ptr<PatchSession>> patches);
  // Deactivates what no other set uses.
  ~PatchSet();
  PatchSet(const PatchSet&) = delete;
  PatchSet& operator=(const PatchSet&) = delete;

  // The patch at a site, or NULL: the model's own behaviour.
  [[nodiscard]] const Entry* find(std::int32_t kind, std::int32_t layer) const;
  [[nodiscard]] const Entry* find_weight(std::string_view name) const;
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  // "h.0.k=NAME h.0.v=NAME", to be logged beside results.
  [[nodiscard]] std::string fingerprint() const;

 private:
  PatchSet() = default;
  std::vector<std::shared_ptr<PatchSession>> active_;
  std::vector<Entry> entries_;
};

// Where the set in force lives. A step takes it once at its start; publishing takes effect with the
// next step, and the old set dies when the last step that took it ends. Thread-safe.
class PatchSlot {
 public:
  [[nodiscard]] std::shared_ptr<const PatchSet> take() const {
    const std::lock_guard lock(mutex_);
    return set_;
  }
  void publish(std::shared_ptr<const PatchSet> set) {
    const std::lock_guard lock(mutex_);
    set_.swap(set);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const PatchSet> set_;
};

}  // namespace holo::host
