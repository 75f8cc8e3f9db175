// holohost plugins
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/holohost/plugin_template.hpp"
#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"
#include "core/jobs/encode.hpp"
#include "core/jobs/training_inputs.hpp"

namespace holo::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr Option kOptions[] = {
    {"json", 0, nullptr, "print one JSON object on stdout"},
    {"rescan", 0, nullptr, "probe every plugin again, whatever the cache says"},
    {"force", 'f', nullptr, "new: write into a folder that is not empty"},
};

Json component_json(const host::ComponentInfo& component) {
  return {{"kind", host::kind_name(component.kind)},
          {"id", component.id},
          {"alias", component.alias},
          {"version", component.version},
          {"summary", component.summary}};
}

Json params_table_json(const host::ParamTable& table) {
  Json rows = Json::array();
  for (const host::ParamSpec& spec : table) {
    Json row = {{"key", spec.key},
                {"type", host::type_name(spec.type)},
                {"unit", spec.unit},
                {"summary", spec.summary},
                {"help", spec.help},
                {"default", host::describe_default(spec)},
                {"range", host::describe_range(spec)}};
    if ((spec.flags & HOLO_PARAM_RATE) != 0) row["rate"] = true;
    if (spec.step > 0) row["step"] = spec.step;
    Json choices = Json::array();
    for (const host::ParamChoice& choice : spec.choices) {
      choices.push_back({{"name", choice.name}, {"help", choice.help}});
    }
    if (!choices.empty()) row["choices"] = std::move(choices);
    rows.push_back(std::move(row));
  }
  return rows;
}

Json record_json(const host::PluginRecord& record) {
  Json components = Json::array();
  for (const host::ComponentInfo& component : record.components) {
    components.push_back(component_json(component));
  }
  return {{"id", record.id},
          {"version", record.version},
          {"path", record.path},
          {"origin", record.origin},
          {"vendor", record.vendor},
          {"license", record.license},
          {"state", host::state_name(record.state)},
          {"reason", record.reason},
          {"components", std::move(components)}};
}

Json plugins_json(const host::Registry& registry) {
  Json plugins = Json::array();
  for (const host::PluginRecord& record : registry.plugins()) {
    plugins.push_back(record_json(record));
  }
  return {{"plugins", std::move(plugins)}};
}

int list(const Arguments& arguments, host::Registry& registry) {
  if (wants_json(arguments)) return print_json(plugins_json(registry));
  std::size_t broken = 0;
  for (const auto kind : host::kComponentKinds) {
    for (const host::ComponentInfo* component : registry.components(kind)) {
      std::printf("%-12s %-14s %-8s %s\n", std::string(host::kind_name(kind)).c_str(),
                  component->alias.c_str(), component->version.c_str(), component->summary.c_str());
    }
  }
  for (const host::PluginRecord& record : registry.plugins()) {
    if (record.state == host::PluginState::rejected || record.state == host::PluginState::failed) {
      ++broken;
    }
  }
  if (broken > 0) {
    say(arguments,
        std::to_string(broken) + " more cannot be used; 'holohost plugins doctor' says why");
  }
  return kExitOk;
}

int doctor(const Arguments& arguments, host::Registry& registry) {
  bool healthy = true;
  for (const host::PluginRecord& record : registry.plugins()) {
    if (record.state == host::PluginState::rejected || record.state == host::PluginState::failed) {
      healthy = false;
    }
  }
  if (wants_json(arguments)) {
    const int printed = print_json(plugins_json(registry));
    return healthy ? printed : kExitFailure;
  }
  for (const host::PluginRecord& record : registry.plugins()) {
    std::printf("%-9s %s (%s)\n", std::string(host::state_name(record.state)).c_str(),
                record.path.c_str(), record.origin.c_str());
    if (!record.reason.empty()) std::printf("          %s\n", record.reason.c_str());
  }
  std::printf(healthy ? "all plugins can be used\n" : "some plugins cannot be used, see above\n");
  return healthy ? kExitOk : kExitFailure;
}

