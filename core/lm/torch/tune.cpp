#include "core/lm/torch/tune.hpp"

#include <algorithm>
#include <cmath>

#include "core/lm/torch/distillation.hpp"
#include "core/lm/torch/run_loop.hpp"

namespace holo::lm {

namespace {

constexpr int kGainAttempts = 3;

// A basis is its start plus a change in units of each component's own size, so that one learning
// rate serves bases whose components differ by orders of magnitude.
struct Tuned {
  ProjectorTensors start;
  at::Tensor encode_unit;  // {1, components}
  at::Tensor decode_unit;  // {components, 1}
  at::Tensor encode_change;
  at::Tensor decode_change;

  explicit Tuned(ProjectorTensors from) : start(std::move(from)) {
    encode_unit = start.encode.pow(2).mean(at::IntArrayRef{0}, true).sqrt();
    decode_unit = start.decode.pow(2).mean(at::IntArrayRef{1}, true).sqrt();
    encode_change = at::zeros_like(start.encode).requires_grad_(true);
    decode_change = at::zeros_like(start.decode).requires_grad_(true);
  }
  // `gain` below 1 coarsens the quantisation without changing the map.
  [[nodiscard]] ProjectorTensors now(double gain = 1) const {
    ProjectorTensors tensors = start;
    tensors.encode = (start.encode + encode_change * encode_unit) * gain;
    tensors.decode = (start.decode + decode_change * decode_unit) / gain;
    return tensors;
  }
};

std::map<std::string, at::Tensor> parameters(const std::vector<Tuned>& tuned) {
  std::map<std::string, at::Tensor> list;
  for (std::size_t i = 0; i < tuned.size(); ++i) {
    list[std::to_string(i) + ".encode"] = tuned[i].encode_change;
    list[std::to_string(i) + ".decode"] = tuned[i].decode_change;
  }
  return list;
}

class Tuning final : public Run {
 public:
  Tuning(const Network& network, std::vector<Tuned>& tuned, at::Tensor train, at::Tensor held_out,
         const TuneOptions& options)
      : network_(network),
        tuned_(tuned),
        train_(std::move(train)),
        held_out_(std::move(held_out)),
        options_(options) {
    before_ = measure(1);
    best_ = before_;
    keep_best();
  }

  Result<double> compute(std::int64_t step) override {
    const auto number = static_cast<std::uint64_t>(step) + 1;
    std::vector<std::int64_t> choice;
    for (std::int64_t i = 0; i < options_.run.batch; ++i) {
      const std::uint64_t draw = mix(options_.run.seed, number, static_cast<std::uint64_t>(i));
      choice.push_back(
          static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(train_.size(0))));
    }
    const at::Tensor ids = train_.index_select(0, to_tensor(choice, {options_.run.batch}, at::kCPU))
                               .to(network_.device());
    const Teacher teacher(network_, ids);
    const at::AutoGradMode enable(true);
    PastRows past;
    past.exact = exact_positions(ids.size(1), options_.sinks, options_.recent, network_.device());
    past.layers.resize(teacher.rows.size());
    const Rounding rounding = options_.quantisation == QuantisationModel::noise
                                  ? Rounding::noise
                                  : Rounding::straight_through;
    at::Tensor rate = at::zeros({}, train_.options().dtype(at::kFloat).device(network_.device()));
    at::Tensor start_rate = rate;
    for (std::size_t i = 0; i < tuned_.size(); ++i) {
      const ProjectorTensors now = tuned_[i].now();
      const at::Tensor joint = joint_rows(now, teacher.rows);
      const at::Tensor codes = analyse(now, joint);
      rate = rate + estimated_rate(now, codes);
      start_rate = start_rate + estimated_rate(now, analyse(tuned_[i].start, joint)).detach();
      const std::uint64_t noise = mix(options_.run.seed, ~number, i);
      spread_rows(now, synthesise(now, round_codes(now, codes, rounding, noise)), past);
    }
    const Divergence found = divergence(network_, ids, teacher, past);
    // Finer coefficients would always help: they may not be bought with bits.
    const at::Tensor excess = rate / start_rate.clamp_min(1e-6) - 1;
    const at::Tensor loss = found.surrogate + excess.clamp_min(0) * options_.rate_weight;
    loss.backward();
    return found.value;
  }

  Result<double> evaluate(std::int64_t steps_done) override {
    const HeldOutMeasure now = measure(1);
    consider(now, 1, steps_done);
    // What is better but dearer is made as cheap as the start, by a secant in log2 of the gain.
    double gain = 1;
    HeldOutMeasure last = now;
    double slope = std::max(1.0, static_cast<double>(now.coded_components));
    for (int attempt = 0; attempt < kGainAttempts; ++attempt) {
      const double surplus = last.bits - before_.bits;
      if (affordable(last) || last.divergence >= best_.divergence) break;
      const double change = -surplus / slope;
      gain = static_cast<float>(gain * std::exp2(change));  // as it is kept
      const HeldOutMeasure next = measure(gain);
      consider(next, gain, steps_done);
      slope = std::max(slope / 8, (next.bits - last.bits) / change);
      last = next;
    }
    return now.divergence;
  }

