// Tokens and caches of one text, kept in step.
#include "core/lm/sequence.hpp"

#include "core/lm/sequence_state.hpp"

namespace holo::lm {
namespace {

// True if a site that keeps no rows passes to another patch: its rows cannot be carried over.
bool loses_rows(const host::PatchSet* from, const host::PatchSet* to, std::int32_t layers) {
  if (from == nullptr) return false;
  for (std::int32_t layer = 0; layer < layers; ++layer) {
    for (const std::int32_t kind : {HOLO_SITE_K, HOLO_SITE_V}) {
      const auto* old = from->find(kind, layer);
      if (old == nullptr || old->plan.recompute_from == HOLO_RECOMPUTE_NONE) continue;
      const auto* next = to == nullptr ? nullptr : to->find(kind, layer);
      if (next == nullptr || next->patch != old->patch) return true;
    }
  }
  return false;
}

}  // namespace

std::int32_t recompute_from(const host::PatchSet* set, std::int32_t kind, std::int32_t layer) {
  const auto* entry = set == nullptr ? nullptr : set->find(kind, layer);
  return entry == nullptr ? HOLO_RECOMPUTE_NONE : entry->plan.recompute_from;
}

bool recomputes(const host::PatchSet* set, std::int32_t layer, std::int32_t source) {
  return recompute_from(set, HOLO_SITE_K, layer) == source ||
         recompute_from(set, HOLO_SITE_V, layer) == source;
}

Sequence::Sequence() = default;
Sequence::~Sequence() = default;
Sequence::Sequence(Sequence&&) noexcept = default;
Sequence& Sequence::operator=(Sequence&&) noexcept = default;

Result<Sequence> Sequence::create(std::shared_ptr<const Model> model,
                                  std::shared_ptr<const host::PatchSet> set) {
  HOLO_ASSIGN(host::KvSequence cache,
              host::KvSequence::create(model->description(), std::move(set)));
  Sequence result;
  result.state_ = std::make_unique<State>(std::move(model), std::move(cache));
  return result;
}

std::span<const std::int32_t> Sequence::tokens() const { return state_->tokens; }
std::uint64_t Sequence::positions() const { return state_->cache.positions(); }
host::KvSequence& Sequence::cache() { return state_->cache; }
const std::shared_ptr<const Model>& Sequence::model() const { return state_->model; }

Result<host::KvSequence::Swap> Sequence::adopt(std::shared_ptr<const host::PatchSet> set) {
  using Swap = host::KvSequence::Swap;
  State& state = *state_;
  if (set == state.cache.set()) return Swap::unchanged;
  const std::int32_t layers = state.model->config().layers;
  bool flush = loses_rows(state.cache.set().get(), set.get(), layers);
  for (std::int32_t layer = 0; layer < layers; ++layer) {
    const bool kept = !state.residuals[static_cast<std::size_t>(layer)].empty();
    flush = flush || (!kept && recomputes(set.get(), layer, HOLO_RECOMPUTE_RESIDUAL));
  }
  flush = flush && positions() > 0;
  if (flush) {
    HOLO_TRY(state.cache.reset());
    for (auto& rows : state.residuals) rows.clear();
  }
  HOLO_ASSIGN(Swap swap, state.cache.adopt(std::move(set)));
  if (flush) swap = Swap::flushed;
  for (std::int32_t layer = 0; layer < layers; ++layer) {
    if (swap == Swap::flushed ||
        !recomputes(state.cache.set().get(), layer, HOLO_RECOMPUTE_RESIDUAL)) {
      state.residuals[static_cast<std::size_t>(layer)].clear();
    }
  }
  return swap;
}

Status Sequence::trim(std::uint64_t positions) {
  State& state = *state_;
  if (positions > state.tokens.size()) {
    return make_error(HOLO_INVALID_ARG, "cannot trim a sequence of " +
                                            std::to_string(state.tokens.size()) + " tokens to " +
                                            std::to_string(positions));
  }
  if (positions < this->positions()) HOLO_TRY(state.cache.trim(positions));
  state.tokens.resize(static_cast<std::size_t>(positions));
  for (auto& rows : state.residuals) {
    const auto hidden = static_cast<std::size_t>(state.model->config().hidden);
    rows.resize(std::min(rows.size(), static_cast<std::size_t>(positions) * hidden));
  }
  return {};
}

Status Sequence::reset() {
  HOLO_TRY(state_->cache.reset());
  state_->tokens.clear();
  for (auto& rows : state_->residuals) rows.clear();
  return {};
}

Result<Sequence> Sequence::fork() {
  HOLO_ASSIGN(host::KvSequence cache, state_->cache.fork());
  Sequence copy;
  copy.state_ = std::make_unique<State>(state_->model, std::move(cache));
  copy.state_->tokens = state_->tokens;
  copy.state_->residuals = state_->residuals;
  return copy;
}

Result<holo_kv_bytes> Sequence::bytes() {
  HOLO_ASSIGN(holo_kv_bytes sum, state_->cache.bytes());
  const host::PatchSet* set = state_->cache.set().get();
  bool ids = false;
  for (std::int32_t layer = 0; layer < state_->model->config().layers; ++layer) {
    sum.payload += state_->residuals[static_cast<std::size_t>(layer)].size() * sizeof(float);
    ids = ids || recomputes(set, layer, HOLO_RECOMPUTE_IDS);
  }
  if (ids) sum.payload += positions() * sizeof(std::int32_t);
  return sum;
}

}  // namespace holo::lm
