// Learned projectors.
#include "apps/holohost/lm/tune.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/holohost/lm/built_folder.hpp"
#include "apps/holohost/lm/fit.hpp"
#include "apps/holohost/lm/lm_session.hpp"
#include "apps/holohost/lm/torch_session.hpp"
#include "apps/holohost/lm/training_run.hpp"
#include "core/bench/scratch.hpp"
#include "core/lm/basis_file.hpp"
#include "core/lm/evaluate.hpp"

namespace holo::cli {

namespace {

constexpr std::size_t kJudgedTokens = 4096;
constexpr double kDearer = 1.01;  // the most bytes that a gain may cost, as a factor

// The one patch of a spec that is to be tuned.
struct Tuned {
  std::string kv;
  std::shared_ptr<host::PatchSession> patch;
  std::vector<lm::Projector> projectors;
};

lm::Projector copy_projector(const host::PatchSession& patch, const holo_projector& projector) {
  lm::Projector copy;
  const auto width = static_cast<std::size_t>(projector.width);
  const auto components = static_cast<std::size_t>(projector.components);
  for (std::uint32_t i = 0; i < projector.site_count; ++i) {
    const host::Site& site = patch.sites()[projector.sites[i]];
    copy.sites.push_back({site.layer, site.kind == HOLO_SITE_K});
  }
  const auto numbers = [](const float* values, std::size_t count) {
    return values == nullptr ? std::vector<float>() : std::vector<float>(values, values + count);
  };
  copy.components = projector.components;
  copy.mean = numbers(projector.mean, width);
  copy.encode = numbers(projector.encode, width * components);
  copy.decode = numbers(projector.decode, width * components);
  copy.steps = numbers(projector.steps, components);
  copy.limits = numbers(projector.limits, components);
  return copy;
}

Status read_projectors(Tuned& tuned) {
  HOLO_ASSIGN(const std::uint32_t count, tuned.patch->projector_count());
  for (std::uint32_t i = 0; i < count; ++i) {
    HOLO_ASSIGN(const holo_projector projector, tuned.patch->projector(i));
    tuned.projectors.push_back(copy_projector(*tuned.patch, projector));
  }
  return {};
}

Status write_projectors(const Tuned& tuned, const std::vector<lm::Projector>& projectors) {
  for (std::uint32_t i = 0; i < projectors.size(); ++i) {
    HOLO_ASSIGN(holo_projector projector, tuned.patch->projector(i));
    projector.mean = projectors[i].mean.data();
    projector.encode = projectors[i].encode.data();
    projector.decode = projectors[i].decode.data();
    HOLO_TRY(tuned.patch->set_projector(i, projector));
  }
  return {};
}

lm::Windows cut(std::span<const std::int32_t> ids, std::size_t window) {
  lm::Windows windows;
  for (std::size_t at = 0; at + window <= ids.size(); at += window) {
    windows.emplace_back(ids.begin() + static_cast<std::ptrdiff_t>(at),
                         ids.begin() + static_cast<std::ptrdiff_t>(at + window));
  }
  return windows;
}

Result<Tuned> open_strategy(const Arguments& arguments, LmSession& session) {
  HOLO_ASSIGN(lm::KvPatches opened, session.open_patches(arguments.operands().front()));
  if (opened.patches.size() != 1) {
    return make_error(HOLO_INVALID_ARG, "expected one strategy, found '" + opened.spec + "'");
  }
  return Tuned{opened.spec, opened.patches.front(), {}};
}

// A basis as it will run: in a patch that loads it from a file.
struct Judged {
  std::shared_ptr<host::PatchSession> patch;
  lm::Evaluation evaluation;
};

Result<Judged> judge(LmSession& session, const Tuned& tuned, const std::string& basis,
                     std::span<const std::int32_t> held_out, std::size_t window) {
  HOLO_ASSIGN(lm::KvPatches opened,
              lm::open_kv(*session.registry, *session.job, *session.model, tuned.kv));
  HOLO_TRY(lm::load_basis(*opened.patches.front(), *session.model, basis));
  Judged judged{opened.patches.front(), {}};
  HOLO_ASSIGN(const auto set, host::PatchSet::create(std::move(opened.patches)));
  lm::EvaluateOptions options;
  options.window = window;
  HOLO_ASSIGN(judged.evaluation, lm::evaluate(session.model, set, held_out, options, *session.job));
  return judged;
}

// LibTorch's own measure rounds as the training does; what counts is what the runtime makes of it.
bool is_better(const lm::Evaluation& after, const lm::Evaluation& before) {
  return after.kl_to_full < before.kl_to_full &&
         after.bytes_per_token <= kDearer * before.bytes_per_token;
}

std::int64_t exact_rows(const host::PatchSession& patch, std::string_view key) {
  for (const ParamValue& value : patch.params().values) {
    if (value.key == key && value.type == HOLO_PARAM_INT)
      return std::max<std::int64_t>(0, value.integer);
  }
  return 0;
}

nlohmann::ordered_json result_json(const Arguments& arguments, const Tuned& tuned,
                                   const lm::TuneResult& result, bool kept, const Judged& before,
                                   const Judged& after) {
  nlohmann::ordered_json errors = nlohmann::ordered_json::array();
  for (const lm::SiteError& each : result.errors) {
    errors.push_back({{"site", each.site.keys ? "keys" : "values"},
                      {"layer", each.site.layer},
                      {"before", each.before},
                      {"after", each.after}});
  }
  return {{"output", arguments.text("output")},
          {"kv", tuned.kv},
          {"improved", kept},
          {"kl_before", before.evaluation.kl_to_full},
          {"kl_after", kept ? after.evaluation.kl_to_full : before.evaluation.kl_to_full},
          {"kl_learned", after.evaluation.kl_to_full},
          {"bytes_per_token_before", before.evaluation.bytes_per_token},
          {"bytes_per_token_learned", after.evaluation.bytes_per_token},
          {"perplexity_full", before.evaluation.full_perplexity},
          {"perplexity_before", before.evaluation.perplexity},
          {"perplexity_learned", after.evaluation.perplexity},
          {"best_step", result.best_step},
          {"reconstruction_error", std::move(errors)}};
}

double mean_error(const lm::TuneResult& result, double lm::SiteError::*which) {
  double sum = 0;
  for (const lm::SiteError& each : result.errors) sum += each.*which;
  return result.errors.empty() ? 0 : sum / static_cast<double>(result.errors.size());
}

Result<int> tune(const Arguments& arguments) {
  const auto texts = arguments.all("text");
  if (texts.size() != 1 || arguments.operands().size() != 1 || !arguments.has("output")) {
    return make_error(HOLO_INVALID_ARG, "expected: train STRATEGY --model DIR --text FILE -o DIR");
  }
  HOLO_TRY(check_built_folder(arguments));
  HOLO_ASSIGN(LmSession session, LmSession::open(arguments, arguments.text("model")));
  HOLO_ASSIGN(Tuned tuned, open_strategy(arguments, session));
  HOLO_ASSIGN(const auto ids, calibration_ids(session, arguments, texts.front()));
  const std::size_t train_tokens = ids.size() / 10 * 9;
  const std::span<const std::int32_t> all(ids);
  HOLO_TRY(fit_on(arguments, session, {tuned.patch}, all.first(train_tokens)));
  HOLO_TRY(read_projectors(tuned));

  HOLO_ASSIGN(const auto window,
              arguments.integer("window", std::min(128, session.model->config().max_positions), 2,
                                session.model->config().max_positions));
  const auto train = cut(all.first(train_tokens), static_cast<std::size_t>(window));
  const auto held_out = cut(all.subspan(train_tokens), static_cast<std::size_t>(window));
  if (train.empty() || held_out.empty()) {
    return make_error(HOLO_INVALID_ARG, texts.front() + ": " + std::to_string(ids.size()) +
                                            " tokens are too few; at least " +
                                            std::to_string(10 * window) + " are needed");
  }
  HOLO_ASSIGN(
      TrainingRun run,
      TrainingRun::open(arguments, arguments.text("output"), *session.job, {200, 4, 1e-3},
                        tuned.kv + " " + session.folder.model + " " + ids_fingerprint(ids)));
  HOLO_ASSIGN(const auto scratch, bench::ScratchFolder::make());
  const std::string fitted = scratch.path() + "/fitted.holo";
  const std::string learned = scratch.path() + "/learned.holo";
  HOLO_TRY(lm::save_basis(*tuned.patch, *session.model, fitted, false));
  lm::TuneOptions options;
  options.run = run.options();
  options.sinks = exact_rows(*tuned.patch, "sinks");
  options.recent = exact_rows(*tuned.patch, "recent");
  HOLO_ASSIGN(const auto model, open_torch_model(arguments, session));
  HOLO_ASSIGN(const lm::TuneResult result,
              model->tune_projectors(tuned.projectors, train, held_out, options, run.progress()));
  if (result.improved) HOLO_TRY(write_projectors(tuned, result.projectors));
  HOLO_TRY(lm::save_basis(*tuned.patch, *session.model, learned, false));

  const auto judged_on =
      all.subspan(train_tokens)
          .first(std::min<std::size_t>(ids.size() - train_tokens, kJudgedTokens));
  const auto judged_window = static_cast<std::size_t>(window);
  HOLO_ASSIGN(const Judged before, judge(session, tuned, fitted, judged_on, judged_window));
  HOLO_ASSIGN(const Judged after, judge(session, tuned, learned, judged_on, judged_window));
  const bool kept = result.improved && is_better(after.evaluation, before.evaluation);
  HOLO_TRY(
      write_built_folder(arguments, session, {{tuned.kv, {kept ? after.patch : before.patch}}}));
  run.finish();
  end_progress();
  say(arguments,
      std::string(kept ? "learned projectors kept" : "no gain: the fitted basis is kept") +
          "; held out: KL " + fixed(before.evaluation.kl_to_full, 7) + " -> " +
          fixed(after.evaluation.kl_to_full, 7) + " nats a token, " +
          fixed(before.evaluation.bytes_per_token, 1) + " -> " +
          fixed(after.evaluation.bytes_per_token, 1) + " bytes a token, reconstruction error " +
          fixed(100 * mean_error(result, &lm::SiteError::before), 2) + " -> " +
          fixed(100 * mean_error(result, &lm::SiteError::after), 2) + " %");
  if (!wants_json(arguments)) return kExitOk;
  return print_json(result_json(arguments, tuned, result, kept, before, after));
}

}  // namespace

int run_tune(const Arguments& arguments) {
  auto code = tune(arguments);
  return code ? *code : report_stopped_training(arguments, arguments.text("output"), code.error());
}

}  // namespace holo::cli
