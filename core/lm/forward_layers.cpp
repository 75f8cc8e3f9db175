// The layers, both architectures.
#include <algorithm>

#include "core/lm/forward_state.hpp"

namespace holo::lm {

void Forward::State::embed(std::span<const Item> items, std::size_t rows) {
  x.resize(rows * hidden());
  for (const Item& item : items) {
    for_rows(item.tokens.size(), [&](std::size_t t) {
      m.input(item.tokens[t], item.past + t, x.data() + (item.first + t) * hidden());
    });
  }
}

void Forward::State::normalise(const Norm& norm, const float* from, float* to, std::size_t rows) {
  const auto epsilon = static_cast<float>(m.config.norm_epsilon);
  for_rows(rows, [&](std::size_t r) {
    const float* row = from + r * hidden();
    float* out = to + r * hidden();
    if (norm.bias.empty()) {
      k.rms_norm(row, hidden(), norm.weight.data(), epsilon, out);
    } else {
      k.layer_norm(row, hidden(), norm.weight.data(), norm.bias.data(), epsilon, out);
    }
  });
}

void Forward::State::multiply(const Linear& linear, const std::vector<float>& from,
                              std::size_t stride, std::size_t rows, std::vector<float>& to,
                              std::size_t first_output) {
  to.resize(rows * linear.matrix.outputs());
  linear.matrix.multiply(job, from.data(), stride, rows, linear.bias, to.data(), packing,
                         first_output / kPanel);
}

// From `normed` to queries, keys and values.
void Forward::State::project(const Layer& layer, std::size_t rows,
                             std::span<const std::size_t> positions, bool with_queries) {
  const std::size_t query_width = m.query_width();
  const std::size_t width = m.kv_width();
  multiply(layer.qkv, normed, hidden(), rows, qkv, with_queries ? 0 : query_width);
  queries.resize(with_queries ? rows * query_width : 0);
  keys.resize(rows * width);
  values.resize(rows * width);
  const auto dim = static_cast<std::size_t>(m.config.head_dim);
  for_rows(rows, [&](std::size_t r) {
    const float* row = qkv.data() + r * (query_width + 2 * width);
    float* key = keys.data() + r * width;
    std::copy_n(row + query_width, width, key);
    std::copy_n(row + query_width + width, width, values.data() + r * width);
    if (!is_gpt2()) rotary.turn(key, width / dim, dim, positions[r]);
    if (!with_queries) return;
    float* query = queries.data() + r * query_width;
    std::copy_n(row, query_width, query);
    if (!is_gpt2()) rotary.turn(query, query_width / dim, dim, positions[r]);
  });
}

Status Forward::State::attend(std::int32_t layer, std::span<const Item> items) {
  std::vector<AttentionRun> runs;
  for (const Item& item : items) {
    AttentionRun run;
    run.keys = &item.sequence->cache.keys(layer);
    run.values = &item.sequence->cache.values(layer);
    run.past = item.past;
    run.first = item.first;
    run.count = item.tokens.size();
    HOLO_TRY(recompute(runs.size(), item, layer, run));
    runs.push_back(run);
  }
  return attention.apply(runs, queries.data(), keys.data(), values.data(), attended.data());
}

Status Forward::State::append(std::int32_t layer, std::span<const Item> items) {
  const std::size_t width = m.kv_width();
  for (const Item& item : items) {
    const std::size_t count = item.tokens.size() * width;
    host::KvSequence& cache = item.sequence->cache;
    HOLO_TRY(cache.keys(layer).append({keys.data() + item.first * width, count}));
    HOLO_TRY(cache.values(layer).append({values.data() + item.first * width, count}));
    if (!recomputes(cache.set().get(), layer, HOLO_RECOMPUTE_RESIDUAL)) continue;
    auto& residual = item.sequence->residuals[static_cast<std::size_t>(layer)];
    const float* rows = x.data() + item.first * hidden();
    residual.insert(residual.end(), rows, rows + item.tokens.size() * hidden());
  }
  return {};
}

void Forward::State::feed_forward(const Layer& layer, std::size_t rows) {
  const auto width = static_cast<std::size_t>(m.config.intermediate);
  multiply(layer.up, normed, hidden(), rows, inner);
  if (is_gpt2()) {
    for_rows(rows, [&](std::size_t r) { k.gelu(inner.data() + r * width, width); });
    multiply(layer.down, inner, width, rows, added);
    return;
  }
  gated.resize(rows * width);
  const std::size_t stride = layer.up.matrix.outputs();
  for_rows(rows, [&](std::size_t r) {
    for (std::size_t at = 0; at < width; at += kPanel) {
      const float* gate = inner.data() + r * stride + 2 * at;
      k.swiglu(gate, gate + kPanel, gated.data() + r * width + at, std::min(kPanel, width - at));
    }
  });
  multiply(layer.down, gated, width, rows, added);
}

Status Forward::State::run(std::span<const Item> items, std::size_t rows, std::int32_t layers,
                           RowObserver* observer) {
  HOLO_TRY(recompute_from_ids(items));
  embed(items, rows);
  std::vector<std::size_t> positions;
  for (const Item& item : items) {
    for (std::size_t t = 0; t < item.tokens.size(); ++t) positions.push_back(item.past + t);
  }
  if (!is_gpt2()) rotary.prepare(positions);
  normed.resize(rows * hidden());
  attended.resize(rows * m.query_width());
  for (std::int32_t i = 0; i < layers; ++i) {
    HOLO_TRY(job.check_cancelled());
    const Layer& layer = m.layers[static_cast<std::size_t>(i)];
    if (observer != nullptr) HOLO_TRY(observer->observe_hidden(i, x));
    normalise(layer.attention_norm, x.data(), normed.data(), rows);
    project(layer, rows, positions);
    if (observer != nullptr) HOLO_TRY(observer->observe(i, queries, keys, values));
    HOLO_TRY(attend(i, items));
    HOLO_TRY(append(i, items));
    multiply(layer.attention_out, attended, m.query_width(), rows, added);
    for_rows(rows, [&](std::size_t r) {
      k.add(x.data() + r * hidden(), added.data() + r * hidden(), hidden());
    });
    normalise(layer.mlp_norm, x.data(), normed.data(), rows);
    feed_forward(layer, rows);
    for_rows(rows, [&](std::size_t r) {
      k.add(x.data() + r * hidden(), added.data() + r * hidden(), hidden());
    });
  }
  if (observer != nullptr) HOLO_TRY(observer->observe_hidden(layers, x));
  return {};
}

}  // namespace holo::lm
