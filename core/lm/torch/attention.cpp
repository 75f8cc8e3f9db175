#include "core/lm/torch/attention.hpp"

#include <cmath>
#include <limits>

namespace holo::lm {

namespace {

// {batch, time, heads * d} -> {batch, heads, time, d}
at::Tensor split_heads(const at::Tensor& rows, std::int64_t heads) {
  return rows.view({rows.size(0), rows.size(1), heads, rows.size(2) / heads}).transpose(1, 2);
}

at::Tensor rotate(const AttentionFrame& frame, const at::Tensor& x) {
  if (!frame.cosine.defined()) return x;
  const std::int64_t half = frame.cosine.size(1);
  const at::Tensor low = x.narrow(3, 0, half);
  const at::Tensor high = x.narrow(3, half, half);
  std::vector<at::Tensor> parts{low * frame.cosine - high * frame.sine,
                                high * frame.cosine + low * frame.sine};
  if (x.size(3) > 2 * half) parts.push_back(x.narrow(3, 2 * half, x.size(3) - 2 * half));
  return at::cat(parts, 3);
}

// Each head of keys or values serves heads / kv_heads queries.
at::Tensor repeat_heads(const at::Tensor& x, std::int64_t heads) {
  const std::int64_t groups = heads / x.size(1);
  if (groups == 1) return x;
  return x.unsqueeze(2)
      .expand({x.size(0), x.size(1), groups, x.size(2), x.size(3)})
      .reshape({x.size(0), heads, x.size(2), x.size(3)});
}

}  // namespace

AttentionFrame::AttentionFrame(const ModelConfig& model, std::int64_t time, at::Device device)
    : config(model), future(at::ones({time, time}, at::TensorOptions(at::kBool).device(device))) {
  future = future.triu(1);
  const Rope& rope = model.rope;
  if (rope.dimensions == 0) return;
  const std::size_t half = rope.inverse_frequencies.size();
  std::vector<float> cosines;
  std::vector<float> sines;
  for (std::int64_t position = 0; position < time; ++position) {
    for (const float frequency : rope.inverse_frequencies) {
      const double angle = static_cast<double>(position) * frequency;
      cosines.push_back(static_cast<float>(std::cos(angle) * rope.scale));
      sines.push_back(static_cast<float>(std::sin(angle) * rope.scale));
    }
  }
  const std::int64_t shape[] = {time, static_cast<std::int64_t>(half)};
  cosine = to_tensor(cosines, shape, device);
  sine = to_tensor(sines, shape, device);
}

at::Tensor attend(const AttentionFrame& frame, const at::Tensor& queries, const LayerRows& own,
                  const LayerRows& past, const at::Tensor& exact) {
  const std::int64_t heads = frame.config.heads;
  const std::int64_t kv_heads = frame.config.kv_heads;
  const auto keys = [&](const at::Tensor& rows) {
    return repeat_heads(rotate(frame, split_heads(rows, kv_heads)), heads).transpose(2, 3);
  };
  const auto values = [&](const at::Tensor& rows) {
    return repeat_heads(split_heads(rows, kv_heads), heads);
  };
  const double scale = 1 / std::sqrt(static_cast<double>(frame.config.head_dim));
  const at::Tensor q = rotate(frame, split_heads(queries, heads)) * scale;
  at::Tensor scores = at::matmul(q, keys(own.keys));
  if (past.keys.defined()) scores = at::where(exact, scores, at::matmul(q, keys(past.keys)));
  scores = scores.masked_fill(frame.future, -std::numeric_limits<float>::infinity());
  const at::Tensor shares = at::softmax(scores, -1);
  at::Tensor mixed;
  if (past.values.defined()) {
    mixed = at::matmul(shares * exact, values(own.values)) +
            at::matmul(shares * exact.logical_not(), values(past.values));
  } else {
    mixed = at::matmul(shares, values(own.values));
  }
  return mixed.transpose(1, 2).reshape({queries.size(0), queries.size(1), queries.size(2)});
}

}  // namespace holo::lm
