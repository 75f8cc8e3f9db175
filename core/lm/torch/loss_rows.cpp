#include "core/lm/torch/loss_rows.hpp"

#include <ATen/core/Reduction.h>

namespace holo::lm {

std::vector<at::Tensor> row_list(const Pass& pass) {
  std::vector<at::Tensor> list;
  for (const LayerRows& layer : pass.rows) {
    list.push_back(layer.keys);
    list.push_back(layer.values);
  }
  return list;
}

RowsAndGradients row_gradients(const Network& network, const at::Tensor& ids, Labels labels,
                               std::uint64_t seed) {
  const at::AutoGradMode enable(true);
  const Pass pass = network.forward(ids, nullptr, true);
  at::Tensor logits = network.logits(pass).squeeze(0);
  at::Tensor targets;
  if (labels == Labels::sampled) {
    // Drawn on the CPU: the same labels for the same logits on every device.
    const at::Tensor shares = at::softmax(logits.detach(), -1).to(at::kCPU);
    targets = at::multinomial(shares, 1, true, generator(mix(seed, 0, 0))).squeeze(1);
    targets = targets.to(network.device());
  } else {
    logits = logits.narrow(0, 0, logits.size(0) - 1);
    targets = ids.squeeze(0).narrow(0, 1, ids.size(1) - 1);
  }
  const at::Tensor loss =
      at::cross_entropy_loss(logits, targets, /*weight=*/{}, at::Reduction::Sum);
  loss.backward();

  RowsAndGradients result;
  std::vector<at::Tensor> rows;
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& site : row_list(pass)) {
    rows.push_back(site.detach().squeeze(0));
    gradients.push_back(site.grad().squeeze(0));
  }
  result.rows = at::stack(rows);
  result.gradients = at::stack(gradients);
  result.loss = loss.item<double>();
  return result;
}

}  // namespace holo::lm
