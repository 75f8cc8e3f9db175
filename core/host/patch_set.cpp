// The patches that are active during one decode step.
#include "core/host/patch_set.hpp"

#include <algorithm>

namespace holo::host {

Result<std::shared_ptr<const PatchSet>> PatchSet::create(
    std::vector<std::shared_ptr<PatchSession>> patches) {
  std::shared_ptr<PatchSet> set(new PatchSet);
  for (std::shared_ptr<PatchSession>& patch : patches) {
    if (!patch->ready()) {
      return make_error(HOLO_INVALID_ARG, patch->callee().name() +
                                              " is not ready: attach it and show it calibration "
                                              "samples first");
    }
    for (std::size_t i = 0; i < patch->sites().size(); ++i) {
      const Site& site = patch->sites()[i];
      const auto taken = std::find_if(set->entries_.begin(), set->entries_.end(),
                                      [&site](const Entry& e) { return e.site.name == site.name; });
      if (taken != set->entries_.end()) {
        return make_error(HOLO_INVALID_ARG, "site " + site.name + " is claimed by both " +
                                                taken->patch->callee().name() + " and " +
                                                patch->callee().name());
      }
      set->entries_.push_back({site, patch, patch->plan_of(i)});
    }
    HOLO_TRY(patch->acquire());
    set->active_.push_back(std::move(patch));
  }
  return std::shared_ptr<const PatchSet>(std::move(set));
}

PatchSet::~PatchSet() {
  for (const std::shared_ptr<PatchSession>& patch : active_) patch->release();
}

const PatchSet::Entry* PatchSet::find(std::int32_t kind, std::int32_t layer) const {
  for (const Entry& entry : entries_) {
    if (entry.site.kind == kind && entry.site.layer == layer) return &entry;
  }
  return nullptr;
}

const PatchSet::Entry* PatchSet::find_weight(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.site.kind == HOLO_SITE_WEIGHT && entry.site.name == name) return &entry;
  }
  return nullptr;
}

std::string PatchSet::fingerprint() const {
  std::string text;
  for (const Entry& entry : entries_) {
    text += (text.empty() ? "" : " ") + entry.site.name + "=" + entry.patch->callee().alias;
  }
  return text;
}

}  // namespace holo::host
