// holohost lm bench
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/holohost/lm/actions.hpp"
#include "apps/holohost/lm/bench_report.hpp"
#include "apps/holohost/lm/evaluation_report.hpp"
#include "apps/holohost/lm/fit.hpp"
#include "apps/holohost/lm/lm_session.hpp"
#include "apps/holohost/lm/options.hpp"
#include "apps/holohost/lm/random_model.hpp"
#include "apps/holohost/lm/spec_list.hpp"
#include "apps/holohost/lm/speed.hpp"
#include "core/base/file.hpp"
#include "core/bench/machine.hpp"
#include "core/bench/memory_bandwidth.hpp"
#include "core/bench/memory_peak.hpp"

namespace holo::cli {

namespace {

constexpr Option kOwn[] = {
    {"kv", 0, "LIST",
     "cache strategies, separated by spaces; A..B/STEP, with its step, counts; may be given again",
     Complete::none, true},
    {"calibrate", 0, "FILE", "text to fit strategies on that need it", Complete::file},
    {"calibrate-tokens", 0, "N", "use at most N tokens of that text (default 50000)"},
    {"random", 0, "SHAPE",
     "a model with random weights instead: gpt2, gpt2-medium, gpt2-large; speed only"},
    {"contexts", 0, "LIST", "lengths at which decoding is timed, such as 128,1024"},
    {"decode", 0, "N", "tokens decoded at each of them (default 32)"},
    {"repeat", 0, "N", "runs of each timing; the median counts (default 3)"},
    {"libtorch", 0, nullptr, "also time LibTorch's prefill, in the same run"},
    {"output", 'o', "DIR", "folder for table.txt, rows.json and frontier.svg", Complete::directory},
};
constexpr auto kOptions =
    join_options(kModelOptions, kOwn, kTextOptions, kLossOptions, kJsonOption);

struct Candidate {
  lm::KvPatches patches;
  std::shared_ptr<const host::PatchSet> set;
};

// All strategies that have to be fitted see the text in one pass.
Result<std::vector<Candidate>> open_candidates(const Arguments& arguments, LmSession& session) {
  std::vector<std::string> specs;
  if (arguments.has("kv")) {
    for (const std::string& list : arguments.all("kv")) {
      HOLO_ASSIGN(const auto some, expand_specs(list));
      specs.insert(specs.end(), some.begin(), some.end());
    }
  } else {
    for (const lm::BuiltStrategy& built : session.folder.strategies) specs.push_back(built.kv);
  }
  if (specs.empty()) specs.emplace_back("none");
  std::vector<Candidate> candidates;
  std::vector<std::shared_ptr<host::PatchSession>> unfitted;
  for (const std::string& spec : specs) {
    HOLO_ASSIGN(lm::KvPatches patches, session.open_patches(spec));
    for (const auto& patch : patches.patches) {
      if (!patch->ready()) unfitted.push_back(patch);
    }
    candidates.push_back({std::move(patches), nullptr});
  }
  if (!unfitted.empty()) HOLO_TRY(fit_strategies(arguments, session, unfitted));
  for (Candidate& candidate : candidates) {
    if (candidate.patches.patches.empty()) continue;
    HOLO_ASSIGN(candidate.set, host::PatchSet::create(std::move(candidate.patches.patches)));
  }
  return candidates;
}

Status measure(const Arguments& arguments, LmSession& session, LmBenchReport& report) {
  HOLO_ASSIGN(const SpeedOptions speed, speed_options(arguments, *session.model));
  EvaluationText text;
  if (!arguments.has("random")) {
    HOLO_ASSIGN(text, evaluation_text(session, arguments));
  }
  report.window = text.options.window;
  HOLO_ASSIGN(auto candidates, open_candidates(arguments, session));
  for (Candidate& candidate : candidates) {
    LmBenchRow row;
    row.kv = candidate.patches.spec;
    const bench::MemoryPeak peak;
    if (!arguments.has("random")) {
      lm::EvaluateOptions options = text.options;
      if (candidate.set == nullptr) options.compare_full = false;
      HOLO_ASSIGN(row.evaluation,
                  lm::evaluate(session.model, candidate.set, text.ids, options, *session.job));
      if (candidate.set == nullptr) {
        row.evaluation->full_perplexity = row.evaluation->perplexity;
        row.evaluation->top1_agreement = 1;
      }
    }
    HOLO_ASSIGN(row.speeds, time_decoding(session, candidate.set, speed));
    if (const auto bytes = peak.bytes()) row.peak_bytes = *bytes;
    say(arguments, lm_bench_line(row));
    report.rows.push_back(std::move(row));
  }
  HOLO_ASSIGN(report.prefill, time_prefill(session, speed, arguments.has("libtorch")));
  return {};
}

// What a decoded token cannot be faster than: every weight is read once.
Status measure_bound(LmSession& session, LmBenchReport& report) {
  HOLO_ASSIGN(const auto bandwidth, bench::read_bandwidth(512000000, session.job->workers(), 5));
  report.bytes_per_second = bandwidth.back().bytes_per_second;
  report.weight_bytes = session.model->bytes_per_token();
  return {};
}

Status write_text(const std::filesystem::path& path, const std::string& text) {
  HOLO_ASSIGN(const auto file, AtomicFile::create(path.string(), true));
  HOLO_TRY(file->write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
  return file->commit();
}

Status write_folder(const std::string& name, const LmBenchReport& report) {
  const std::filesystem::path folder = name;
  HOLO_TRY(write_text(folder / "table.txt", lm_bench_table(report)));
  HOLO_TRY(write_text(folder / "rows.json", json_text(lm_bench_json(report))));
  return write_text(folder / "frontier.svg", lm_bench_frontier(report));
}

Result<int> bench(const Arguments& arguments) {
  HOLO_ASSIGN(LmSession session,
              arguments.has("random") ? open_random(arguments) : LmSession::open(arguments));
  HOLO_TRY(check_on_cpu(arguments, *session.job));
  LmBenchReport report;
  report.machine = bench::this_machine();
  report.command = bench::command_line();
  report.threads = session.job->workers();
  if (arguments.has("output")) {
    std::error_code failure;
    std::filesystem::create_directories(arguments.text("output"), failure);
    if (failure) {
      return make_error(HOLO_IO, "cannot create the folder " + arguments.text("output") + ": " +
                                     failure.message());
    }
  }
  HOLO_TRY(measure(arguments, session, report));
  HOLO_TRY(measure_bound(session, report));
  end_progress();
  if (arguments.has("output")) HOLO_TRY(write_folder(arguments.text("output"), report));
  if (wants_json(arguments)) return print_json(lm_bench_json(report));
  std::fputs(lm_bench_table(report).c_str(), stdout);
  return kExitOk;
}

int run(const Arguments& arguments) {
  auto code = bench(arguments);
  return code ? *code : report_error(arguments, code.error());
}

}  // namespace

Verb lm_bench_action() {
  return {
      "lm bench",
      "--model DIR --text FILE --kv LIST [--calibrate FILE] [-o DIR]",
      "Compare cache strategies: bytes, perplexity, agreement, speed",
      "Every strategy predicts the text as in 'lm eval' and decodes at each length of "
      "--contexts.\nBytes are those of the cache with everything that grows counted; bases "
      "are apart.",
      "  holohost lm bench --model gpt2 --text wiki.test.raw --calibrate wiki.train.raw \\\n"
      "    --kv 'none kv-quant:bits=2..4/1 kv-eigen:compression=4..16/4' -o report\n"
      "  holohost lm bench --random gpt2 --kv 'none kv-full:precision=f16' --contexts 16,1000\n",
      kOptions,
      Complete::directory,
      run};
}

}  // namespace holo::cli
