// Opening models, texts and strategies for the actions of `lm`.
#include "apps/holohost/lm/lm_session.hpp"

#include <charconv>
#include <cmath>
#include <filesystem>

#include "apps/holohost/lm/fit.hpp"
#include "apps/holohost/lm/weights_option.hpp"
#include "core/base/file.hpp"
#include "core/lm/basis_file.hpp"

namespace holo::cli {

namespace {

constexpr std::uint64_t kMostTextBytes = std::uint64_t{1} << 31;
constexpr std::int64_t kCalibrationTokens = 50000;

Result<std::string> model_folder(const Arguments& arguments) {
  if (arguments.has("model")) {
    if (arguments.operands().empty()) return arguments.text("model");
    return make_error(HOLO_INVALID_ARG, "the model is given twice: --model " +
                                            arguments.text("model") + " and '" +
                                            arguments.operands().front() + "'");
  }
  if (arguments.operands().size() == 1) return arguments.operands().front();
  return make_error(HOLO_INVALID_ARG,
                    "expected --model DIR, a folder with config.json and model.safetensors; "
                    "'holohost lm fetch gpt2 -o gpt2' gets one, 'holohost lm train' makes one");
}

struct PrecisionRow {
  const char* name;
  lm::Precision precision;
};
constexpr PrecisionRow kPrecisions[] = {{"f32", lm::Precision::f32}, {"f16", lm::Precision::f16}};

}  // namespace

Result<lm::LoadOptions> load_options(const Arguments& arguments) {
  const std::string name = arguments.text("precision", "f32");
  for (const PrecisionRow& row : kPrecisions) {
    if (name == row.name) return lm::LoadOptions{row.precision};
  }
  return make_error(HOLO_INVALID_ARG, "--precision takes f32 or f16, found '" + name + "'");
}

Status check_on_cpu(const Arguments& arguments, const host::Job& job) {
  if (job.exec()->device.device_type == kDLCPU) return {};
  return make_error(HOLO_UNSUPPORTED,
                    "--device " + arguments.text("device") +
                        ": generation and evaluation run on the CPU in this build; 'lm train' and "
                        "'train' with --model take a CUDA device");
}

Result<std::string> read_text(const std::string& path) {
  HOLO_ASSIGN(auto reader, open_reader(path));
  HOLO_ASSIGN(const auto bytes, read_all(*reader, kMostTextBytes));
  return std::string(bytes.begin(), bytes.end());
}

Result<double> number_option(const Arguments& arguments, std::string_view name, double fallback,
                             double least, double most) {
  if (!arguments.has(name)) return fallback;
  const std::string word = arguments.text(name);
  double value = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (failure == std::errc() && end == word.data() + word.size() && value >= least &&
      value <= most) {
    return value;
  }
  return make_error(HOLO_INVALID_ARG, "--" + std::string(name) + " takes a number from " +
                                          fixed(least, 2) + " to " + fixed(most, 2) + ", found '" +
                                          word + "'");
}

Result<lm::SamplerOptions> sampler_from(const Arguments& arguments) {
  for (const char* name : {"temperature", "top-k", "top-p"}) {
    if (arguments.has("greedy") && arguments.has(name)) {
      return make_error(HOLO_INVALID_ARG,
                        std::string("--greedy and --") + name + " exclude each other");
    }
  }
  lm::SamplerOptions options;
  HOLO_ASSIGN(options.temperature, number_option(arguments, "temperature", 0.8, 0, 100));
  HOLO_ASSIGN(options.top_p, number_option(arguments, "top-p", 0.95, 0.001, 1));
  HOLO_ASSIGN(const auto top_k, arguments.integer("top-k", 0, 0, 1 << 30));
  HOLO_ASSIGN(const auto seed, arguments.integer("seed", 0, 0, INT64_MAX));
  options.top_k = static_cast<std::int32_t>(top_k);
  options.seed = static_cast<std::uint64_t>(seed);
  if (arguments.has("greedy")) options.temperature = 0;
  return options;
}

Result<LmSession> LmSession::open(const Arguments& arguments) {
  HOLO_ASSIGN(const std::string folder, model_folder(arguments));
  return open(arguments, folder);
}

Result<LmSession> LmSession::open(const Arguments& arguments, const std::string& folder) {
  LmSession session;
  HOLO_ASSIGN(const lm::LoadOptions options, load_options(arguments));
  HOLO_ASSIGN(session.registry, open_registry(arguments));
  HOLO_ASSIGN(session.job, open_job(arguments));
  HOLO_ASSIGN(session.folder, lm::open_patched_folder(folder));
  HOLO_ASSIGN(session.tokenizer, lm::Tokenizer::open(session.folder.model));
  HOLO_ASSIGN(session.model, load_model(arguments, session.folder.model, options, *session.registry,
                                        *session.job));
  HOLO_TRY(lm::check_tokenizer(*session.tokenizer, session.model->config()));
  return session;
}

Result<std::vector<std::int32_t>> LmSession::encode(const std::string& text,
                                                    const std::string& name) const {
  auto encoded = tokenizer->encode(text);
  if (!encoded) return std::move(encoded).error().in(name);
  std::vector<std::int32_t> ids;
  if (tokenizer->starts_with_bos() && tokenizer->bos() >= 0) ids.push_back(tokenizer->bos());
  ids.insert(ids.end(), encoded->begin(), encoded->end());
  return ids;
}

std::string LmSession::kv_or_default(const Arguments& arguments) const {
  if (arguments.has("kv")) return arguments.text("kv");
  return folder.strategies.empty() ? "none" : folder.strategies.front().kv;
}

Result<std::vector<std::int32_t>> calibration_ids(const LmSession& session,
                                                  const Arguments& arguments,
                                                  const std::string& path) {
  HOLO_ASSIGN(const auto most,
              arguments.integer("calibrate-tokens", kCalibrationTokens, 1, INT64_MAX));
  HOLO_ASSIGN(const std::string text, read_text(path));
  HOLO_ASSIGN(auto ids, session.encode(text, path));
  ids.resize(std::min(ids.size(), static_cast<std::size_t>(most)));
  return ids;
}

Result<lm::KvPatches> LmSession::open_patches(const std::string& text) {
  HOLO_ASSIGN(lm::KvPatches opened, lm::open_kv(*registry, *job, *model, text));
  const lm::BuiltStrategy* built = folder.find(opened.spec);
  if (built == nullptr) return opened;
  if (built->bases.size() != opened.patches.size()) {
    return make_error(HOLO_CORRUPT,
                      folder.folder + ": expected " + std::to_string(opened.patches.size()) +
                          " bases for '" + opened.spec + "', found " +
                          std::to_string(built->bases.size()) + "; build the folder again");
  }
  for (std::size_t i = 0; i < opened.patches.size(); ++i) {
    if (built->bases[i].empty()) continue;
    const auto path = std::filesystem::path(folder.folder) / built->bases[i];
    HOLO_TRY(lm::load_basis(*opened.patches[i], *model, path.string()));
  }
  return opened;
}

Result<std::shared_ptr<const host::PatchSet>> LmSession::strategies(const Arguments& arguments,
                                                                    const std::string& text) {
  HOLO_ASSIGN(lm::KvPatches opened, open_patches(text));
  kv = opened.spec;
  if (opened.patches.empty()) return std::shared_ptr<const host::PatchSet>();
  std::vector<std::shared_ptr<host::PatchSession>> unfitted;
  for (const auto& patch : opened.patches) {
    if (!patch->ready()) unfitted.push_back(patch);
  }
  if (!unfitted.empty()) HOLO_TRY(fit_strategies(arguments, *this, unfitted));
  return host::PatchSet::create(std::move(opened.patches));
}

}  // namespace holo::cli
