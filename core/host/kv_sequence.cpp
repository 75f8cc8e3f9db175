// All caches of one sequence, and what becomes of them when the set of patches is swapped.
#include "core/host/kv_sequence.hpp"

#include <algorithm>
#include <functional>

namespace holo::host {
namespace {

constexpr std::uint64_t kBlockRows = 256;  // rows that are transcoded at a time

std::int32_t kind_of(std::size_t slot) { return slot % 2 == 0 ? HOLO_SITE_K : HOLO_SITE_V; }
std::int32_t layer_of(std::size_t slot) { return static_cast<std::int32_t>(slot / 2); }

const PatchSet::Entry* entry_of(const PatchSet* set, std::size_t slot) {
  return set == nullptr ? nullptr : set->find(kind_of(slot), layer_of(slot));
}

PatchSession* patch_of(const PatchSet* set, std::size_t slot) {
  const PatchSet::Entry* entry = entry_of(set, slot);
  return entry == nullptr ? nullptr : entry->patch.get();
}

Status transcode(KvCache& from, KvCache& to, std::size_t width) {
  std::vector<float> block;
  for (std::uint64_t at = 0; at < from.positions(); at += kBlockRows) {
    const std::uint64_t rows = std::min(kBlockRows, from.positions() - at);
    block.resize(static_cast<std::size_t>(rows) * width);
    HOLO_TRY(from.materialise(at, block));
    HOLO_TRY(to.append(block));
  }
  return {};
}

}  // namespace

// What becomes of one cache.
struct KvSequence::Move {
  enum class Kind { leave, hand_over, replace, flush } kind = Kind::leave;
  std::unique_ptr<KvCache> fresh;  // replace, flush
};

Result<KvSequence> KvSequence::create(const holo_model& model,
                                      std::shared_ptr<const PatchSet> set) {
  if (model.layers < 1 || model.kv_heads < 1 || model.head_dim < 1 || model.heads < 1 ||
      model.heads % model.kv_heads != 0) {
    return make_error(HOLO_INVALID_ARG,
                      "the model's layers, heads, kv_heads and head_dim must be at least 1, and "
                      "heads a multiple of kv_heads");
  }
  KvSequence sequence;
  sequence.shape_ = {model.heads, model.kv_heads, model.head_dim};
  sequence.set_ = std::move(set);
  for (std::size_t slot = 0; slot < static_cast<std::size_t>(model.layers) * 2; ++slot) {
    HOLO_ASSIGN(auto cache, sequence.make_cache(sequence.set_.get(), slot));
    sequence.caches_.push_back(std::move(cache));
  }
  return sequence;
}

Result<std::unique_ptr<KvCache>> KvSequence::make_cache(const PatchSet* set,
                                                        std::size_t slot) const {
  const PatchSet::Entry* entry = entry_of(set, slot);
  if (entry == nullptr) return plain_cache(shape_);
  return patch_cache(entry->patch, entry->site, shape_);
}

Result<KvSequence::Move> KvSequence::plan_move(const PatchSet* set, std::size_t slot) {
  Move move;
  if (patch_of(set, slot) == patch_of(set_.get(), slot)) return move;
  const PatchSet::Entry* entry = entry_of(set, slot);
  const auto* kept = dynamic_cast<const PatchCache*>(caches_[slot].get());
  if (entry != nullptr && entry->plan.on_swap == HOLO_SWAP_KEEP && kept != nullptr &&
      kept->callee().alias == entry->patch->callee().alias &&
      kept->callee().path == entry->patch->callee().path) {
    move.kind = Move::Kind::hand_over;
    return move;
  }
  const bool flushes = entry != nullptr && entry->plan.on_swap == HOLO_SWAP_FLUSH;
  move.kind = flushes ? Move::Kind::flush : Move::Kind::replace;
  HOLO_ASSIGN(move.fresh, make_cache(set, slot));
  return move;
}

Result<KvSequence::Swap> KvSequence::adopt(std::shared_ptr<const PatchSet> set) {
  if (set == set_) return Swap::unchanged;
  std::vector<Move> moves;
  bool flush = false;
  for (std::size_t slot = 0; slot < caches_.size(); ++slot) {
    HOLO_ASSIGN(Move move, plan_move(set.get(), slot));
    flush = flush || (move.kind == Move::Kind::flush && positions() > 0);
    moves.push_back(std::move(move));
  }
  // Everything that can fail comes before the first change.
  for (std::size_t slot = 0; slot < caches_.size(); ++slot) {
    Move& move = moves[slot];
    if (flush && move.fresh == nullptr) {
      HOLO_ASSIGN(move.fresh, make_cache(set.get(), slot));
    } else if (!flush && move.kind == Move::Kind::replace) {
      HOLO_TRY(transcode(*caches_[slot], *move.fresh, shape_.width()));
    }
  }
  for (std::size_t slot = 0; slot < caches_.size(); ++slot) {
    Move& move = moves[slot];
    if (move.fresh != nullptr) {
      caches_[slot] = std::move(move.fresh);
    } else if (move.kind == Move::Kind::hand_over) {
      auto& old = static_cast<PatchCache&>(*caches_[slot]);
      caches_[slot] = old.hand_over(entry_of(set.get(), slot)->patch);
    }
  }
  set_ = std::move(set);
  return flush ? Swap::flushed : Swap::carried;
}

KvCache& KvSequence::keys(std::int32_t layer) {
  return *caches_[static_cast<std::size_t>(layer) * 2];
}
KvCache& KvSequence::values(std::int32_t layer) {
  return *caches_[static_cast<std::size_t>(layer) * 2 + 1];
}
std::uint64_t KvSequence::positions() const { return caches_[0]->positions(); }

Status KvSequence::trim(std::uint64_t positions) {
  for (auto& cache : caches_) HOLO_TRY(cache->trim(positions));
  return {};
}

Status KvSequence::reset() {
  for (auto& cache : caches_) HOLO_TRY(cache->reset());
  return {};
}

Result<KvSequence> KvSequence::fork() {
  KvSequence copy;
  copy.shape_ = shape_;
  copy.set_ = set_;
  for (auto& cache : caches_) {
    HOLO_ASSIGN(auto other, cache->fork());
    copy.caches_.push_back(std::move(other));
  }
  return copy;
}

Result<holo_kv_bytes> KvSequence::bytes() {
  holo_kv_bytes sum{};
  sum.struct_size = sizeof(sum);
  sum.positions = positions();
  for (auto& cache : caches_) {
    HOLO_ASSIGN(const holo_kv_bytes one, cache->bytes());
    sum.payload += one.payload;
    sum.fixed += one.fixed;
  }
  return sum;
}

}  // namespace holo::host
