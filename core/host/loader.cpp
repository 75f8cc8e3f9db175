// Loading a plugin into this process: once, and for good.
#include "core/host/loader.hpp"

#define BOOST_DLL_USE_STD_FS
#include <dlfcn.h>
#include <boost/dll/shared_library.hpp>
#include <map>
#include <memory>
#include <mutex>

#include "core/host/checks.hpp"
#include "core/host/describe.hpp"
#include "core/host/elf_note.hpp"

namespace holo::host {
namespace {

struct Loaded {
  boost::dll::shared_library library;
  LoadedPlugin plugin;
};

struct Process {
  std::mutex mutex;
  std::map<std::filesystem::path, std::unique_ptr<Loaded>> plugins;
  std::string torch_version;
  std::string torch_owner;
};

// Never destroyed: plugins outlive every static destructor of the host.
Process& process() {
  static auto* instance = new Process;
  return *instance;
}

Status claim_torch_locked(Process& all, const std::string& version, const std::string& owner) {
  if (version.empty() || version == all.torch_version) return {};
  if (all.torch_version.empty()) {
    all.torch_version = version;
    all.torch_owner = owner;
    return {};
  }
  return make_error(HOLO_ABI_MISMATCH,
                    owner + " needs LibTorch " + version + ", but " + all.torch_owner +
                        " has already brought LibTorch " + all.torch_version +
                        " into this process, and two cannot live in one; use them in separate "
                        "runs, or build both against the same LibTorch");
}

// What the system said, without what Boost wraps around it.
std::string loading_failure(const std::exception& exception) {
  constexpr std::string_view kBefore = "dlerror system message: ";
  const std::string text = printable(exception.what());
  const std::size_t begin = text.find(kBefore);
  const std::size_t end = text.rfind("): ");
  if (begin == std::string::npos || end == std::string::npos || end < begin + kBefore.size()) {
    return text;
  }
  return text.substr(begin + kBefore.size(), end - begin - kBefore.size());
}

Status open_library(const std::filesystem::path& path, Loaded& loaded) {
  // NODELETE: static state of plugins and LibTorch does not survive being unloaded.
  const auto mode = static_cast<boost::dll::load_mode::type>(
      boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local | RTLD_NODELETE);
  try {
    loaded.library.load(path, mode);
  } catch (const std::exception& exception) {
    return make_error(HOLO_UNSUPPORTED,
                      "cannot be loaded: " + loading_failure(exception) +
                          "; if a library is missing, install it, then run 'holohost plugins "
                          "doctor --rescan'; if a symbol is, its vendor must link what has it");
  }
  if (!loaded.library.has(HOLO_ENTRY_SYMBOL)) {
    return make_error(HOLO_ABI_MISMATCH, "does not export the symbol '" HOLO_ENTRY_SYMBOL
                                         "'; declare it with HOLO_EXPORT in the plugin");
  }
  loaded.plugin.entry = &loaded.library.get<const holo_plugin_entry>(HOLO_ENTRY_SYMBOL);
  return {};
}

}  // namespace

Status claim_torch_version(const std::string& version, const std::string& owner) {
  Process& all = process();
  const std::lock_guard lock(all.mutex);
  return claim_torch_locked(all, version, owner);
}

Result<const LoadedPlugin*> load_plugin(const std::filesystem::path& path) {
  Process& all = process();
  const std::lock_guard lock(all.mutex);
  if (const auto known = all.plugins.find(path); known != all.plugins.end()) {
    return &known->second->plugin;
  }
  HOLO_ASSIGN(const ElfNote note, read_elf_note(path));
  HOLO_TRY(claim_torch_locked(all, note.torch_version, path.string()));
  auto loaded = std::make_unique<Loaded>();
  HOLO_TRY(open_library(path, *loaded));
  HOLO_ASSIGN(loaded->plugin.record, describe_plugin(loaded->plugin.entry, path));
  loaded->plugin.record.torch_version = note.torch_version;
  const LoadedPlugin* result = &loaded->plugin;
  all.plugins.emplace(path, std::move(loaded));
  return result;
}

}  // namespace holo::host
