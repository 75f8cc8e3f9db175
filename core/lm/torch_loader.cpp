// Finds libholohost-torch.so and keeps it for the life of the process.
#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "core/base/file.hpp"
#include "core/host/elf_note.hpp"
#include "core/host/loader.hpp"
#include "core/lm/torch_module.hpp"

namespace holo::lm {

namespace {

constexpr const char* kFile = "libholohost-torch.so";
constexpr const char* kEntry = "holo_torch_module";

// Beside the executable's folder first, so that a build tree and a moved installation find their
// own, then where this build is configured to be installed.
std::vector<std::filesystem::path> candidates() {
  std::vector<std::filesystem::path> list;
  std::error_code failure;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (!failure) {
    list.push_back(executable.parent_path().parent_path() / "lib" / "holohost" / kFile);
  }
  list.push_back(std::filesystem::path(HOLO_MODULE_INSTALL_DIRECTORY) / kFile);
  return list;
}

// From the module's note, before anything of it is loaded.
Result<std::string> torch_version_of(const std::filesystem::path& path) {
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;
  HOLO_ASSIGN(const auto reader, open_reader(path.string()));
  HOLO_ASSIGN(const auto file, read_all(*reader, kLargest));
  auto note = host::parse_elf_note(file);
  if (!note.ok()) return std::move(note).error().in(path.string());
  return note->torch_version;
}

Result<TorchModule*> load() {
  std::string tried;
  for (const auto& path : candidates()) {
    std::error_code failure;
    if (!std::filesystem::exists(path, failure)) {
      tried += (tried.empty() ? "" : "; ") + path.string() + " (no such file)";
      continue;
    }
    // Two LibTorch in one process abort while they are being loaded: ask before.
    HOLO_ASSIGN(const std::string version, torch_version_of(path));
    HOLO_TRY(host::claim_torch_version(version, path.string()));
    // Threads of OpenMP spin while they wait; where other work wants the cores too, the one that
    // is waited for does not run, and a step of training took nine times as long. Read when the
    // library is loaded; what the user has set stays.
    ::setenv("OMP_WAIT_POLICY", "passive", /*overwrite=*/0);
    // Never unloaded: LibTorch keeps threads and tables of its own.
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void* entry = library != nullptr ? ::dlsym(library, kEntry) : nullptr;
    if (entry != nullptr) return reinterpret_cast<TorchModule* (*)()>(entry)();
    const char* why = ::dlerror();
    tried += (tried.empty() ? "" : "; ") + std::string(why != nullptr ? why : path.c_str());
  }
  return make_error(HOLO_NOT_FOUND,
                    "training and gradients of language models need " + std::string(kFile) +
                        ", which could not be loaded. Tried: " + tried +
                        ". It belongs to an installation of holohost that was built with LibTorch "
                        "(on Debian: apt install libtorch-dev libopenblas0-openmp, then build with "
                        "-DHOLO_WITH_TORCH=ON)");
}

}  // namespace

Result<TorchModule*> load_torch_module() {
  static std::mutex mutex;
  static TorchModule* module = nullptr;
  const std::lock_guard lock(mutex);
  if (module == nullptr) {
    HOLO_ASSIGN(module, load());
  }
  return module;
}

}  // namespace holo::lm
