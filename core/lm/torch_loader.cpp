// Finds libholohost-torch.so and keeps it for the life of the process.
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "core/base/file.hpp"
#include "core/base/module.hpp"
#include "core/host/elf_note.hpp"
#include "core/host/loader.hpp"
#include "core/lm/torch_module.hpp"

namespace holo::lm {

namespace {

constexpr ModuleInfo kModule = {
    "libholohost-torch.so", "holo_torch_module", "training and gradients of language models need",
    "It belongs to an installation of holohost that was built with LibTorch (on Debian: apt "
    "install "
    "libtorch-dev libopenblas0-openmp, then build with -DHOLO_WITH_TORCH=ON)"};

// From the module's note, before anything of it is loaded.
Result<std::string> torch_version_of(const std::filesystem::path& path) {
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;
  HOLO_ASSIGN(const auto reader, open_reader(path.string()));
  HOLO_ASSIGN(const auto file, read_all(*reader, kLargest));
  auto note = host::parse_elf_note(file);
  if (!note.ok()) return std::move(note).error().in(path.string());
  return note->torch_version;
}

// Two LibTorch in one process abort while they are being loaded: ask before.
Status prepare(const std::filesystem::path& path) {
  HOLO_ASSIGN(const std::string version, torch_version_of(path));
  HOLO_TRY(host::claim_torch_version(version, path.string()));
  // Threads of OpenMP spin while they wait; where other work wants the cores too, the one that is
  // waited for does not run, and a step of training took nine times as long. Read when the library
  // is loaded; what the user has set stays.
  ::setenv("OMP_WAIT_POLICY", "passive", /*overwrite=*/0);
  return {};
}

}  // namespace

Result<TorchModule*> load_torch_module() {
  static std::mutex mutex;
  static TorchModule* module = nullptr;
  const std::lock_guard lock(mutex);
  if (module == nullptr) {
    HOLO_ASSIGN(void* const entry, load_module(kModule, prepare));
    module = reinterpret_cast<TorchModule* (*)()>(entry)();
  }
  return module;
}

}  // namespace holo::lm
