// What can be known of a plugin file before anything of it is loaded.
#include "core/host/elf_note.hpp"

#include <elf.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <vector>

#include <holo/abi/plugin.h>

#include "core/base/file.hpp"
#include "core/host/checks.hpp"

namespace holo::host {
namespace {

using Bytes = std::span<const std::uint8_t>;

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
constexpr const char* kMachineName = "x86-64";
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
constexpr const char* kMachineName = "AArch64";
#else
#error "add this machine's ELF number"
#endif

// The bytes [offset, offset + size) if the file has them.
std::optional<Bytes> slice(Bytes bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
  return bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

template <class T>
std::optional<T> load(Bytes bytes, std::uint64_t offset) {
  const auto part = slice(bytes, offset, sizeof(T));
  if (!part) return std::nullopt;
  T value;
  std::memcpy(&value, part->data(), sizeof(T));
  return value;
}

std::uint64_t round_up_4(std::uint64_t value) { return (value + 3) & ~std::uint64_t{3}; }

// Walks one run of notes; the first whose owner and type are ours.
std::optional<Bytes> find_in_notes(Bytes notes) {
  std::uint64_t at = 0;
  while (const auto head = load<Elf64_Nhdr>(notes, at)) {
    const std::uint64_t name_at = at + sizeof(Elf64_Nhdr);
    const std::uint64_t desc_at = name_at + round_up_4(head->n_namesz);
    const auto name = slice(notes, name_at, head->n_namesz);
    const auto desc = slice(notes, desc_at, head->n_descsz);
    if (!name || !desc) return std::nullopt;
    const bool ours = head->n_type == HOLO_NOTE_TYPE && name->size() == sizeof(HOLO_NOTE_OWNER) &&
                      std::memcmp(name->data(), HOLO_NOTE_OWNER, sizeof(HOLO_NOTE_OWNER)) == 0;
    if (ours) return desc;
    at = desc_at + round_up_4(head->n_descsz);
  }
  return std::nullopt;
}

Error cut_off(const std::string& what) {
  return make_error(HOLO_CORRUPT, "the ELF file is cut off: its " + what +
                                      " lie past the end; copy or build it again");
}

Result<ElfNote> read_description(Bytes desc) {
  // Fields are appended over time: only what this host reads must be there.
  const auto major = load<std::uint32_t>(desc, 0);
  const auto minor = load<std::uint32_t>(desc, 4);
  const auto least = load<std::uint32_t>(desc, 8);
  constexpr std::size_t kTorch =
      offsetof(holo_note, torch_version) - offsetof(holo_note, abi_major);
  const auto torch = slice(desc, kTorch, sizeof(holo_note::torch_version));
  if (!major) {
    return make_error(HOLO_CORRUPT,
                      "the holohost note is too short: " + std::to_string(desc.size()) + " bytes");
  }
  ElfNote note{*major, minor.value_or(0), least.value_or(0), {}};
  if (*major != HOLO_ABI_MAJOR) return note;
  if (!torch) {
    return make_error(HOLO_CORRUPT, "the holohost note is too short: " +
                                        std::to_string(desc.size()) + " bytes, expected at least " +
                                        std::to_string(kTorch + sizeof(holo_note::torch_version)));
  }
  const auto* text = reinterpret_cast<const char*>(torch->data());
  const std::size_t length = strnlen(text, torch->size());
  if (length == torch->size()) {
    return make_error(HOLO_CORRUPT, "the LibTorch version in the holohost note has no end");
  }
  note.torch_version = printable(std::string_view(text, length));
  return note;
}

Status check_header(const Elf64_Ehdr& header) {
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != kMachine) {
    return make_error(HOLO_UNSUPPORTED,
                      std::string("built for another machine: expected a 64-bit little-endian ") +
                          kMachineName + " file (machine " + std::to_string(kMachine) +
                          "), found class " + std::to_string(header.e_ident[EI_CLASS]) +
                          ", machine " + std::to_string(header.e_machine) +
                          "; get the build for this machine");
  }
  if (header.e_type != ET_DYN) {
    return make_error(HOLO_UNSUPPORTED, "expected a shared object (ELF type 3), found ELF type " +
                                            std::to_string(header.e_type) +
                                            "; link the plugin with -shared");
  }
  return {};
}

// Copied rather than mapped: a file that shrinks while it is read must not end the host.
Result<std::vector<std::uint8_t>> read_plugin_file(const std::filesystem::path& path) {
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;
  auto reader = open_reader(path.string());
  if (!reader.ok()) return std::move(reader).error();
  return read_all(**reader, kLargest);
}

}  // namespace

Result<ElfNote> parse_elf_note(Bytes file) {
  if (file.size() < SELFMAG || std::memcmp(file.data(), ELFMAG, SELFMAG) != 0) {
    return make_error(HOLO_CORRUPT, "not an ELF file: it does not begin with \\x7fELF");
  }
  const auto header = load<Elf64_Ehdr>(file, 0);
  if (!header) return cut_off("header");
  HOLO_TRY(check_header(*header));
  if (header->e_phnum > 0 && header->e_phentsize < sizeof(Elf64_Phdr)) return cut_off("headers");
  for (std::uint64_t i = 0; i < header->e_phnum; ++i) {
    std::uint64_t at = 0;
    if (__builtin_add_overflow(header->e_phoff, i * header->e_phentsize, &at)) {
      return cut_off("program headers");
    }
    const auto segment = load<Elf64_Phdr>(file, at);
    if (!segment) return cut_off("program headers");
    if (segment->p_type != PT_NOTE && segment->p_type != PT_LOAD) continue;
    const auto bytes = slice(file, segment->p_offset, segment->p_filesz);
    if (!bytes) return cut_off("segments");
    if (segment->p_type != PT_NOTE) continue;
    if (const auto desc = find_in_notes(*bytes)) return read_description(*desc);
  }
  for (std::uint64_t i = 0; i < header->e_shnum; ++i) {
    std::uint64_t at = 0;
    if (header->e_shentsize < sizeof(Elf64_Shdr) ||
        __builtin_add_overflow(header->e_shoff, i * header->e_shentsize, &at)) {
      break;
    }
    const auto section = load<Elf64_Shdr>(file, at);
    if (!section) return cut_off("section headers");
    if (section->sh_type != SHT_NOTE) continue;
    const auto bytes = slice(file, section->sh_offset, section->sh_size);
    if (!bytes) return cut_off("sections");
    if (const auto desc = find_in_notes(*bytes)) return read_description(*desc);
  }
  return make_error(HOLO_NOT_FOUND, "not a holohost plugin: it has no note '" HOLO_NOTE_SECTION
                                    "'; write HOLO_PLUGIN_NOTE() in one source file of the plugin");
}

Status check_plugin_file(const std::filesystem::path& path) {
  if (!path.filename().string().ends_with(HOLO_PLUGIN_SUFFIX)) {
    return make_error(HOLO_INVALID_ARG, "its name does not end in " HOLO_PLUGIN_SUFFIX);
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return make_error(HOLO_IO, std::string("cannot be read: ") + std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) return make_error(HOLO_IO, "not a regular file");
  if ((status.st_mode & S_IWOTH) != 0) {
    return make_error(HOLO_INVALID_ARG,
                      "everyone may write to it, so anyone could have changed it; run chmod o-w " +
                          path.string());
  }
  return {};
}

Result<ElfNote> read_elf_note(const std::filesystem::path& path) {
  HOLO_TRY(check_plugin_file(path));
  HOLO_ASSIGN(const std::vector<std::uint8_t> file, read_plugin_file(path));
  HOLO_ASSIGN(ElfNote note, parse_elf_note(file));
  if (note.abi_major != HOLO_ABI_MAJOR) {
    return make_error(HOLO_ABI_MISMATCH,
                      "built for plugin ABI " + std::to_string(note.abi_major) +
                          ", this holohost speaks ABI " + std::to_string(HOLO_ABI_MAJOR) +
                          "; build the plugin against this holohost's SDK or get the matching one");
  }
  if (note.min_host_minor > HOLO_ABI_MINOR) {
    return make_error(HOLO_ABI_MISMATCH,
                      "needs a holohost with plugin ABI " + std::to_string(note.abi_major) + "." +
                          std::to_string(note.min_host_minor) + " or newer, this one has " +
                          std::to_string(HOLO_ABI_MAJOR) + "." + std::to_string(HOLO_ABI_MINOR) +
                          "; update holohost");
  }
  return note;
}

}  // namespace holo::host
