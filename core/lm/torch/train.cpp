#include "core/lm/torch/train.hpp"

#include <ATen/core/Reduction.h>

#include <algorithm>

#include "core/lm/torch/run_loop.hpp"

namespace holo::lm {

namespace {

Status check_options(std::size_t tokens, const TrainOptions& options, std::int64_t window) {
  const ModelConfig& config = options.config;
  HOLO_TRY(check_run(options.run));
  if (config.architecture != Architecture::gpt2 || !config.tied_head) {
    return make_error(HOLO_UNSUPPORTED, "only GPT-2 with a tied head can be trained from scratch");
  }
  if (config.layers < 1 || config.heads < 1 || config.head_dim < 1 || config.vocabulary < 2 ||
      config.intermediate < 1 || config.hidden != config.heads * config.head_dim ||
      config.kv_heads != config.heads) {
    return make_error(HOLO_INVALID_ARG,
                      "the sizes of the model are impossible: hidden must be heads * head_dim, "
                      "kv_heads equal heads, and layers, heads, vocabulary and intermediate "
                      "positive");
  }
  if (window < 1 || window > config.max_positions) {
    return make_error(HOLO_INVALID_ARG, "a window of " + std::to_string(window) +
                                            " tokens does not fit a model of " +
                                            std::to_string(config.max_positions) + " positions");
  }
  if (!(options.validation_fraction > 0 && options.validation_fraction < 1) ||
      options.validation_windows < 1) {
    return make_error(HOLO_INVALID_ARG,
                      "validation_fraction must be between 0 and 1, validation_windows positive");
  }
  const auto held_out =
      static_cast<std::int64_t>(static_cast<double>(tokens) * options.validation_fraction);
  if (held_out < window + 1 || static_cast<std::int64_t>(tokens) - held_out < window + 1) {
    return make_error(HOLO_INVALID_ARG,
                      "the text has " + std::to_string(tokens) +
                          " tokens: too few for windows of " + std::to_string(window) +
                          " and a validation part of them; give more text or a smaller window");
  }
  return {};
}

class Training final : public Run {
 public:
  Training(Network& network, const TrainOptions& options, std::span<const std::int32_t> train,
           std::span<const std::int32_t> validation, std::int64_t window)
      : network_(network),
        options_(options),
        train_(train),
        validation_(validation),
        window_(window) {}

  Result<double> compute(std::int64_t step) override {
    const at::AutoGradMode enable(true);
    std::vector<std::int64_t> starts;
    const auto choices = train_.size() - static_cast<std::size_t>(window_);
    for (std::int64_t i = 0; i < options_.run.batch; ++i) {
      const std::uint64_t draw = mix(options_.run.seed, static_cast<std::uint64_t>(step) + 1,
                                     static_cast<std::uint64_t>(i));
      starts.push_back(static_cast<std::int64_t>(draw % choices));
    }
    const at::Tensor loss = loss_of(train_, starts);
    loss.backward();
    return loss.item<double>();
  }

  Result<double> evaluate(std::int64_t) override {
    const at::NoGradGuard guard;
    const auto choices = static_cast<std::int64_t>(validation_.size()) - window_;
    const std::int64_t count = std::min(options_.validation_windows, choices);
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) {  // spread evenly
      sum += loss_of(validation_, {i * (choices - 1) / std::max<std::int64_t>(1, count - 1)})
                 .item<double>();
    }
    return sum / static_cast<double>(count);
  }

  [[nodiscard]] std::int64_t tokens_per_step() const override {
    return options_.run.batch * window_;
  }

 private:
  [[nodiscard]] at::Tensor loss_of(std::span<const std::int32_t> text,
                                   const std::vector<std::int64_t>& starts) const {
    std::vector<std::int64_t> ids;
    for (const std::int64_t start : starts) {
      const auto window =
          text.subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(window_ + 1));
      ids.insert(ids.end(), window.begin(), window.end());
    }
    const auto batch = static_cast<std::int64_t>(starts.size());
    const at::Tensor all = to_tensor(ids, {batch, window_ + 1}, network_.device());
    const Pass pass = network_.forward(all.narrow(1, 0, window_).contiguous());
    return at::cross_entropy_loss(network_.logits(pass).view({-1, network_.config().vocabulary}),
                                  all.narrow(1, 1, window_).reshape({-1}), /*weight=*/{},
                                  at::Reduction::Mean);
  }

  Network& network_;
  const TrainOptions& options_;
  std::span<const std::int32_t> train_;
  std::span<const std::int32_t> validation_;
  std::int64_t window_;
};

}  // namespace

Status check_ids(std::span<const std::int32_t> ids, const ModelConfig& config) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= 0 && ids[i] < config.vocabulary) continue;
    return make_error(HOLO_INVALID_ARG, "the token id " + std::to_string(ids[i]) + " at place " +
                                            std::to_string(i) + " is outside the vocabulary of " +
                                            std::to_string(config.vocabulary) +
                                            "; the tokenizer belongs to another model");
  }
  return {};
}

Result<TrainResult> train_gpt2(std::span<const std::int32_t> tokens, const TrainOptions& options,
                               at::Device device, const RunCallback& progress) {
  const std::int64_t window =
      options.window > 0 ? options.window : std::int64_t{options.config.max_positions};
  HOLO_TRY(check_options(tokens.size(), options, window));
  HOLO_TRY(check_ids(tokens, options.config));
  const auto held_out =
      static_cast<std::size_t>(static_cast<double>(tokens.size()) * options.validation_fraction);
  const auto train = tokens.first(tokens.size() - held_out);

  Network network = Network::initialise(options.config, options.run.seed, device);
  for (auto& [name, weight] : network.weights()) weight.requires_grad_(true);
  AdamW optimiser(network.weights(), options.run.weight_decay, options.run.gradient_clip);
  Training training(network, options, train, tokens.last(held_out), window);
  HOLO_ASSIGN(const RunProgress last, run_loop(training, optimiser, options.run, progress));

  TrainResult result;
  result.train_loss = last.loss;
  result.tokens_per_second = last.tokens_per_second;
  HOLO_ASSIGN(result.validation_loss, training.evaluate(options.run.steps));
  for (const auto& [name, weight] : network.weights()) result.weights[name] = to_named(weight);
  return result;
}

}  // namespace holo::lm
