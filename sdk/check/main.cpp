// holo-check: conformance and fuzzing of a plugin, every test in a process of its own.
#include <regex.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "sdk/check/child.hpp"
#include "sdk/check/context.hpp"

namespace holo_check {
namespace {

constexpr const char* kUsage =
    "usage: holo-check PLUGIN [options]\n"
    "Checks a plugin against the holohost plugin ABI and with damaged data.\n\n"
    "  --list           what is tested; with PLUGIN, for each of its components\n"
    "  --only REGEX     only tests whose name (id[alias]) contains a match\n"
    "  --exclude REGEX  not those\n"
    "  --fuzz N         mutations a damage test, default 200\n"
    "  --seed S         of the mutations, default 1\n"
    "  --timeout S      seconds a test may take, default 120\n"
    "  --in-process     all tests in this process, for a debugger\n"
    "  --json           one JSON object on standard output\n"
    "Exit codes: 0 nothing failed, 1 something failed, 2 wrong usage.\n";

struct Arguments {
  std::string plugin;
  std::string only;
  std::string exclude;
  Options options;
  double timeout = 120;
  bool list = false;
  bool json = false;
  bool in_process = false;
  std::string child_test;  // in a child: which test
  std::size_t child_component = 0;
  bool child_describe = false;
};

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::uint64_t number(const std::string& name, const std::string& text) {
  std::size_t end = 0;
  unsigned long long value = 0;
  try {
    value = std::stoull(text, &end);
  } catch (const std::exception&) {
    end = std::string::npos;
  }
  if (end != text.size() || text.empty() || text[0] == '-') {
    throw UsageError(name + ": expected a whole number, found '" + text + "'");
  }
  return value;
}

Arguments parse(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const auto value = [&] {
      if (i + 1 >= argc) throw UsageError(name + ": expected a value");
      return std::string(argv[++i]);
    };
    if (name == "--help" || name == "-h") {
      std::cout << kUsage;
      std::exit(0);
    } else if (name == "--list")
      a.list = true;
    else if (name == "--json")
      a.json = true;
    else if (name == "--in-process")
      a.in_process = true;
    else if (name == "--only")
      a.only = value();
    else if (name == "--exclude")
      a.exclude = value();
    else if (name == "--fuzz")
      a.options.fuzz = number(name, value());
    else if (name == "--seed")
      a.options.seed = number(name, value());
    else if (name == "--timeout")
      a.timeout = static_cast<double>(number(name, value()));
    else if (name == "--child-test")
      a.child_test = value();
    else if (name == "--child-component")
      a.child_component = number(name, value());
    else if (name == "--child-describe")
      a.child_describe = true;
    else if (name.rfind("--", 0) == 0)
      throw UsageError("unknown option " + name);
    else if (a.plugin.empty())
      a.plugin = name;
    else
      throw UsageError("more than one plugin: " + name);
  }
  if (a.plugin.empty() && !a.list) throw UsageError("no plugin was named");
  return a;
}

struct Result {
  std::string name;     // id[alias]
  std::string outcome;  // "passed", "failed", "skipped"
  std::string text;
  std::vector<std::string> skipped_parts;
};

void run_here(const PluginFile& plugin, const Component& component, const Test& test,
              const Options& options, const std::function<void(const std::string&)>& on_stage,
              Result& result) {
  Context context(plugin, component, options, on_stage);
  try {
    test.run(context);
    result.outcome = "passed";
  } catch (const Stop& stop) {
    result.outcome = stop.failed ? "failed" : "skipped";
    result.text = stop.text;
  } catch (const std::exception& exception) {
    result.outcome = "failed";
    result.text = exception.what();
  }
  result.skipped_parts = context.skipped_parts();
}

int child_main(const Arguments& a) {
  try {
    const PluginFile plugin(a.plugin);
    const auto components = plugin.components();
    if (a.child_describe) {
      for (const Component& c : components) {
        tell_parent("component\t" + c.kind + "\t" + std::to_string(c.index) + "\t" + c.id + "\t" +
                    c.alias);
      }
      tell_parent("end");
      return 0;
    }
    for (const Test& test : all_tests()) {
      if (a.child_test != test.id) continue;
      limit_memory(a.options.memory_limit);
      Result result;
      run_here(
          plugin, components.at(a.child_component), test, a.options,
          [](const std::string& stage) { tell_parent("stage\t" + stage); }, result);
      for (const std::string& part : result.skipped_parts) tell_parent("part\t" + part);
      tell_parent(result.outcome + "\t" + result.text);
      return 0;
    }
  } catch (const std::exception& exception) {
    tell_parent(std::string("failed\t") + exception.what());
  }
  return 0;
}

std::string fate(const Ending& ending, double timeout) {
  if (ending.how == Ending::How::timed_out) {
    return "no result after " + std::to_string(static_cast<int>(timeout)) +
           " s; it hangs or is too slow";
  }
  if (ending.how == Ending::How::killed_by_signal) {
    return "the process died of signal " + std::to_string(ending.code) + " (" +
           strsignal(ending.code) + ")";
  }
  return "the process ended with exit code " + std::to_string(ending.code) + " and no result";
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  std::stringstream in(line);
  for (std::string field; std::getline(in, field, '\t');) fields.push_back(field);
  fields.resize(std::max<std::size_t>(fields.size(), 5));
  return fields;
}

// The plugin is loaded in a child first: one that crashes while loading must not end this process.
std::vector<Component> describe(const Arguments& a) {
  std::vector<Component> components;
  std::string reason;
  bool complete = false;
  const Ending ending = run_child(
      {"holo-check", a.plugin, "--child-describe"}, a.timeout, [&](const std::string& line) {
        const auto f = split(line);
        if (f[0] == "component")
          components.push_back({f[1], static_cast<std::uint32_t>(std::stoul(f[2])), f[3], f[4]});
        if (f[0] == "failed") reason = line.substr(7);
        if (f[0] == "end") complete = true;
      });
  if (!reason.empty()) throw std::runtime_error("cannot be loaded: " + reason);
  if (!complete) throw std::runtime_error("cannot be loaded: " + fate(ending, a.timeout));
  return components;
}

Result run_apart(const Arguments& a, std::size_t component, const Test& test) {
  Result result;
  std::string stage;
  const Ending ending =
      run_child({"holo-check", a.plugin, "--child-test", test.id, "--child-component",
                 std::to_string(component), "--fuzz", std::to_string(a.options.fuzz), "--seed",
                 std::to_string(a.options.seed)},
                a.timeout, [&](const std::string& line) {
                  const std::size_t tab = line.find('\t');
                  const std::string what = line.substr(0, tab);
                  const std::string text = tab == std::string::npos ? "" : line.substr(tab + 1);
                  if (what == "stage")
                    stage = text;
                  else if (what == "part")
                    result.skipped_parts.push_back(text);
                  else {
                    result.outcome = what;
                    result.text = text;
                  }
                });
  const bool clean = ending.how == Ending::How::exited && ending.code == 0;
  if (!clean || result.outcome.empty()) {
    if (result.outcome == "failed") return result;
    result.text = (stage.empty() ? "" : stage + ": ") + fate(ending, a.timeout);
    if (!result.outcome.empty()) result.text += ", after the test itself had " + result.outcome;
    result.outcome = "failed";
  }
  return result;
}

void print_list(const std::vector<Test>& tests) {
  std::string scope;
  for (const Test& test : tests) {
    if (scope != test.scope)
      std::cout << (scope.empty() ? "" : "\n") << "for each " << test.scope << ":\n";
    scope = test.scope;
    std::cout << "  " << test.id
              << std::string(22 - std::min<std::size_t>(21, std::strlen(test.id)), ' ')
              << test.description << "\n";
  }
}

int list_json(const std::vector<Test>& tests) {
  nlohmann::ordered_json json{{"schema", 1}, {"tests", nlohmann::ordered_json::array()}};
  for (const Test& test : tests) {
    json["tests"].push_back(
        {{"id", test.id}, {"scope", test.scope}, {"description", test.description}});
  }
  std::cout << json.dump(2) << "\n";
  return 0;
}

// A POSIX extended regular expression; an empty one matches nothing.
class Pattern {
 public:
  Pattern(const std::string& option, const std::string& text) : empty_(text.empty()) {
    if (empty_) return;
    const int code = regcomp(&regex_, text.c_str(), REG_EXTENDED | REG_NOSUB);
    if (code == 0) return;
    char reason[256];
    regerror(code, &regex_, reason, sizeof reason);
    throw UsageError(option + ": " + text + ": " + reason);
  }
  ~Pattern() {
    if (!empty_) regfree(&regex_);
  }
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  [[nodiscard]] bool empty() const { return empty_; }
  [[nodiscard]] bool matches(const std::string& text) const {
    return !empty_ && regexec(&regex_, text.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  bool empty_;
  regex_t regex_{};
};

void print_result(const Result& r) {
  const char* word = r.outcome == "passed" ? "PASS" : r.outcome == "failed" ? "FAIL" : "SKIP";
  std::cout << word << " " << r.name;
  if (!r.text.empty()) std::cout << ": " << r.text;
  if (r.outcome == "passed" && !r.skipped_parts.empty()) {
    std::cout << " (" << r.skipped_parts.size() << " parts unsupported)";
  }
  std::cout << std::endl;
}

int check_main(const Arguments& a) {
  const std::vector<Test> tests = all_tests();
  if (a.plugin.empty()) return a.json ? list_json(tests) : (print_list(tests), 0);
  if (!std::ifstream(a.plugin)) throw UsageError("cannot open " + a.plugin);
  const Pattern only("--only", a.only);
  const Pattern exclude("--exclude", a.exclude);
  std::vector<Result> results;
  std::vector<Component> components;
  std::optional<PluginFile> loaded;
  try {
    if (a.in_process) loaded.emplace(a.plugin);
    components = a.in_process ? loaded->components() : describe(a);
  } catch (const std::exception& exception) {
    results.push_back({"load[plugin]", "failed", exception.what(), {}});
    if (!a.json) print_result(results.back());
  }
  for (std::size_t i = 0; i < components.size(); ++i) {
    for (const Test& test : tests) {
      if (components[i].kind != test.scope) continue;
      const std::string name = std::string(test.id) + "[" + components[i].alias + "]";
      if ((!only.empty() && !only.matches(name)) || exclude.matches(name)) continue;
      if (a.list) {
        std::cout << name << "  " << test.description << "\n";
        continue;
      }
      Result result;
      if (a.in_process)
        run_here(
            *loaded, components[i], test, a.options, [](const std::string&) {}, result);
      else
        result = run_apart(a, i, test);
      result.name = name;
      results.push_back(result);
      if (!a.json) print_result(result);
    }
  }
  if (a.list && results.empty()) return 0;
  int passed = 0;
  int failed = 0;
  int skipped = 0;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Result& r : results) {
    (r.outcome == "passed" ? passed : r.outcome == "failed" ? failed : skipped) += 1;
    rows.push_back({{"name", r.name},
                    {"outcome", r.outcome},
                    {"text", r.text},
                    {"skipped_parts", r.skipped_parts}});
  }
  if (a.json) {
    const nlohmann::ordered_json json{
        {"schema", 1},      {"plugin", a.plugin}, {"seed", a.options.seed}, {"passed", passed},
        {"failed", failed}, {"skipped", skipped}, {"tests", rows}};
    std::cout << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  } else {
    std::cout << passed << " passed, " << failed << " failed, " << skipped << " skipped\n";
  }
  // Nothing selected checks nothing, which must not look like success.
  if (results.empty()) throw UsageError("no test matches");
  return failed > 0 ? 1 : 0;
}

}  // namespace

std::vector<Test> all_tests() {
  std::vector<Test> all;
  for (const auto& part : {plugin_tests(), codec_tests(), render_tests(), life_tests(),
                           damage_tests(), analyzer_tests(), patch_tests(), trainer_tests()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace holo_check

int main(int argc, char** argv) {
  using namespace holo_check;
  try {
    const Arguments arguments = parse(argc, argv);
    if (arguments.child_describe || !arguments.child_test.empty()) return child_main(arguments);
    return check_main(arguments);
  } catch (const UsageError& error) {
    std::cerr << "holo-check: " << error.what() << "\n" << kUsage;
  } catch (const std::exception& error) {
    std::cerr << "holo-check: " << error.what() << "\n";
    return 1;
  }
  return 2;
}
