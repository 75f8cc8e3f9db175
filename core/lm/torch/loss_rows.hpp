// Gradients of the loss of a text with respect to the rows of the caches.
#pragma once

#include "core/lm/torch/network.hpp"

namespace holo::lm {

struct RowsAndGradients {
  at::Tensor rows;       // {2 * layers, time, kv_width}, keys before values
  at::Tensor gradients;  // the same
  double loss = 0;
};
// `ids` is {1, time}.
RowsAndGradients row_gradients(const Network& network, const at::Tensor& ids, Labels labels,
                               std::uint64_t seed);

// Rows of `pass`, {2 * layers, batch, time, kv_width}, in the order of RowsAndGradients.
std::vector<at::Tensor> row_list(const Pass& pass);

}  // namespace holo::lm
