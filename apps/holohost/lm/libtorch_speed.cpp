// Timing LibTorch.
#include "apps/holohost/lm/libtorch_speed.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "apps/holohost/lm/torch_session.hpp"

namespace holo::cli {

namespace {

// Values do not change the time that a product takes.
Result<std::vector<float>> small_values(const std::string&, std::span<const std::int64_t> shape) {
  std::size_t count = 1;
  for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = 0.02F * (static_cast<float>(i * 2654435761u % 1000) / 500.0F - 1.0F);
  }
  return values;
}

}  // namespace

Result<double> libtorch_prefill_seconds(const LmSession& session, std::span<const std::int32_t> ids,
                                        int repeat) {
  HOLO_ASSIGN(lm::TorchModule * module, lm::load_torch_module());
  HOLO_ASSIGN(const auto model, module->open_model(session.model->config(), small_values,
                                                   torch_options(*session.job)));
  std::vector<double> seconds;
  for (int i = 0; i <= repeat; ++i) {
    HOLO_TRY(session.job->check_cancelled());
    const auto start = std::chrono::steady_clock::now();
    HOLO_TRY(model->logits_of_last(ids));
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    if (i > 0) seconds.push_back(passed.count());  // the first one warms up
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

}  // namespace holo::cli
