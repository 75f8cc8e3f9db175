// What can be known of a plugin file before anything of it is loaded: that it is a shared object
// for this machine and carries a holohost note that fits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/base/result.hpp"

namespace holo::host {

struct ElfNote {
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::uint32_t min_host_minor = 0;
  std::string torch_version;  // empty: does not link LibTorch
};

// Finds the note in the bytes of an ELF file through its program headers, else its sections. Every
// byte is hostile. UNSUPPORTED: not for this machine; CORRUPT: not an ELF file, or cut off;
// NOT_FOUND: no note.
Result<ElfNote> parse_elf_note(std::span<const std::uint8_t> file);

// Suffix, regular file, not writable by everyone. Cheap: asks the file system only.
Status check_plugin_file(const std::filesystem::path& path);

// All of the above, and that the note fits this host. ABI_MISMATCH names both versions.
Result<ElfNote> read_elf_note(const std::filesystem::path& path);

}  // namespace holo::host
