// Reads ELF files by hand, bounds-checked, and loads modules with dlopen.
#include "sdk/check/plugin_file.hpp"

#include <dlfcn.h>
#include <elf.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace holo_check {
namespace {

class Bytes {
 public:
  explicit Bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot open " + path);
    data_.assign(std::istreambuf_iterator<char>(in), {});
  }
  template <class T>
  [[nodiscard]] T at(std::uint64_t offset) const {
    T value{};
    check(offset, sizeof value);
    std::memcpy(&value, data_.data() + offset, sizeof value);
    return value;
  }
  [[nodiscard]] std::string text(std::uint64_t offset) const {
    check(offset, 1);
    const auto end = data_.find('\0', offset);
    if (end == std::string::npos) throw std::runtime_error("a name in the file has no end");
    return data_.substr(offset, end - offset);
  }
  void check(std::uint64_t offset, std::uint64_t size) const {
    if (offset > data_.size() || size > data_.size() - offset) {
      throw std::runtime_error("the file is cut: expected " + std::to_string(size) +
                               " bytes at offset " + std::to_string(offset) + " of " +
                               std::to_string(data_.size()));
    }
  }

 private:
  std::string data_;
};

void read_note(const Bytes& file, std::uint64_t offset, std::uint64_t size, ElfFacts& facts) {
  if (size < sizeof(holo_note)) return;
  const auto note = file.at<holo_note>(offset);
  if (note.name_size == sizeof HOLO_NOTE_OWNER && note.type == HOLO_NOTE_TYPE &&
      std::memcmp(note.name, HOLO_NOTE_OWNER, sizeof HOLO_NOTE_OWNER) == 0) {
    facts.note = note;
  }
}

void read_symbols(const Bytes& file, const Elf64_Shdr& section, const Elf64_Shdr& strings,
                  ElfFacts& facts) {
  file.check(section.sh_offset, section.sh_size);
  for (std::uint64_t i = 1; i < section.sh_size / sizeof(Elf64_Sym); ++i) {
    const auto symbol = file.at<Elf64_Sym>(section.sh_offset + i * sizeof(Elf64_Sym));
    const int binding = ELF64_ST_BIND(symbol.st_info);
    if (binding == STB_LOCAL) continue;
    const std::string name = file.text(strings.sh_offset + symbol.st_name);
    if (symbol.st_shndx == SHN_UNDEF) {
      facts.undefined.push_back(name);
    } else if (ELF64_ST_VISIBILITY(symbol.st_other) == STV_DEFAULT) {
      facts.exported.push_back(name);
    }
  }
}

template <class Factory>
const Factory* factory_of(const holo_plugin_entry& entry, const char* id) {
  if (entry.get_factory == nullptr) return nullptr;
  return static_cast<const Factory*>(entry.get_factory(id));
}

template <class Factory>
void list(const Factory* factory, const char* kind, std::vector<Component>& out) {
  if (factory == nullptr || factory->descriptor == nullptr) return;
  for (std::uint32_t i = 0; i < factory->count; ++i) {
    const auto* d = factory->descriptor(i);
    out.push_back({kind, i, d != nullptr && d->id != nullptr ? d->id : "?",
                   d != nullptr && d->alias != nullptr ? d->alias : "?"});
  }
}

}  // namespace

ElfFacts read_elf(const std::string& path) {
  const Bytes file(path);
  const auto header = file.at<Elf64_Ehdr>(0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    throw std::runtime_error("not an ELF file: " + path);
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    throw std::runtime_error("not a 64-bit little-endian ELF file: " + path);
  }
  if (header.e_shentsize != sizeof(Elf64_Shdr)) {
    throw std::runtime_error("the file has no section table; is it stripped of everything?");
  }
  ElfFacts facts;
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto section = file.at<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr));
    if (section.sh_type == SHT_NOTE) {
      file.check(section.sh_offset, section.sh_size);
      read_note(file, section.sh_offset, section.sh_size, facts);
    } else if (section.sh_type == SHT_DYNSYM) {
      const auto strings =
          file.at<Elf64_Shdr>(header.e_shoff + std::uint64_t{section.sh_link} * sizeof(Elf64_Shdr));
      read_symbols(file, section, strings, facts);
    }
  }
  return facts;
}

PluginFile::PluginFile(const std::string& path) : path_(path) {
  const std::string absolute = std::filesystem::absolute(path).string();
  void* module = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (module == nullptr) {
    const char* reason = dlerror();
    throw std::runtime_error(reason != nullptr ? reason : "dlopen failed");
  }
  entry_ = static_cast<const holo_plugin_entry*>(dlsym(module, HOLO_ENTRY_SYMBOL));
  if (entry_ == nullptr) {
    throw std::runtime_error("no symbol " HOLO_ENTRY_SYMBOL " in " + path);
  }
  if (entry_->abi_major != HOLO_ABI_MAJOR) {
    throw std::runtime_error("built for ABI " + std::to_string(entry_->abi_major) +
                             ", this holo-check checks ABI " + std::to_string(HOLO_ABI_MAJOR));
  }
  if (!HOLO_HAS(entry_, holo_plugin_entry, get_factory)) {
    throw std::runtime_error("the entry has struct_size " + std::to_string(entry_->struct_size) +
                             ", expected at least " + std::to_string(sizeof(holo_plugin_entry)));
  }
}

const holo_codec_factory* PluginFile::codecs() const {
  return factory_of<holo_codec_factory>(*entry_, HOLO_CODEC_ID);
}
const holo_analyzer_factory* PluginFile::analyzers() const {
  return factory_of<holo_analyzer_factory>(*entry_, HOLO_ANALYZER_ID);
}
const holo_patch_factory* PluginFile::patches() const {
  return factory_of<holo_patch_factory>(*entry_, HOLO_MODEL_PATCH_ID);
}
const holo_trainer_factory* PluginFile::trainers() const {
  return factory_of<holo_trainer_factory>(*entry_, HOLO_TRAINER_ID);
}

std::vector<Component> PluginFile::components() const {
  std::vector<Component> all{{"plugin", 0, "", "plugin"}};
  list(codecs(), "codec", all);
  list(analyzers(), "analyzer", all);
  list(patches(), "model_patch", all);
  list(trainers(), "trainer", all);
  return all;
}

}  // namespace holo_check