  void save(NamedTensors& out) const override {
    for (std::size_t i = 0; i < tuned_.size(); ++i) {
      out["best/" + std::to_string(i) + ".encode"] = to_named(best_encode_[i]);
      out["best/" + std::to_string(i) + ".decode"] = to_named(best_decode_[i]);
    }
    // Steps below 2^24 are exact.
    out["best/measure"] = {
        {4}, {best_.divergence, best_.bits, static_cast<float>(best_step_), best_gain_}};
  }

  Status load(const NamedTensors& from) override {
    for (std::size_t i = 0; i < tuned_.size(); ++i) {
      HOLO_TRY(copy_named(from, "best/" + std::to_string(i) + ".encode", best_encode_[i]));
      HOLO_TRY(copy_named(from, "best/" + std::to_string(i) + ".decode", best_decode_[i]));
    }
    at::Tensor measure = at::zeros({4});
    HOLO_TRY(copy_named(from, "best/measure", measure));
    best_.divergence = measure[0].item<float>();
    best_.bits = measure[1].item<float>();
    best_step_ = static_cast<std::int64_t>(measure[2].item<float>());
    best_gain_ = measure[3].item<float>();
    return {};
  }

  [[nodiscard]] std::int64_t tokens_per_step() const override {
    return options_.run.batch * train_.size(1);
  }

  // Puts the best changes back and measures the errors they leave.
  TuneResult finish(std::span<const Projector> given) {
    TuneResult result;
    result.divergence_before = before_.divergence;
    result.bits_before = before_.bits;
    result.improved = best_.divergence < before_.divergence;
    result.best_step = result.improved ? best_step_ : 0;
    result.projectors.assign(given.begin(), given.end());
    {
      const at::NoGradGuard guard;
      for (std::size_t i = 0; i < tuned_.size(); ++i) {
        tuned_[i].encode_change.copy_(best_encode_[i]);
        tuned_[i].decode_change.copy_(best_decode_[i]);
        if (!result.improved) continue;
        const ProjectorTensors now = tuned_[i].now(best_gain_);
        result.projectors[i].encode = to_vector(now.encode);
        result.projectors[i].decode = to_vector(now.decode);
      }
    }
    const HeldOutMeasure after = result.improved ? measure(best_gain_) : before_;
    result.divergence_after = after.divergence;
    result.bits_after = after.bits;
    std::size_t place = 0;
    for (const Projector& projector : given) {
      for (const ProjectorSite& site : projector.sites) {
        result.errors.push_back({site, before_.errors[place], after.errors[place]});
        ++place;
      }
    }
    return result;
  }

 private:
  [[nodiscard]] HeldOutMeasure measure(double gain) const {
    const at::NoGradGuard guard;
    std::vector<ProjectorTensors> now;
    for (const Tuned& tuned : tuned_) now.push_back(tuned.now(gain));
    return measure_held_out(network_, now, held_out_, options_);
  }

  [[nodiscard]] bool affordable(const HeldOutMeasure& measure) const {
    return measure.bits <= before_.bits * (1 + options_.rate_tolerance);
  }

  void consider(const HeldOutMeasure& measure, double gain, std::int64_t steps_done) {
    if (!affordable(measure) || measure.divergence >= best_.divergence) return;
    best_ = measure;
    best_step_ = steps_done;
    best_gain_ = static_cast<float>(gain);
    keep_best();
  }

  void keep_best() {
    best_encode_.clear();
    best_decode_.clear();
    for (const Tuned& tuned : tuned_) {
      best_encode_.push_back(tuned.encode_change.detach().clone());
      best_decode_.push_back(tuned.decode_change.detach().clone());
    }
  }

  const Network& network_;
  std::vector<Tuned>& tuned_;
  at::Tensor train_;
  at::Tensor held_out_;
  const TuneOptions& options_;
  HeldOutMeasure before_;
  HeldOutMeasure best_;
  std::int64_t best_step_ = 0;
  float best_gain_ = 1;
  std::vector<at::Tensor> best_encode_;
  std::vector<at::Tensor> best_decode_;
};

Status check_options(const TuneOptions& options) {
  HOLO_TRY(check_run(options.run));
  if (options.sinks < 0 || options.recent < 0 || options.evaluation_passes < 1 ||
      !(options.rate_weight >= 0) || !(options.rate_tolerance >= 0)) {
    return make_error(HOLO_INVALID_ARG,
                      "sinks, recent, rate_weight and rate_tolerance must not be negative, and "
                      "evaluation_passes at least 1");
  }
  return {};
}

}  // namespace

Result<TuneResult> tune(const Network& network, std::span<const Projector> projectors,
                        const Windows& train, const Windows& held_out, const TuneOptions& options,
                        const RunCallback& progress) {
  HOLO_TRY(check_options(options));
  HOLO_TRY(check_projectors(projectors, network.config()));
  HOLO_ASSIGN(at::Tensor train_ids, window_tensor(train, network.config(), "training"));
  HOLO_ASSIGN(at::Tensor held_out_ids, window_tensor(held_out, network.config(), "held-out"));
  std::vector<Tuned> tuned;
  for (const Projector& projector : projectors) {
    tuned.emplace_back(ProjectorTensors(projector, network.config().kv_width(), network.device()));
  }
  AdamW optimiser(parameters(tuned), 0, options.run.gradient_clip);
  Tuning tuning(network, tuned, std::move(train_ids), std::move(held_out_ids), options);
  HOLO_ASSIGN([[maybe_unused]] const RunProgress last,
              run_loop(tuning, optimiser, options.run, progress));
  return tuning.finish(projectors);
}

}  // namespace holo::lm
