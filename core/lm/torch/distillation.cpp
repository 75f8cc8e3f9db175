#include "core/lm/torch/distillation.hpp"

#include <algorithm>
#include <cmath>

#include "core/lm/torch/train.hpp"

namespace holo::lm {

namespace {

constexpr std::int64_t kTokensAtOnce = 64;

// Empirical entropy in bits of the integers of one component, sorted here.
double entropy(std::vector<float>& codes) {
  std::sort(codes.begin(), codes.end());
  double sum = 0;
  for (auto run = codes.begin(); run != codes.end();) {
    const auto next = std::upper_bound(run, codes.end(), *run);
    const double share = static_cast<double>(next - run) / static_cast<double>(codes.size());
    sum -= share * std::log2(share);
    run = next;
  }
  return sum;
}

// What is added up over the batches of one projector.
struct Tally {
  std::vector<std::vector<float>> codes;  // by component
  std::vector<double> wrong;              // by site: squares of errors
  std::vector<double> power;              // by site: squares about the mean
};

void add_codes(const ProjectorTensors& projector, const at::Tensor& codes, std::int64_t sinks,
               Tally& tally) {
  const std::int64_t first = std::min(sinks, codes.size(1));
  const at::Tensor coded = codes.narrow(1, first, codes.size(1) - first);
  const std::vector<float> numbers = to_vector(coded.reshape({-1, coded.size(2)}).t());
  const auto components = static_cast<std::size_t>(coded.size(2));
  const std::size_t count = numbers.size() / components;
  const std::vector<float> coded_components = to_vector(projector.entropy_coded());
  tally.codes.resize(components);
  for (std::size_t k = 0; k < components; ++k) {
    if (coded_components[k] == 0) continue;
    const auto begin = numbers.begin() + static_cast<std::ptrdiff_t>(k * count);
    tally.codes[k].insert(tally.codes[k].end(), begin, begin + static_cast<std::ptrdiff_t>(count));
  }
}

void add_errors(const ProjectorTensors& projector, const at::Tensor& rows,
                const at::Tensor& decoded, Tally& tally) {
  const std::size_t sites = projector.sites.size();
  const auto width = rows.size(2) / static_cast<std::int64_t>(sites);
  const auto squares = [&](const at::Tensor& difference) {
    return to_vector(
        difference.pow(2).sum(at::IntArrayRef{0, 1}).view({-1, width}).sum(at::IntArrayRef{1}));
  };
  const std::vector<float> wrong = squares(decoded - rows);
  const std::vector<float> power = squares(rows - projector.mean);
  tally.wrong.resize(sites);
  tally.power.resize(sites);
  for (std::size_t i = 0; i < sites; ++i) {
    tally.wrong[i] += wrong[i];
    tally.power[i] += power[i];
  }
}

}  // namespace

Result<at::Tensor> window_tensor(const Windows& windows, const ModelConfig& config,
                                 const char* what) {
  if (windows.empty()) {
    return make_error(HOLO_INVALID_ARG,
                      std::string("there is no window of ") + what + " text; give more text");
  }
  const std::size_t time = windows.front().size();
  std::vector<std::int64_t> ids;
  for (const auto& window : windows) {
    if (window.size() != time || time < 2 ||
        time > static_cast<std::size_t>(config.max_positions)) {
      return make_error(HOLO_INVALID_ARG, std::string("a window of ") + what + " text has " +
                                              std::to_string(window.size()) +
                                              " tokens; all must have one length of "
                                              "2 to " +
                                              std::to_string(config.max_positions));
    }
    HOLO_TRY(check_ids(window, config));
    ids.insert(ids.end(), window.begin(), window.end());
  }
  return to_tensor(
      ids, {static_cast<std::int64_t>(windows.size()), static_cast<std::int64_t>(time)}, at::kCPU);
}

Teacher::Teacher(const Network& network, const at::Tensor& ids) {
  const at::NoGradGuard guard;
  Pass pass = network.forward(ids);
  output = std::move(pass.output);
  rows = std::move(pass.rows);
}

Divergence divergence(const Network& network, const at::Tensor& ids, const Teacher& teacher,
                      const PastRows& past) {
  Pass pass = network.forward(ids, &past);
  const std::int64_t width = pass.output.size(2);
  const at::Tensor mine = pass.output.detach().reshape({-1, width});
  const at::Tensor full = teacher.output.reshape({-1, width});
  const bool gradients = at::GradMode::is_enabled();
  const auto tokens = static_cast<double>(mine.size(0));
  Divergence result;
  std::vector<at::Tensor> slopes;
  {
    const at::NoGradGuard guard;
    const at::Tensor head = network.head().t();
    // A part at a time: logits of a whole batch over a large vocabulary take gigabytes.
    for (std::int64_t begin = 0; begin < mine.size(0); begin += kTokensAtOnce) {
      const std::int64_t count = std::min(kTokensAtOnce, mine.size(0) - begin);
      const at::Tensor expected = at::log_softmax(at::mm(full.narrow(0, begin, count), head), -1);
      const at::Tensor found = at::log_softmax(at::mm(mine.narrow(0, begin, count), head), -1);
      const at::Tensor shares = expected.exp();
      result.value += (shares * (expected - found)).sum().item<double>() / tokens;
      if (!gradients) continue;
      slopes.push_back(at::mm((found.exp() - shares) / tokens, network.head()));
    }
  }
  if (gradients) {
    result.surrogate = (pass.output * at::cat(slopes).view(pass.output.sizes())).sum();
  }
  result.rows = std::move(pass.rows);
  return result;
}

HeldOutMeasure measure_held_out(const Network& network,
                                std::span<const ProjectorTensors> projectors,
                                const at::Tensor& windows, const TuneOptions& options) {
  const at::NoGradGuard guard;
  const std::int64_t time = windows.size(1);
  PastRows past;
  past.exact = exact_positions(time, options.sinks, options.recent, network.device());
  std::vector<Tally> tallies(projectors.size());
  double sum = 0;
  for (std::int64_t begin = 0; begin < windows.size(0); begin += options.run.batch) {
    const std::int64_t count = std::min(options.run.batch, windows.size(0) - begin);
    const at::Tensor ids = windows.narrow(0, begin, count).to(network.device());
    const Teacher teacher(network, ids);
    std::vector<LayerRows> rows = teacher.rows;
    double batch = 0;
    for (std::int64_t pass = 0; pass < options.evaluation_passes; ++pass) {
      past.layers.assign(rows.size(), {});
      const bool last = pass + 1 == options.evaluation_passes;
      for (std::size_t p = 0; p < projectors.size(); ++p) {
        const at::Tensor joint = joint_rows(projectors[p], rows);
        const at::Tensor codes =
            round_codes(projectors[p], analyse(projectors[p], joint), Rounding::exact, 0);
        const at::Tensor decoded = synthesise(projectors[p], codes);
        spread_rows(projectors[p], decoded, past);
        if (!last) continue;
        add_codes(projectors[p], codes, options.sinks, tallies[p]);
        add_errors(projectors[p], joint, decoded, tallies[p]);
      }
      Divergence found = divergence(network, ids, teacher, past);
      batch = found.value;
      rows = std::move(found.rows);
    }
    sum += batch * static_cast<double>(count);
  }
  HeldOutMeasure measure;
  measure.divergence = static_cast<float>(sum / static_cast<double>(windows.size(0)));
  double bits = 0;
  for (const ProjectorTensors& projector : projectors) {
    const at::Tensor packed = projector.quantised.logical_and(projector.limits.isfinite());
    const at::Tensor each = at::log2(projector.limits * 2 + 1);
    bits += at::where(packed, each, at::zeros_like(each)).sum().item<double>();
  }
  for (Tally& tally : tallies) {
    for (auto& codes : tally.codes) {
      if (codes.empty()) continue;
      bits += entropy(codes);
      ++measure.coded_components;
    }
    for (std::size_t i = 0; i < tally.wrong.size(); ++i) {
      measure.errors.push_back(tally.power[i] > 0 ? tally.wrong[i] / tally.power[i] : 0);
    }
  }
  measure.bits = static_cast<float>(bits);
  return measure;
}

}  // namespace holo::lm
