// What needs automatic differentiation: training a small model, gradients of the loss with respect
// to keys and values, learned projectors. Served by libholohost-torch.so, which alone links
// LibTorch and is loaded on first use; no type of LibTorch shows here.
//
// Everything is f32. Calls of one object are not to overlap; the callbacks run on the caller's
// thread. Errors: CANCELLED as the callback says, UNSUPPORTED for a device that is not there,
// INVALID_ARG for ids outside the vocabulary and impossible options.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/lm/config.hpp"
#include "core/lm/weights.hpp"

namespace holo::lm {

// Row-major.
struct NamedTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> data;
};
// By Hugging Face name, in its layout: of GPT-2 "wte.weight", "h.0.attn.c_attn.weight" {in, out};
// of the llama family "model.layers.0.self_attn.k_proj.weight" {out, in}.
using NamedTensors = std::map<std::string, NamedTensor>;

struct TorchOptions {
  std::string device = "cpu";  // "cpu", "cuda", "cuda:1"
  int threads = 0;             // of LibTorch's kernels, for the whole process; 0: one per core
};

// What a run needs to go on where it stopped; see training_checkpoint.hpp for its file.
struct TrainingCheckpoint {
  std::int64_t step = 0;  // steps done
  NamedTensors tensors;
};

// A run that can be stopped: shared by training and tuning.
struct RunOptions {
  std::uint64_t seed = 1;
  std::int64_t steps = 1000;
  std::int64_t batch = 8;  // windows a step
  double learning_rate = 1e-3;
  std::int64_t warm_up_steps = 100;  // linear from 0; then a cosine down to final_rate
  double final_rate = 0.1;           // of learning_rate, at the last step
  double weight_decay = 0.1;         // of matrices
  double gradient_clip = 1.0;        // of the norm of all gradients together; 0: none
  std::int64_t evaluate_every = 100;
  std::int64_t checkpoint_every = 0;  // steps; 0: only when the run is cancelled
  // Called every checkpoint_every steps and when `progress` stops the run. May be empty.
  std::function<Status(const TrainingCheckpoint&)> checkpoint;
  // With the same options, data and threads, a resumed run ends with the same numbers, bit by bit
  // on the CPU, as one that was never stopped. Null: from the beginning.
  const TrainingCheckpoint* resume = nullptr;
};

struct RunProgress {
  std::int64_t step = 0;  // steps done
  std::int64_t steps = 0;
  double loss = 0;                                             // of the last step
  double held_out = std::numeric_limits<double>::quiet_NaN();  // the last one measured
  double learning_rate = 0;
  double tokens_per_second = 0;
};
// After every step; an error stops the run with it.
using RunCallback = std::function<Status(const RunProgress&)>;

struct TrainOptions {
  ModelConfig config;  // gpt2, tied head
  RunOptions run;
  std::int64_t window = 0;            // tokens; 0: max_positions
  double validation_fraction = 0.05;  // of the text, its end
  std::int64_t validation_windows = 16;
};

struct TrainResult {
  NamedTensors weights;
  double train_loss = 0;       // nats a token, of the last step
  double validation_loss = 0;  // nats a token, at the end
  double tokens_per_second = 0;
};

// What one pass over one text shows.
struct ForwardTrace {
  std::vector<float> logits;               // {ids, vocabulary}
  std::vector<std::vector<float>> hidden;  // layers + 1 of {ids, hidden}: before each layer and
                                           // after the last, before the final norm
};

// The rows of the caches and the gradients of the loss with respect to them.
struct RowGradients {
  // 2 * layers blocks {ids, kv_width}: keys of layer 0 (of a rope model before rotation), values
  // of layer 0, keys of layer 1, ... Valid until the next call.
  std::span<const float> rows;
  std::span<const float> gradients;
  double loss = 0;  // cross-entropy in nats, summed over the text
};

enum class Labels {
  sampled,  // drawn from the model's own distribution: the Fisher information
  text      // the next tokens
};

// --- learned projectors --------------------------------------------------------------------------

// Rows of keys (of a rope model before rotation) or values of one layer.
struct ProjectorSite {
  std::int32_t layer = 0;
  bool keys = false;
};

