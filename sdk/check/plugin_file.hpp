// PluginFile: a plugin as a file (its ELF note and symbols) and as a loaded module (its factories).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <holo/abi/analyzer.h>
#include <holo/abi/codec.h>
#include <holo/abi/model_patch.h>
#include <holo/abi/plugin.h>
#include <holo/abi/trainer.h>

namespace holo_check {

struct ElfFacts {
  std::optional<holo_note> note;
  std::vector<std::string> exported;   // defined, visible dynamic symbols
  std::vector<std::string> undefined;  // dynamic symbols that others must define
};
// Reads a 64-bit little-endian ELF file. Throws std::runtime_error with what is wrong.
ElfFacts read_elf(const std::string& path);

// One component: kind is "codec", "analyzer", "model_patch" or "trainer"; "plugin" for the file.
struct Component {
  std::string kind;
  std::uint32_t index = 0;
  std::string id;
  std::string alias;
};

class PluginFile {
 public:
  // Loads the file for good, as the host does. Throws std::runtime_error.
  explicit PluginFile(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const holo_plugin_entry& entry() const { return *entry_; }
  [[nodiscard]] const holo_codec_factory* codecs() const;
  [[nodiscard]] const holo_analyzer_factory* analyzers() const;
  [[nodiscard]] const holo_patch_factory* patches() const;
  [[nodiscard]] const holo_trainer_factory* trainers() const;
  // "plugin" first, then everything the factories list.
  [[nodiscard]] std::vector<Component> components() const;

 private:
  std::string path_;
  const holo_plugin_entry* entry_ = nullptr;
};

}  // namespace holo_check
