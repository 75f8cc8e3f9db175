// Registry, job, errors and JSON for the verbs.
#include "apps/holohost/session.hpp"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/holohost/progress.hpp"

namespace holo::cli {

namespace {

struct ExitRow {
  holo_status code;
  int exit;
};
constexpr ExitRow kExits[] = {{HOLO_INVALID_ARG, kExitUsage}, {HOLO_CANCELLED, kExitCancelled}};

}  // namespace

Result<std::unique_ptr<host::Registry>> open_registry(const Arguments& arguments, bool rescan) {
  host::RegistryOptions options;
  options.plugin_paths = arguments.all("plugin-path");
  options.safe_mode = arguments.has("safe-mode");
  options.rescan = rescan;
  return host::Registry::open(options);
}

Result<std::unique_ptr<host::Job>> open_job(const Arguments& arguments, int threads) {
  host::JobOptions options;
  HOLO_ASSIGN(const auto jobs, arguments.integer("jobs", 0, 0, 1024));
  options.jobs = threads > 0 ? threads : static_cast<int>(jobs);
  HOLO_ASSIGN(options.device, host::parse_device(arguments.text("device", "cpu")));
  const bool verbose = arguments.has("verbose");
  if (!arguments.has("quiet")) {
    options.on_progress = [](const host::ProgressUpdate& update) { show_progress(update); };
  }
  options.on_log = [verbose](int level, std::string_view message) {
    if (level > HOLO_LOG_WARNING && !verbose) return;
    clear_progress_line();
    std::fprintf(stderr, "%s%.*s\n", level == HOLO_LOG_WARNING ? "warning: " : "",
                 static_cast<int>(message.size()), message.data());
  };
  return std::make_unique<host::Job>(std::move(options));
}

void end_progress() { clear_progress_line(); }

Result<std::vector<host::KeyValue>> given_params(const Arguments& arguments) {
  std::vector<host::KeyValue> given;
  for (const std::string& word : arguments.all("param")) {
    HOLO_ASSIGN(auto pair, host::parse_key_value(word));
    given.push_back(std::move(pair));
  }
  return given;
}

int report_error(const Arguments& arguments, const Error& error) {
  clear_progress_line();
  const char* name = arguments.verb().name;
  if (error.code == HOLO_CANCELLED || host::Job::cancelled()) {
    std::fprintf(stderr, "holohost %s: cancelled; nothing was written\n", name);
    return kExitCancelled;
  }
  std::fprintf(stderr, "holohost %s: %s\n", name, error.message.c_str());
  for (const ExitRow& row : kExits) {
    if (row.code == error.code) {
      if (row.exit == kExitUsage) {
        std::fprintf(stderr, "'holohost %s --help' explains the options.\n", name);
      }
      return row.exit;
    }
  }
  return kExitFailure;
}

void warn(std::string_view message) {
  clear_progress_line();
  std::fprintf(stderr, "warning: %.*s\n", static_cast<int>(message.size()), message.data());
}

void say(const Arguments& arguments, std::string_view line) {
  clear_progress_line();
  if (arguments.has("quiet")) return;
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

std::string json_text(const nlohmann::ordered_json& object) {
  nlohmann::ordered_json full = {{"schema", 1}};
  full.update(object);
  return full.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

int print_json(nlohmann::ordered_json object) {
  clear_progress_line();
  const std::string text = json_text(object);
  // main reports a standard output that takes no more.
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kExitOk;
}

nlohmann::ordered_json params_json(const ParamValues& params) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const ParamValue& value : params.values) {
    switch (value.type) {
      case HOLO_PARAM_BOOL:
        object[value.key] = value.integer != 0;
        break;
      case HOLO_PARAM_INT:
        object[value.key] = value.integer;
        break;
      case HOLO_PARAM_FLOAT:
        object[value.key] = value.number;
        break;
      default:
        object[value.key] = value.text;
    }
  }
  return object;
}

std::string fixed(double value, int decimals) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
  return buffer;
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return fixed(value, 1) + " " + kUnits[unit];
}

std::string human_seconds(double seconds) {
  if (seconds < 60) return fixed(seconds, seconds < 10 ? 2 : 1) + " s";
  const auto whole = static_cast<long long>(std::llround(seconds));
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%lld:%02lld", whole / 60, whole % 60);
  return buffer;
}

bool wants_json(const Arguments& arguments) { return arguments.has("json"); }

}  // namespace holo::cli