int paths(const Arguments& arguments, host::Registry&) {
  host::RegistryOptions options;
  options.plugin_paths = arguments.all("plugin-path");
  options.safe_mode = arguments.has("safe-mode");
  const auto directories = host::search_path(options);
  if (wants_json(arguments)) {
    Json rows = Json::array();
    for (const host::SearchDirectory& directory : directories) {
      rows.push_back(
          {{"path", directory.path}, {"origin", directory.origin}, {"exists", directory.exists}});
    }
    return print_json({{"paths", std::move(rows)}});
  }
  for (const host::SearchDirectory& directory : directories) {
    std::printf("%-22s %s%s\n", directory.origin.c_str(), directory.path.c_str(),
                directory.exists ? "" : " (not there)");
  }
  return kExitOk;
}

// Components by alias or id: a codec and its trainer may share a name.
std::vector<const host::ComponentInfo*> find_components(host::Registry& registry,
                                                        const std::string& name) {
  std::vector<const host::ComponentInfo*> all;
  for (const auto kind : host::kComponentKinds) {
    if (auto found = registry.find(kind, name)) all.push_back(*found);
  }
  return all;
}

Json shown_json(const host::ComponentInfo& component) {
  Json object = component_json(component);
  object["plugin"] = component.plugin_id;
  object["path"] = component.plugin_path;
  if (component.kind == host::ComponentKind::codec) {
    object["format"] = {{"id", component.format.format_id},
                        {"extension", component.format.extension},
                        {"version", component.format.bitstream_version}};
  } else if (component.kind == host::ComponentKind::trainer) {
    object["writes"] = {{"id", component.format.format_id},
                        {"extension", component.format.extension}};
    object["inputs"] = jobs::training_kinds(component.kinds);
  }
  object["params"] = params_table_json(component.params);
  return object;
}

void print_shown(const host::ComponentInfo& component) {
  std::printf("%s %s (%s %s)\n%s\n\nfile    %s\n", component.alias.c_str(),
              component.version.c_str(), std::string(host::kind_name(component.kind)).c_str(),
              component.id.c_str(), component.summary.c_str(), component.plugin_path.c_str());
  const host::FormatInfo& format = component.format;
  if (component.kind == host::ComponentKind::codec) {
    std::printf("format  %s version %u, %s\n", format.format_id.c_str(), format.bitstream_version,
                format.extension.c_str());
  } else if (component.kind == host::ComponentKind::trainer) {
    std::string inputs;
    for (const std::string& kind : jobs::training_kinds(component.kinds)) {
      inputs += (inputs.empty() ? "" : ", ") + kind;
    }
    std::printf("takes   %s\nwrites  %s, %s\n", inputs.c_str(), format.format_id.c_str(),
                format.extension.c_str());
  }
  std::printf("\nParameters:\n%s", host::describe_table(component.params, true).c_str());
}

int show(const Arguments& arguments, host::Registry& registry) {
  if (arguments.operands().size() != 2) {
    return report_error(arguments, make_error(HOLO_INVALID_ARG, "expected: plugins show NAME"));
  }
  const std::string& name = arguments.operands()[1];
  const auto components = find_components(registry, name);
  if (components.empty()) {
    // The registry's own message names what failed to load, or the nearest name.
    return report_error(arguments, registry.find(host::ComponentKind::codec, name).error());
  }
  if (wants_json(arguments)) {
    // One object with the first; a namesake of another kind goes inside it.
    Json object = shown_json(*components.front());
    for (std::size_t i = 1; i < components.size(); ++i) {
      object["others"].push_back(shown_json(*components[i]));
    }
    return print_json(std::move(object));
  }
  for (const host::ComponentInfo* component : components) {
    if (component != components.front()) std::puts("");
    print_shown(*component);
  }
  return kExitOk;
}

