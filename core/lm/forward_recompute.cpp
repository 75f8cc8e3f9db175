// Rows that no cache keeps, computed again before the step attends to them.
#include <algorithm>

#include "core/lm/forward_state.hpp"

namespace holo::lm {

Status Forward::State::recompute_from_ids(std::span<const Item> items) {
  helpers.clear();
  for (const Item& item : items) {
    std::int32_t layers = 0;
    for (std::int32_t i = 0; i < m.config.layers; ++i) {
      if (recomputes(item.sequence->cache.set().get(), i, HOLO_RECOMPUTE_IDS)) layers = i + 1;
    }
    auto& plain = helpers.emplace_back();
    if (layers == 0 || item.past == 0) continue;
    if (helper == nullptr) helper = std::make_unique<State>(model, job);
    HOLO_ASSIGN(plain, Sequence::create(item.sequence->model, nullptr));
    const auto ids = std::span(item.sequence->tokens).first(item.past);
    for (std::size_t at = 0; at < item.past; at += kChunk) {
      const auto tokens = ids.subspan(at, std::min(kChunk, item.past - at));
      const Item part{&plain->state(), tokens, at, 0};
      HOLO_TRY(helper->run(std::span(&part, 1), tokens.size(), layers, nullptr));
    }
  }
  return {};
}

void Forward::State::recompute_from_residual(std::size_t index, const Item& item,
                                             std::int32_t layer) {
  // The buffers of the step's own projection hold rows that are needed still.
  if (helper == nullptr) helper = std::make_unique<State>(model, job);
  const Layer& weights = m.layers[static_cast<std::size_t>(layer)];
  const float* residual = item.sequence->residuals[static_cast<std::size_t>(layer)].data();
  std::vector<std::size_t> positions;
  for (std::size_t at = 0; at < item.past; at += kChunk) {
    const std::size_t rows = std::min(kChunk, item.past - at);
    positions.clear();
    for (std::size_t r = 0; r < rows; ++r) positions.push_back(at + r);
    if (!is_gpt2()) helper->rotary.prepare(positions);
    helper->normed.resize(rows * hidden());
    helper->normalise(weights.attention_norm, residual + at * hidden(), helper->normed.data(),
                      rows);
    helper->project(weights, rows, positions, false);
    past_keys[index].insert(past_keys[index].end(), helper->keys.begin(), helper->keys.end());
    past_values[index].insert(past_values[index].end(), helper->values.begin(),
                              helper->values.end());
  }
}

Status Forward::State::recompute(std::size_t index, const Item& item, std::int32_t layer,
                                 AttentionRun& run) {
  if (item.past == 0) return {};
  const host::PatchSet* set = item.sequence->cache.set().get();
  const std::int32_t of_keys = recompute_from(set, HOLO_SITE_K, layer);
  const std::int32_t of_values = recompute_from(set, HOLO_SITE_V, layer);
  if (recomputes(set, layer, HOLO_RECOMPUTE_RESIDUAL)) {
    const std::size_t kept = item.sequence->residuals[static_cast<std::size_t>(layer)].size();
    if (kept != item.past * hidden()) {
      return make_error(HOLO_INTERNAL, "layer " + std::to_string(layer) + " has kept " +
                                           std::to_string(kept / hidden()) + " inputs of " +
                                           std::to_string(item.past) + " positions");
    }
    past_keys.resize(std::max(past_keys.size(), index + 1));
    past_values.resize(past_keys.size());
    past_keys[index].clear();
    past_values[index].clear();
    recompute_from_residual(index, item, layer);
  }
  if (of_keys == HOLO_RECOMPUTE_RESIDUAL) run.past_keys = past_keys[index].data();
  if (of_values == HOLO_RECOMPUTE_RESIDUAL) run.past_values = past_values[index].data();
  if (of_keys == HOLO_RECOMPUTE_IDS) run.past_keys = helpers[index]->cache().keys(layer).rows();
  if (of_values == HOLO_RECOMPUTE_IDS) {
    run.past_values = helpers[index]->cache().values(layer).rows();
  }
  return {};
}

}  // namespace holo::lm
