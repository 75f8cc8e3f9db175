// What a loaded plugin says about itself, checked field by field.
#include "core/host/describe.hpp"

#include <cstdio>

#include "core/host/abi_call.hpp"
#include "core/host/checks.hpp"

namespace holo::host {
namespace {

constexpr std::uint32_t kMostComponents = 64;
constexpr std::uint32_t kMediaKinds =
    (1u << HOLO_PICTURE) | (1u << HOLO_FRAME) | (1u << HOLO_TENSOR) | (1u << HOLO_KV);
constexpr std::uint32_t kSiteKinds =
    (1u << HOLO_SITE_K) | (1u << HOLO_SITE_V) | (1u << HOLO_SITE_WEIGHT);
constexpr std::uint32_t kTrainerInputs = HOLO_TRAIN_PICTURES | HOLO_TRAIN_TENSORS | HOLO_TRAIN_TEXT;
constexpr std::uint32_t kCodecCapabilities = HOLO_CODEC_ENCODES | HOLO_CODEC_DECODES |
                                             HOLO_CODEC_LOSSLESS | HOLO_CODEC_BIT_EXACT |
                                             HOLO_CODEC_REGIONS | HOLO_CODEC_COMPONENTS;

Error bad(const std::string& where, const std::string& what) {
  return make_error(HOLO_INVALID_ARG, where + ": " + what);
}

Status check_kinds(std::uint32_t kinds, std::uint32_t known, const std::string& where) {
  if (kinds != 0 && (kinds & ~known) == 0) return {};
  return bad(where, "kinds is " + std::to_string(kinds) + ", expected bits (1 << kind)");
}

bool is_format_id(std::string_view id) {
  return !id.empty() && id.size() <= 32 &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

// Ids and aliases are typed on command lines and stored in lists.
Status check_name(const std::string& name, const std::string& where) {
  const bool fits = name.size() <= 63 && name.find_first_of(" ,:=/\\'\"") == std::string::npos;
  return fits ? Status()
              : bad(where, "'" + name + "' is longer than 63 bytes or holds one of \" ,:=/\\'\"");
}

// The fields that all kinds of descriptor share.
template <class Descriptor>
Status read_common(const Descriptor& from, const std::string& where, ComponentInfo& to) {
  HOLO_ASSIGN(to.id, required_text(from.id, 63, where + ".id"));
  HOLO_ASSIGN(to.alias, required_text(from.alias, 63, where + ".alias"));
  HOLO_ASSIGN(to.version, required_text(from.version, 32, where + ".version"));
  HOLO_ASSIGN(to.summary, required_text(from.summary, 80, where + ".summary"));
  HOLO_TRY(check_name(to.id, where + ".id"));
  HOLO_TRY(check_name(to.alias, where + ".alias"));
  auto table = import_table(from.params);
  if (!table.ok()) return std::move(table).error().in(where);
  to.params = std::move(table).value();
  return {};
}

Status check_format(const FormatInfo& format, const std::string& where) {
  if (!is_format_id(format.format_id)) {
    return bad(where, "format_id '" + format.format_id + "' is not of the form [a-z0-9-]{1,32}");
  }
  if (format.extension.size() < 2 || format.extension[0] != '.' ||
      format.extension.find('/') != std::string::npos) {
    return bad(where, "extension '" + format.extension + "' does not begin with a dot");
  }
  return {};
}

Status read_format(const holo_format* format, const std::string& where, FormatInfo& to) {
  if (!HOLO_HAS(format, holo_format, oldest_version)) {
    return bad(where, "NULL or too short a struct");
  }
  HOLO_ASSIGN(to.format_id, required_text(format->format_id, 32, where + ".format_id"));
  HOLO_ASSIGN(to.extension, required_text(format->extension, 16, where + ".extension"));
  HOLO_TRY(check_format(to, where));
  to.kinds = format->kinds;
  to.bitstream_version = format->bitstream_version;
  to.oldest_version = format->oldest_version;
  HOLO_TRY(check_kinds(to.kinds, kMediaKinds, where));
  if (to.oldest_version > to.bitstream_version) {
    return bad(where, "oldest_version " + std::to_string(to.oldest_version) +
                          " is above bitstream_version " + std::to_string(to.bitstream_version));
  }
  return {};
}

Status read_descriptor(const holo_codec_descriptor* from, const std::string& where,
                       ComponentInfo& to) {
  if (!HOLO_HAS(from, holo_codec_descriptor, reserved)) {
    return bad(where, "NULL or too short a struct");
  }
  to.kind = ComponentKind::codec;
  HOLO_TRY(read_common(*from, where, to));
  to.capabilities = from->capabilities;
  to.priority = from->priority;
  if ((to.capabilities & ~kCodecCapabilities) != 0 ||
      (to.capabilities & (HOLO_CODEC_ENCODES | HOLO_CODEC_DECODES)) == 0) {
    return bad(where, "capabilities is " + std::to_string(to.capabilities) +
                          ", expected HOLO_CODEC_* bits with ENCODES or DECODES");
  }
  HOLO_TRY(read_format(from->format, where + ".format", to.format));
  to.kinds = to.format.kinds;
  return {};
}

Status read_descriptor(const holo_analyzer_descriptor* from, const std::string& where,
                       ComponentInfo& to) {
  if (!HOLO_HAS(from, holo_analyzer_descriptor, params)) {
    return bad(where, "NULL or too short a struct");
  }
  to.kind = ComponentKind::analyzer;
  to.kinds = from->kinds;
  HOLO_TRY(check_kinds(to.kinds, kMediaKinds, where));
  return read_common(*from, where, to);
}

Status read_descriptor(const holo_patch_descriptor* from, const std::string& where,
                       ComponentInfo& to) {
  if (!HOLO_HAS(from, holo_patch_descriptor, params)) {
    return bad(where, "NULL or too short a struct");
  }
  to.kind = ComponentKind::model_patch;
  to.kinds = from->site_kinds;
  HOLO_TRY(check_kinds(to.kinds, kSiteKinds, where));
  return read_common(*from, where, to);
}

Status read_descriptor(const holo_trainer_descriptor* from, const std::string& where,
                       ComponentInfo& to) {
  if (!HOLO_HAS(from, holo_trainer_descriptor, extension)) {
    return bad(where, "NULL or too short a struct");
  }
  to.kind = ComponentKind::trainer;
  to.kinds = from->inputs;
  HOLO_TRY(check_kinds(to.kinds, kTrainerInputs, where));
  auto& format = to.format;
  HOLO_ASSIGN(format.format_id, required_text(from->output_format, 32, where + ".output_format"));
  HOLO_ASSIGN(format.extension, required_text(from->extension, 16, where + ".extension"));
  HOLO_TRY(check_format(format, where));
  return read_common(*from, where, to);
}

Status check_functions(const holo_codec_factory* factory, const std::string& where) {
  if (HOLO_HAS(factory, holo_codec_factory, create_decoder)) return {};
  return bad(where, "the factory is too short a struct");
}
Status check_functions(const holo_analyzer_factory* factory, const std::string& where) {
  if (HOLO_HAS(factory, holo_analyzer_factory, create) && factory->create != nullptr) return {};
  return bad(where, "the factory is too short a struct or its create is NULL");
}
Status check_functions(const holo_trainer_factory* factory, const std::string& where) {
  if (HOLO_HAS(factory, holo_trainer_factory, create) && factory->create != nullptr) return {};
  return bad(where, "the factory is too short a struct or its create is NULL");
}
Status check_functions(const holo_patch_factory* factory, const std::string& where) {
  if (HOLO_HAS(factory, holo_patch_factory, create) && factory->create != nullptr) return {};
  return bad(where, "the factory is too short a struct or its create is NULL");
}

template <class Factory>
Status check_component(const Factory&, const ComponentInfo&, const std::string&) {
  return {};
}
Status check_component(const holo_codec_factory& factory, const ComponentInfo& codec,
                       const std::string& where) {
  if ((codec.capabilities & HOLO_CODEC_ENCODES) != 0 && factory.create_encoder == nullptr) {
    return bad(where, "says it encodes, but create_encoder is NULL");
  }
  if ((codec.capabilities & HOLO_CODEC_DECODES) != 0 && factory.create_decoder == nullptr) {
    return bad(where, "says it decodes, but create_decoder is NULL");
  }
  return {};
}

template <class Factory>
Status read_factory(const holo_plugin_entry& entry, const char* interface_id,
                    const std::string& noun, PluginRecord& record) {
  const auto* factory = static_cast<const Factory*>(entry.get_factory(interface_id));
  if (factory == nullptr) return {};
  HOLO_TRY(check_functions(factory, noun + " factory"));
  if (factory->descriptor == nullptr || factory->count == 0 || factory->count > kMostComponents) {
    return bad(noun + " factory", "expected a descriptor function and 1 to 64 components, found " +
                                      std::to_string(factory->count));
  }
  for (std::uint32_t i = 0; i < factory->count; ++i) {
    const std::string where = noun + " " + std::to_string(i);
    ComponentInfo component;
    HOLO_TRY(read_descriptor(factory->descriptor(i), where, component));
    HOLO_TRY(check_component(*factory, component, where));
    for (const ComponentInfo& other : record.components) {
      if (other.kind == component.kind && other.id == component.id) {
        return bad(where, "id '" + component.id + "' appears twice");
      }
    }
    component.plugin_path = record.path;
    component.plugin_id = record.id;
    record.components.push_back(std::move(component));
  }
  return {};
}

Status read_info(const holo_plugin_info* info, PluginRecord& record) {
  if (!HOLO_HAS(info, holo_plugin_info, url)) {
    return bad("plugin info", "NULL or too short a struct");
  }
  HOLO_ASSIGN(record.id, required_text(info->id, 63, "plugin info.id"));
  HOLO_TRY(check_name(record.id, "plugin info.id"));
  HOLO_ASSIGN(record.version, required_text(info->version, 32, "plugin info.version"));
  HOLO_ASSIGN(record.vendor, required_text(info->vendor, 200, "plugin info.vendor"));
  HOLO_ASSIGN(record.license, required_text(info->license, 200, "plugin info.license"));
  HOLO_ASSIGN(record.url, optional_text(info->url, 500, "plugin info.url"));
  return {};
}

Status read_plugin(const holo_plugin_entry* entry, PluginRecord& record) {
  if (!HOLO_HAS(entry, holo_plugin_entry, get_factory)) {
    return bad("plugin entry", entry == nullptr
                                   ? "NULL"
                                   : "struct_size is " + std::to_string(entry->struct_size) +
                                         ", expected at least " +
                                         std::to_string(sizeof(holo_plugin_entry)));
  }
  if (entry->abi_major != HOLO_ABI_MAJOR || entry->min_host_minor > HOLO_ABI_MINOR) {
    return make_error(HOLO_ABI_MISMATCH,
                      "plugin entry: needs plugin ABI " + std::to_string(entry->abi_major) + "." +
                          std::to_string(entry->min_host_minor) + ", this holohost has " +
                          std::to_string(HOLO_ABI_MAJOR) + "." + std::to_string(HOLO_ABI_MINOR) +
                          "; build the plugin against this holohost's SDK");
  }
  if (entry->get_factory == nullptr) return bad("plugin entry", "get_factory is NULL");
  HOLO_TRY(read_info(entry->info, record));
  if (entry->initialise != nullptr) {
    ErrorRecord error;
    Status done = error.check(entry->initialise(&process_host(), error.get()), "initialise");
    if (!done.ok()) return std::move(done).error().in("its initialise failed");
  }
  HOLO_TRY(read_factory<holo_codec_factory>(*entry, HOLO_CODEC_ID, "codec", record));
  HOLO_TRY(read_factory<holo_analyzer_factory>(*entry, HOLO_ANALYZER_ID, "analyzer", record));
  HOLO_TRY(read_factory<holo_patch_factory>(*entry, HOLO_MODEL_PATCH_ID, "model patch", record));
  HOLO_TRY(read_factory<holo_trainer_factory>(*entry, HOLO_TRAINER_ID, "trainer", record));
  if (record.components.empty()) {
    return bad("plugin",
               "offers no codec, analyzer, model patch or trainer that this holohost knows");
  }
  return {};
}

void log_to_stderr(void*, std::int32_t level, const char* message) {
  if (level <= HOLO_LOG_WARNING && message != nullptr) {
    std::fprintf(stderr, "plugin: %s\n", printable(message).c_str());
  }
}

}  // namespace

Result<PluginRecord> describe_plugin(const holo_plugin_entry* entry,
                                     const std::filesystem::path& path) {
  PluginRecord record;
  record.path = path;
  try {
    HOLO_TRY(read_plugin(entry, record));
  } catch (...) {
    return make_error(HOLO_INTERNAL, "threw an exception while it described itself: " +
                                         exception_text() + "; nothing may cross the ABI");
  }
  return record;
}

const holo_host& process_host() {
  static constexpr holo_host kHost = {
      sizeof(holo_host),
      HOLO_ABI_MAJOR,
      HOLO_ABI_MINOR,
      1,
      nullptr,
      log_to_stderr,
      [](void*, std::uint64_t, std::uint64_t) -> void* { return nullptr; },
      [](void*, void*) {},
      [](void*, std::uint64_t, void*, holo_loop_body) -> holo_status { return HOLO_UNSUPPORTED; },
      [](void*, double, const char*) -> holo_status { return HOLO_OK; },
      [](void*, const char*) -> const void* { return nullptr; }};
  return kHost;
}

}  // namespace holo::host
