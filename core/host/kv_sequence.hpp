// All caches of one sequence, and what becomes of them when the set of patches is swapped.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/host/kv_cache.hpp"
#include "core/host/patch_set.hpp"

namespace holo::host {

using PluginSequences = std::vector<std::shared_ptr<PluginSequence>>;

class KvSequence {
 public:
  // `set` may be empty (no patches).
  static Result<KvSequence> create(const holo_model& model, std::shared_ptr<const PatchSet> set);

  enum class Swap {
    unchanged,  // the set is the one already in use
    carried,    // every row is still there
    flushed     // the caches are empty: compute the sequence again
  };
  // Between two steps: moves to `set`. Per site whose patch changes, the new patch's plan decides;
  // where HOLO_SWAP_KEEP is not possible, because the old cache is of another component, rows are
  // transcoded. One site that flushes flushes the sequence. On failure nothing has changed.
  Result<Swap> adopt(std::shared_ptr<const PatchSet> set);

  [[nodiscard]] KvCache& keys(std::int32_t layer);
  [[nodiscard]] KvCache& values(std::int32_t layer);
  [[nodiscard]] std::uint64_t positions() const;
  // Tells the ids of positions begin..., before their rows are appended.
  Status tokens(std::uint64_t begin, std::span<const std::int32_t> ids);
  Status trim(std::uint64_t positions);
  Status reset();
  Result<KvSequence> fork();
  Result<holo_kv_bytes> bytes();  // summed over all sites; positions of one
  [[nodiscard]] const std::shared_ptr<const PatchSet>& set() const { return set_; }

 private:
  KvSequence() = default;
  Result<std::unique_ptr<KvCache>> make_cache(const PatchSet* set, std::size_t slot,
                                              PluginSequences& sequences) const;
  struct Move;
  Result<Move> plan_move(const PatchSet* set, std::size_t slot, PluginSequences& sequences);

  KvShape shape_;
  std::vector<std::int32_t> ids_;  // of the positions that were told
  // Declared before the caches: these are destroyed while their patches are still active.
  std::shared_ptr<const PatchSet> set_;
  PluginSequences sequences_;                     // of the patches that have them
  std::vector<std::unique_ptr<KvCache>> caches_;  // key and value of layer 0, of layer 1, ...
};

}  // namespace holo::host
