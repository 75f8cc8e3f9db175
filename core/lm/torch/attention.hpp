// Causal attention over whole windows.
#pragma once

#include "core/lm/torch/network.hpp"

namespace holo::lm {

// What all layers of a pass share.
struct AttentionFrame {
  AttentionFrame(const ModelConfig& config, std::int64_t time, at::Device device);

  const ModelConfig& config;
  at::Tensor future;  // {time, time}: true where a query may not look
  at::Tensor cosine;  // {time, dimensions / 2}, undefined without rotary embedding
  at::Tensor sine;
};

// Queries {batch, time, heads * head_dim} and rows as projected; gives {batch, time,
// heads * head_dim}. `past` and `exact` as in PastRows.
at::Tensor attend(const AttentionFrame& frame, const at::Tensor& queries, const LayerRows& own,
                  const LayerRows& past, const at::Tensor& exact);

}  // namespace holo::lm