int check(const Arguments& arguments) {
  if (arguments.operands().size() < 2) {
    return report_error(arguments,
                        make_error(HOLO_INVALID_ARG, "expected: plugins check FILE.holo.so"));
  }
  const auto tool = host::executable_path().parent_path() / "holo-check";
  std::vector<std::string> words = {tool.string()};
  words.insert(words.end(), arguments.operands().begin() + 1, arguments.operands().end());
  if (wants_json(arguments)) words.emplace_back("--json");
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(tool.c_str(), pointers.data());
  return report_error(arguments, make_error(HOLO_IO, "cannot start " + tool.string() +
                                                         "; it is part of the SDK, install that"));
}

int create(const Arguments& arguments) {
  const auto& operands = arguments.operands();
  if (operands.size() < 2 || operands.size() > 3) {
    return report_error(arguments,
                        make_error(HOLO_INVALID_ARG, "expected: plugins new NAME [DIR]"));
  }
  const std::string directory = operands.size() == 3 ? operands[2] : operands[1];
  auto written = write_plugin_project(operands[1], directory, arguments.has("force"));
  if (!written) return report_error(arguments, written.error());
  if (wants_json(arguments)) return print_json({{"directory", directory}, {"files", *written}});
  for (const std::string& file : *written) std::printf("%s\n", file.c_str());
  say(arguments, "next: cmake -S " + directory + " -B " + directory + "/build && cmake --build " +
                     directory + "/build");
  return kExitOk;
}

struct Action {
  const char* name;
  int (*with_registry)(const Arguments&, host::Registry&);
  int (*alone)(const Arguments&);
};
constexpr Action kActions[] = {
    {"list", list, nullptr},   {"show", show, nullptr},  {"doctor", doctor, nullptr},
    {"paths", paths, nullptr}, {"new", nullptr, create}, {"check", nullptr, check},
};

int run(const Arguments& arguments) {
  const std::string name = arguments.operands().empty() ? "list" : arguments.operands().front();
  const auto* action = std::find_if(std::begin(kActions), std::end(kActions),
                                    [&](const Action& row) { return name == row.name; });
  if (action == std::end(kActions)) {
    return report_error(arguments,
                        make_error(HOLO_INVALID_ARG, "'" + name +
                                                         "' is none of list, show, doctor, paths, "
                                                         "new, check"));
  }
  if (action->alone != nullptr) return action->alone(arguments);
  auto registry = open_registry(arguments, arguments.has("rescan"));
  if (!registry) return report_error(arguments, registry.error());
  return action->with_registry(arguments, **registry);
}

}  // namespace

int print_component_help(const Arguments& arguments, host::ComponentKind kind,
                         const std::string& text) {
  auto spec = host::parse_component_spec(text);
  if (!spec) return report_error(arguments, spec.error());
  auto registry = open_registry(arguments);
  if (!registry) return report_error(arguments, registry.error());
  auto component = jobs::find_named(**registry, kind, spec->name);
  if (!component) return report_error(arguments, component.error());
  std::printf("\nParameters of %s (%s), as -p key=value or after the name:\n%s",
              (*component)->alias.c_str(), (*component)->summary.c_str(),
              host::describe_table((*component)->params, arguments.has("verbose")).c_str());
  return kExitOk;
}

Verb plugins_verb() {
  return {"plugins",
          "list | show NAME | doctor | paths | new NAME [DIR] | check FILE",
          "List, explain, diagnose, create and check plugins",
          "list shows what can be used, show one component with its parameters, doctor every "
          "file that\nwas found and why it does not load, paths where plugins are searched. new "
          "writes the project\nof a codec plugin that builds and passes the checks as it stands; "
          "check runs the conformance\ntests on a plugin file.",
          "  holohost plugins list\n"
          "  holohost plugins show holovid\n"
          "  holohost plugins doctor\n"
          "  holohost plugins new mycodec\n",
          kOptions,
          Complete::plugin,
          run};
}

}  // namespace holo::cli
