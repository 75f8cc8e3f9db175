// Finding and loading modules.
#include "core/base/module.hpp"

#include <dlfcn.h>

#include <vector>

namespace holo {

namespace {

// Beside the executable's folder first, so that a build tree and a moved installation find their
// own.
std::vector<std::filesystem::path> candidates(const char* file) {
  std::vector<std::filesystem::path> list;
  std::error_code failure;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (!failure) {
    list.push_back(executable.parent_path().parent_path() / "lib" / "holohost" / file);
  }
  list.push_back(std::filesystem::path(HOLO_MODULE_INSTALL_DIRECTORY) / file);
  return list;
}

}  // namespace

Result<void*> load_module(const ModuleInfo& module,
                          const std::function<Status(const std::filesystem::path&)>& before) {
  std::string tried;
  for (const auto& path : candidates(module.file)) {
    tried += tried.empty() ? "" : "; ";
    std::error_code failure;
    if (!std::filesystem::exists(path, failure)) {
      tried += path.string() + " (no such file)";
      continue;
    }
    if (before) HOLO_TRY(before(path));
    // Never unloaded: such libraries keep threads and tables of their own.
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void* entry = library != nullptr ? ::dlsym(library, module.entry) : nullptr;
    if (entry != nullptr) return entry;
    const char* why = ::dlerror();
    tried += why != nullptr ? why : path.c_str();
  }
  return make_error(HOLO_NOT_FOUND, std::string(module.purpose) + " " + module.file +
                                        ", which could not be loaded. Tried: " + tried + ". " +
                                        module.remedy);
}

}  // namespace holo
