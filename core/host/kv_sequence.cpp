// All caches of one sequence, and what becomes of them when the set of patches is swapped.
#include "core/host/kv_sequence.hpp"

#include <algorithm>
#include <cmath>
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

// False if rows were dropped: they cannot be carried over.
Result<bool> transcode(KvCache& from, KvCache& to, std::size_t width) {
  std::vector<float> block;
  for (std::uint64_t at = 0; at < from.positions(); at += kBlockRows) {
    const std::uint64_t rows = std::min(kBlockRows, from.positions() - at);
    block.resize(static_cast<std::size_t>(rows) * width);
    HOLO_TRY(from.materialise(at, block));
    for (std::size_t row = 0; row < rows; ++row) {
      if (std::isnan(block[row * width])) return false;
    }
    HOLO_TRY(to.append(block));
  }
  return true;
}

std::shared_ptr<PluginSequence> find_sequence(const PluginSequences& sequences,
                                              const PatchSession* patch) {
  for (const auto& sequence : sequences) {
    if (sequence->patch().get() == patch) return sequence;
  }
  return nullptr;
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
    HOLO_ASSIGN(auto cache, sequence.make_cache(sequence.set_.get(), slot, sequence.sequences_));
    sequence.caches_.push_back(std::move(cache));
  }
  return sequence;
}

Result<std::unique_ptr<KvCache>> KvSequence::make_cache(const PatchSet* set, std::size_t slot,
                                                        PluginSequences& sequences) const {
  const PatchSet::Entry* entry = entry_of(set, slot);
  if (entry == nullptr) return plain_cache(shape_);
  if (entry->plan.recompute_from != HOLO_RECOMPUTE_NONE) return recomputed_cache(shape_);
  auto sequence = find_sequence(sequences, entry->patch.get());
  if (sequence == nullptr) {
    HOLO_ASSIGN(sequence, PluginSequence::begin(entry->patch));
    if (sequence != nullptr) {
      HOLO_TRY(sequence->tokens(0, ids_));
      sequences.push_back(sequence);
    }
  }
  return patch_cache(entry->patch, std::move(sequence), entry->site, shape_);
}

Result<KvSequence::Move> KvSequence::plan_move(const PatchSet* set, std::size_t slot,
                                               PluginSequences& sequences) {
  Move move;
  if (patch_of(set, slot) == patch_of(set_.get(), slot)) return move;
  const PatchSet::Entry* entry = entry_of(set, slot);
  const auto* kept = dynamic_cast<const PatchCache*>(caches_[slot].get());
  // Caches of a sequence belong together, so that one alone cannot change hands.
  if (entry != nullptr && entry->plan.on_swap == HOLO_SWAP_KEEP && kept != nullptr &&
      find_sequence(sequences_, patch_of(set_.get(), slot)) == nullptr &&
      kept->callee().alias == entry->patch->callee().alias &&
      kept->callee().path == entry->patch->callee().path) {
    move.kind = Move::Kind::hand_over;
    return move;
  }
  const bool flushes =
      (entry != nullptr && entry->plan.on_swap == HOLO_SWAP_FLUSH) || !caches_[slot]->keeps_rows();
  move.kind = flushes ? Move::Kind::flush : Move::Kind::replace;
  HOLO_ASSIGN(move.fresh, make_cache(set, slot, sequences));
  return move;
}

Result<KvSequence::Swap> KvSequence::adopt(std::shared_ptr<const PatchSet> set) {
  if (set == set_) return Swap::unchanged;
  // Patches that stay keep their sequences.
  PluginSequences sequences;
  for (const auto& sequence : sequences_) {
    for (std::size_t slot = 0; slot < caches_.size(); ++slot) {
      if (patch_of(set.get(), slot) != sequence->patch().get()) continue;
      sequences.push_back(sequence);
      break;
    }
  }
  std::vector<Move> moves;
  bool flush = false;
  for (std::size_t slot = 0; slot < caches_.size(); ++slot) {
    HOLO_ASSIGN(Move move, plan_move(set.get(), slot, sequences));
    flush = flush || (move.kind == Move::Kind::flush && positions() > 0);
    moves.push_back(std::move(move));
  }
  // Everything that can fail comes before the first change.
  for (std::size_t slot = 0; slot < caches_.size() && !flush; ++slot) {
    if (moves[slot].kind != Move::Kind::replace) continue;
    HOLO_ASSIGN(const bool whole, transcode(*caches_[slot], *moves[slot].fresh, shape_.width()));
    flush = !whole;
  }
  if (flush) {
    sequences.clear();
    for (std::size_t slot = 0; slot < caches_.size(); ++slot) {
      HOLO_ASSIGN(moves[slot].fresh, make_cache(set.get(), slot, sequences));
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
  if (flush) ids_.clear();
  sequences_ = std::move(sequences);
  set_ = std::move(set);
  return flush ? Swap::flushed : Swap::carried;
}

Status KvSequence::tokens(std::uint64_t begin, std::span<const std::int32_t> ids) {
  if (begin != positions() || begin > ids_.size()) {
    return make_error(HOLO_INVALID_ARG, "tokens of position " + std::to_string(begin) +
                                            " were told while the caches hold " +
                                            std::to_string(positions()) + " positions");
  }
  ids_.resize(static_cast<std::size_t>(begin));
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  for (const auto& sequence : sequences_) HOLO_TRY(sequence->tokens(begin, ids));
  return {};
}

KvCache& KvSequence::keys(std::int32_t layer) {
  return *caches_[static_cast<std::size_t>(layer) * 2];
}
KvCache& KvSequence::values(std::int32_t layer) {
  return *caches_[static_cast<std::size_t>(layer) * 2 + 1];
}
std::uint64_t KvSequence::positions() const { return caches_[0]->positions(); }

Status KvSequence::trim(std::uint64_t positions) {
  // All of them, so that one that fails does not leave the others at another length.
  Status first;
  for (auto& cache : caches_) {
    Status trimmed = cache->trim(positions);
    if (first.ok() && !trimmed.ok()) first = std::move(trimmed);
  }
  if (!first.ok()) return first;
  ids_.resize(std::min(ids_.size(), static_cast<std::size_t>(positions)));
  return {};
}

Status KvSequence::reset() {
  for (auto& cache : caches_) HOLO_TRY(cache->reset());
  ids_.clear();
  return {};
}

Result<KvSequence> KvSequence::fork() {
  KvSequence copy;
  copy.shape_ = shape_;
  copy.set_ = set_;
  copy.ids_ = ids_;
  for (const auto& sequence : sequences_) {
    HOLO_ASSIGN(auto forked, sequence->fork());
    copy.sequences_.push_back(std::move(forked));
  }
  for (std::size_t slot = 0; slot < caches_.size(); ++slot) {
    auto sequence = find_sequence(copy.sequences_, patch_of(set_.get(), slot));
    auto* kept = dynamic_cast<PatchCache*>(caches_[slot].get());
    auto other = sequence != nullptr && kept != nullptr ? kept->fork_in(std::move(sequence))
                                                        : caches_[slot]->fork();
    if (!other) return std::move(other).error();
    copy.caches_.push_back(std::move(*other));
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
