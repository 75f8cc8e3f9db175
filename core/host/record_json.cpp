// A plugin record as JSON. One list of fields a struct serves both directions.
#include "core/host/record_json.hpp"

#include <stdexcept>

#include <nlohmann/json.hpp>

namespace holo::host {
namespace {

using nlohmann::json;

// Leaves `value` as it is where the writer left a default out.
struct Reader {
  const json& from;
  template <class T>
  void field(const char* name, T& value) {
    if (const auto it = from.find(name); it != from.end()) it->get_to(value);
  }
  template <class T, class Fields>
  void list(const char* name, std::vector<T>& values, Fields&& fields) {
    const auto it = from.find(name);
    if (it == from.end()) return;
    for (const json& item : it->get_ref<const json::array_t&>()) {
      Reader reader{item};
      fields(reader, values.emplace_back());
    }
  }
  template <class T, class Fields>
  void object(const char* name, T& value, Fields&& fields) {
    if (const auto it = from.find(name); it != from.end()) {
      Reader reader{*it};
      fields(reader, value);
    }
  }
};

// Leaves defaults out: the cache is read at every start.
struct Writer {
  json& to;
  template <class T>
  void field(const char* name, const T& value) {
    if (value != T()) to[name] = value;
  }
  template <class T, class Fields>
  void list(const char* name, const std::vector<T>& values, Fields&& fields) {
    if (values.empty()) return;
    json& array = to[name] = json::array();
    for (const T& value : values) {
      Writer writer{array.emplace_back(json::object())};
      fields(writer, value);
    }
  }
  template <class T, class Fields>
  void object(const char* name, const T& value, Fields&& fields) {
    Writer writer{to[name] = json::object()};
    fields(writer, value);
  }
};

const auto choice_fields = [](auto& io, auto& choice) {
  io.field("name", choice.name);
  io.field("help", choice.help);
};

const auto param_fields = [](auto& io, auto& param) {
  io.field("key", param.key);
  io.field("type", param.type);
  io.field("unit", param.unit);
  io.field("summary", param.summary);
  io.field("help", param.help);
  io.field("default_number", param.default_number);
  io.field("default_text", param.default_text);
  io.field("minimum", param.minimum);
  io.field("maximum", param.maximum);
  io.list("choices", param.choices, choice_fields);
  io.field("flags", param.flags);
  io.field("step", param.step);
};

const auto format_fields = [](auto& io, auto& format) {
  io.field("format_id", format.format_id);
  io.field("extension", format.extension);
  io.field("kinds", format.kinds);
  io.field("bitstream_version", format.bitstream_version);
  io.field("oldest_version", format.oldest_version);
};

const auto component_fields = [](auto& io, auto& component) {
  io.field("id", component.id);
  io.field("alias", component.alias);
  io.field("version", component.version);
  io.field("summary", component.summary);
  io.field("capabilities", component.capabilities);
  io.field("kinds", component.kinds);
  io.field("priority", component.priority);
  io.object("format", component.format, format_fields);
  io.list("params", component.params, param_fields);
};

const auto record_fields = [](auto& io, auto& record) {
  io.field("reason", record.reason);
  io.field("id", record.id);
  io.field("version", record.version);
  io.field("vendor", record.vendor);
  io.field("license", record.license);
  io.field("url", record.url);
  io.field("torch_version", record.torch_version);
};

void require(bool known, const char* what) {
  if (!known) throw std::invalid_argument(what);
}

PluginRecord read(const json& from) {
  PluginRecord record;
  Reader io{from};
  record_fields(io, record);
  std::string path;
  std::string state;
  io.field("path", path);
  io.field("state", state);
  record.path = path;
  bool known = false;
  for (const PluginState candidate :
       {PluginState::ok, PluginState::rejected, PluginState::failed}) {
    if (state_name(candidate) != state) continue;
    record.state = candidate;
    known = true;
  }
  require(known, "unknown state");
  io.list("components", record.components, [&record](auto& item, ComponentInfo& component) {
    component_fields(item, component);
    std::string kind;
    item.field("kind", kind);
    bool known_kind = false;
    for (const ComponentKind candidate : kComponentKinds) {
      if (kind_name(candidate) != kind) continue;
      component.kind = candidate;
      known_kind = true;
    }
    require(known_kind, "unknown kind");
    component.plugin_path = record.path;
    component.plugin_id = record.id;
  });
  return record;
}

}  // namespace

json record_to_json(const PluginRecord& record) {
  json result = json::object();
  Writer io{result};
  record_fields(io, record);
  io.field("path", record.path.string());
  io.field("state", std::string(state_name(record.state)));
  io.list("components", record.components, [](auto& item, const ComponentInfo& component) {
    component_fields(item, component);
    item.field("kind", std::string(kind_name(component.kind)));
  });
  return result;
}

Result<PluginRecord> record_from_json(const json& from) {
  try {
    return read(from);
  } catch (const std::exception& exception) {
    return make_error(HOLO_CORRUPT, std::string("not a plugin record: ") + exception.what());
  }
}

}  // namespace holo::host
