// The registry: which plugins exist, what they offer, and why the others do not load. Reading it
// loads nothing while the cache is warm.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <holo/abi/analyzer.h>
#include <holo/abi/codec.h>
#include <holo/abi/model_patch.h>
#include <holo/abi/plugin.h>
#include <holo/abi/trainer.h>

#include "core/base/result.hpp"
#include "core/host/param_table.hpp"

namespace holo::host {

enum class ComponentKind { codec, analyzer, model_patch, trainer };
inline constexpr ComponentKind kComponentKinds[] = {ComponentKind::codec, ComponentKind::analyzer,
                                                    ComponentKind::model_patch,
                                                    ComponentKind::trainer};
std::string_view kind_name(ComponentKind kind);  // "codec", "model_patch"

struct FormatInfo {
  std::string format_id;
  std::string extension;
  std::uint32_t kinds = 0;  // 1 << HOLO_PICTURE and so on
  std::uint32_t bitstream_version = 0;
  std::uint32_t oldest_version = 0;
};

// One codec, analyzer, patch or trainer, as its descriptor states.
struct ComponentInfo {
  ComponentKind kind = ComponentKind::codec;
  std::string id;
  std::string alias;
  std::string version;
  std::string summary;
  std::uint32_t capabilities = 0;  // codec: HOLO_CODEC_*
  std::uint32_t kinds = 0;         // analyzer: media kinds; patch: site kinds; trainer: inputs
  std::int32_t priority = 0;
  FormatInfo format;  // codec; trainer: id and extension of what it writes
  ParamTable params;
  std::filesystem::path plugin_path;
  std::string plugin_id;
};

enum class PluginState { ok, rejected, failed, shadowed, disabled };
std::string_view state_name(PluginState state);  // "ok", "rejected", ...

// One file that was found on the search path.
struct PluginRecord {
  std::filesystem::path path;
  std::string origin;  // "--plugin-path", "HOLOHOST_PLUGIN_PATH", "user", "bundled", "system"
  PluginState state = PluginState::ok;
  std::string reason;  // empty when ok: what was expected, what was found, what to do
  std::string id;
  std::string version;
  std::string vendor;
  std::string license;
  std::string url;
  std::string torch_version;
  std::vector<ComponentInfo> components;
};

struct SearchDirectory {
  std::filesystem::path path;
  std::string origin;
  bool exists = false;
};

struct RegistryOptions {
  std::vector<std::string> plugin_paths;  // --plugin-path, in order
  bool safe_mode = false;                 // bundled plugins only
  bool rescan = false;                    // ignore the cache
  int probe_timeout_ms = 10000;
  std::filesystem::path probe_executable;  // answers `__probe FILE`; empty: executable_path()
};

// The search path in order; a missing directory is listed, not an error.
std::vector<SearchDirectory> search_path(const RegistryOptions& options);

class LoadedPlugin;

class Registry {
 public:
  // Scans the search path, probing only files that the cache does not know. One bad file never
  // fails it.
  static Result<std::unique_ptr<Registry>> open(const RegistryOptions& options);
  ~Registry();

  [[nodiscard]] const std::vector<PluginRecord>& plugins() const;
  [[nodiscard]] std::vector<const ComponentInfo*> components(ComponentKind kind) const;

  // By id or alias. NOT_FOUND names the nearest, or the file that failed and why.
  Result<const ComponentInfo*> find(ComponentKind kind, std::string_view name) const;
  // The codec that decodes a format: highest priority, then lowest id.
  Result<const ComponentInfo*> decoder_for(std::string_view format_id,
                                           std::uint32_t bitstream_version) const;
  // The codecs that encode a kind of media, best first; for a default from an output's extension.
  [[nodiscard]] std::vector<const ComponentInfo*> encoders_for(std::int32_t media_kind) const;

  // Loads the plugin (once; never unloaded) and returns its factory for the component's kind.
  Result<const holo_codec_factory*> codec_factory(const ComponentInfo& codec);
  Result<const holo_analyzer_factory*> analyzer_factory(const ComponentInfo& analyzer);
  Result<const holo_patch_factory*> patch_factory(const ComponentInfo& patch);
  Result<const holo_trainer_factory*> trainer_factory(const ComponentInfo& trainer);

 private:
  Registry();
  struct State;
  std::unique_ptr<State> state_;
};

// The file descriptor on which a probe answers.
inline constexpr int kProbeDescriptor = 3;

// The body of the hidden verb `holohost __probe FILE`: loads FILE, writes its description as JSON
// to file descriptor `fd` (kProbeDescriptor) and ends the process; its code is 0 if
// the answer was written.
[[noreturn]] int run_probe(const std::string& path, int fd);

// What `holohost` is: path of the running executable, used for probes, workers and bundled plugins.
std::filesystem::path executable_path();

}  // namespace holo::host