// One basis over one or several sites: of a position's rows x, one after the other,
// c = (x - mean) encode, q = round(c / steps), x' = mean + (q steps) decode.
struct Projector {
  std::vector<ProjectorSite> sites;
  std::int64_t components = 0;
  std::vector<float> mean;    // {width}, width = sites * kv_width
  std::vector<float> encode;  // {width, components}
  std::vector<float> decode;  // {components, width}
  std::vector<float> steps;   // {components}; 0: not quantised. Empty: none is
  // {components}; q is kept within -limit..limit and costs log2(2 limit + 1) bits; 0 or empty: any
  // q, which costs its entropy.
  std::vector<float> limits;
};

enum class QuantisationModel {
  straight_through,  // rounds, and passes the gradient as if it had not
  noise              // adds uniform noise of one step
};

struct TuneOptions {
  RunOptions run;  // weight_decay is not used
  QuantisationModel quantisation = QuantisationModel::straight_through;
  std::int64_t sinks = 4;   // first positions that stay exact
  std::int64_t recent = 0;  // positions before the current one that stay exact
  // Weight of the penalty on the estimated rate above what it was at the start.
  double rate_weight = 1;
  // What a tuned projector may cost more than the given one, held-out bits a position.
  double rate_tolerance = 0.002;
  // Rows are coded as the model makes them over a compressed past: passes of the fixed point.
  std::int64_t evaluation_passes = 3;
};

struct SiteError {
  ProjectorSite site;
  double before = 0;  // sum of squared errors over sum of squares about the mean, held-out
  double after = 0;
};

struct TuneResult {
  // False: nothing beat what was given on held-out text, and `projectors` are those given.
  bool improved = false;
  std::vector<Projector> projectors;
  double divergence_before = 0;  // held-out, nats a token: KL(full cache || compressed)
  double divergence_after = 0;
  double bits_before = 0;  // held-out, a position, of all projectors
  double bits_after = 0;
  std::int64_t best_step = 0;
  std::vector<SiteError> errors;
};

using Windows = std::vector<std::vector<std::int32_t>>;

class TorchModel {
 public:
  virtual ~TorchModel() = default;
  virtual Result<ForwardTrace> trace(std::span<const std::int32_t> ids) = 0;
  // {vocabulary}: what a prefill gives.
  virtual Result<std::vector<float>> logits_of_last(std::span<const std::int32_t> ids) = 0;
  // `seed` chooses the sampled labels. At least two ids.
  virtual Result<RowGradients> row_gradients(std::span<const std::int32_t> ids, Labels labels,
                                             std::uint64_t seed) = 0;
  // Fine-tunes by distillation: the KL divergence of the logits over caches whose earlier positions
  // went through the projectors (the current token's rows are exact) from those over full caches.
  // Windows are of one length, at least two tokens; each site belongs to one projector at most.
  virtual Result<TuneResult> tune_projectors(std::span<const Projector> projectors,
                                             const Windows& train, const Windows& held_out,
                                             const TuneOptions& options,
                                             const RunCallback& progress) = 0;
};

// What one build of the module offers. One static instance; no ownership.
class TorchModule {
 public:
  virtual ~TorchModule() = default;
  virtual Result<std::unique_ptr<TorchModel>> open_model(const ModelConfig& config,
                                                         const TensorSource& weights,
                                                         const TorchOptions& options) = 0;
  // Trains a GPT-2 from scratch on `tokens`, windows of which are drawn at random.
  virtual Result<TrainResult> train(std::span<const std::int32_t> tokens,
                                    const TrainOptions& options, const TorchOptions& torch,
                                    const RunCallback& progress) = 0;
  [[nodiscard]] virtual std::string version() const = 0;  // "LibTorch 1.13.1"
};

// Loads the module on first use, from beside the executable or the configured libdir. NOT_FOUND
// names the files tried and the package that is missing; ABI_MISMATCH a plugin that has brought
// another LibTorch into the process.
Result<TorchModule*> load_torch_module();

}  // namespace holo::lm
