// The registry: which plugins exist, what they offer, and why the others do not load.
#include "core/host/registry.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/host/checks.hpp"
#include "core/host/elf_note.hpp"
#include "core/host/loader.hpp"
#include "core/host/record_json.hpp"
#include "core/host/registry_scan.hpp"

namespace holo::host {

struct Registry::State {
  std::vector<PluginRecord> plugins;
};

namespace {

bool same_description(const PluginRecord& a, const PluginRecord& b) {
  nlohmann::json left = record_to_json(a);
  nlohmann::json right = record_to_json(b);
  for (nlohmann::json* side : {&left, &right}) {
    side->erase("components");
    side->erase("reason");
  }
  return left == right;
}

bool same_component(const ComponentInfo& a, const ComponentInfo& b) {
  PluginRecord left;
  PluginRecord right;
  left.components = {a};
  right.components = {b};
  return record_to_json(left) == record_to_json(right);
}

}  // namespace

std::string_view kind_name(ComponentKind kind) {
  switch (kind) {
    case ComponentKind::codec:
      return "codec";
    case ComponentKind::analyzer:
      return "analyzer";
    case ComponentKind::trainer:
      return "trainer";
    default:
      return "model_patch";
  }
}

std::string_view state_name(PluginState state) {
  switch (state) {
    case PluginState::ok:
      return "ok";
    case PluginState::rejected:
      return "rejected";
    case PluginState::failed:
      return "failed";
    case PluginState::shadowed:
      return "shadowed";
    default:
      return "disabled";
  }
}

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

Result<std::unique_ptr<Registry>> Registry::open(const RegistryOptions& options) {
  std::unique_ptr<Registry> registry(new Registry);
  registry->state_->plugins = scan_plugins(options);
  return registry;
}

const std::vector<PluginRecord>& Registry::plugins() const { return state_->plugins; }

std::vector<const ComponentInfo*> Registry::components(ComponentKind kind) const {
  std::vector<const ComponentInfo*> result;
  for (const PluginRecord& record : state_->plugins) {
    if (record.state != PluginState::ok) continue;
    for (const ComponentInfo& component : record.components) {
      if (component.kind == kind) result.push_back(&component);
    }
  }
  return result;
}

namespace {

// Why there is no component `name`: a file of that name that does not load says more than
// "unknown".
Error not_found(const Registry& registry, ComponentKind kind, std::string_view name) {
  const std::string noun =
      kind == ComponentKind::model_patch ? "model patch" : std::string(kind_name(kind));
  const std::string start = "there is no " + noun + " '" + printable(name) + "'";
  for (const PluginRecord& record : registry.plugins()) {
    if (record.state == PluginState::ok) continue;
    const std::string file = record.path.filename().string();
    const bool meant = record.id == name || file == std::string(name) + HOLO_PLUGIN_SUFFIX ||
                       std::any_of(record.components.begin(), record.components.end(),
                                   [name](const ComponentInfo& component) {
                                     return component.id == name || component.alias == name;
                                   });
    if (meant) {
      return make_error(HOLO_NOT_FOUND, start + ": " + record.path.string() + " is " +
                                            std::string(state_name(record.state)) + ": " +
                                            record.reason);
    }
  }
  std::vector<std::string> names;
  std::string list;
  for (const ComponentInfo* component : registry.components(kind)) {
    names.push_back(component->alias);
    names.push_back(component->id);
    list += (list.empty() ? "" : ", ") + component->alias;
  }
  const std::string guess = nearest(name, names);
  if (!guess.empty()) return make_error(HOLO_NOT_FOUND, start + "; did you mean '" + guess + "'?");
  return make_error(HOLO_NOT_FOUND, start + (list.empty() ? "; no plugin offers one, see "
                                                            "'holohost plugins doctor'"
                                                          : "; there are: " + list));
}

}  // namespace

Result<const ComponentInfo*> Registry::find(ComponentKind kind, std::string_view name) const {
  std::vector<const ComponentInfo*> by_alias;
  for (const ComponentInfo* component : components(kind)) {
    if (component->id == name) return component;
    if (component->alias == name) by_alias.push_back(component);
  }
  if (by_alias.size() == 1) return by_alias[0];
  if (by_alias.empty()) return not_found(*this, kind, name);
  std::string message =
      "'" + std::string(name) + "' means more than one " + std::string(kind_name(kind)) + ":";
  for (const ComponentInfo* component : by_alias) {
    message += " " + component->id + " (" + component->plugin_path.string() + ")";
  }
  return make_error(HOLO_INVALID_ARG, message + "; use the id instead of the alias");
}

Result<const ComponentInfo*> Registry::decoder_for(std::string_view format_id,
                                                   std::uint32_t bitstream_version) const {
  const ComponentInfo* best = nullptr;
  const ComponentInfo* wrong_version = nullptr;
  for (const ComponentInfo* codec : components(ComponentKind::codec)) {
    if (codec->format.format_id != format_id || (codec->capabilities & HOLO_CODEC_DECODES) == 0) {
      continue;
    }
    if (bitstream_version < codec->format.oldest_version ||
        bitstream_version > codec->format.bitstream_version) {
      wrong_version = codec;
      continue;
    }
    if (best == nullptr || codec->priority > best->priority ||
        (codec->priority == best->priority && codec->id < best->id)) {
      best = codec;
    }
  }
  if (best != nullptr) return best;
  if (wrong_version != nullptr) {
    return make_error(
        HOLO_UNSUPPORTED,
        "the file has version " + std::to_string(bitstream_version) + " of format '" +
            std::string(format_id) + "', but " + wrong_version->alias + " " +
            wrong_version->version + " (" + wrong_version->plugin_path.string() +
            ") reads versions " + std::to_string(wrong_version->format.oldest_version) + " to " +
            std::to_string(wrong_version->format.bitstream_version) + "; update the plugin");
  }
  return make_error(HOLO_NOT_FOUND, "no plugin decodes format '" + printable(format_id) +
                                        "'; 'holohost plugins doctor' shows what is installed and "
                                        "what does not load");
}

std::vector<const ComponentInfo*> Registry::encoders_for(std::int32_t media_kind) const {
  std::vector<const ComponentInfo*> result;
  if (media_kind < 0 || media_kind > 31) return result;
  for (const ComponentInfo* codec : components(ComponentKind::codec)) {
    if ((codec->capabilities & HOLO_CODEC_ENCODES) != 0 &&
        (codec->format.kinds & (1u << media_kind)) != 0) {
      result.push_back(codec);
    }
  }
  std::sort(result.begin(), result.end(), [](const ComponentInfo* a, const ComponentInfo* b) {
    return a->priority != b->priority ? a->priority > b->priority : a->id < b->id;
  });
  return result;
}

namespace {

// Loads the plugin of a component and makes sure that it is still what was probed.
Result<const void*> load_factory(const std::vector<PluginRecord>& plugins,
                                 const ComponentInfo& component, const char* interface_id) {
  const std::string where =
      "plugin '" + component.alias + "' (" + component.plugin_path.string() + ")";
  auto loaded = load_plugin(component.plugin_path);
  if (!loaded.ok()) return std::move(loaded).error().in(where);
  const PluginRecord& now = (*loaded)->record;
  const auto probed = std::find_if(plugins.begin(), plugins.end(), [&](const PluginRecord& record) {
    return record.path == component.plugin_path;
  });
  const auto same = std::find_if(
      now.components.begin(), now.components.end(), [&component](const ComponentInfo& candidate) {
        return candidate.kind == component.kind && candidate.id == component.id;
      });
  if (probed == plugins.end() || !same_description(*probed, now) || same == now.components.end() ||
      !same_component(*same, component)) {
    return make_error(HOLO_ABI_MISMATCH,
                      where +
                          " describes itself differently than when it was examined; scan again "
                          "with 'holohost plugins doctor --rescan'");
  }
  return (*loaded)->entry->get_factory(interface_id);
}

}  // namespace

Result<const holo_codec_factory*> Registry::codec_factory(const ComponentInfo& codec) {
  HOLO_ASSIGN(const void* factory, load_factory(state_->plugins, codec, HOLO_CODEC_ID));
  return static_cast<const holo_codec_factory*>(factory);
}

Result<const holo_analyzer_factory*> Registry::analyzer_factory(const ComponentInfo& analyzer) {
  HOLO_ASSIGN(const void* factory, load_factory(state_->plugins, analyzer, HOLO_ANALYZER_ID));
  return static_cast<const holo_analyzer_factory*>(factory);
}

Result<const holo_patch_factory*> Registry::patch_factory(const ComponentInfo& patch) {
  HOLO_ASSIGN(const void* factory, load_factory(state_->plugins, patch, HOLO_MODEL_PATCH_ID));
  return static_cast<const holo_patch_factory*>(factory);
}

Result<const holo_trainer_factory*> Registry::trainer_factory(const ComponentInfo& trainer) {
  HOLO_ASSIGN(const void* factory, load_factory(state_->plugins, trainer, HOLO_TRAINER_ID));
  return static_cast<const holo_trainer_factory*>(factory);
}

}  // namespace holo::host
