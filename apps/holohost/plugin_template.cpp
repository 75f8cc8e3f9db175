// Copies the template folder of the SDK, with the name put into texts and file names.
#include "apps/holohost/plugin_template.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/base/file.hpp"
#include "core/host/registry.hpp"

namespace holo::cli {

namespace {

namespace fs = std::filesystem;

// Installed beside the executable, or in the source tree that this build came from.
Result<fs::path> template_folder() {
  const fs::path installed =
      host::executable_path().parent_path().parent_path() / "share" / "holohost" / "template";
  for (const fs::path& folder : {installed, fs::path(HOLO_TEMPLATE_SOURCE)}) {
    if (fs::is_directory(folder)) return folder;
  }
  return make_error(HOLO_NOT_FOUND, "the plugin template is not at " + installed.string() +
                                        "; install the SDK of holohost");
}

bool is_good_name(const std::string& name) {
  return !name.empty() && name.size() <= 32 && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

Result<std::vector<std::string>> write_plugin_project(const std::string& name,
                                                      const std::string& directory, bool force) {
  if (!is_good_name(name)) {
    return make_error(HOLO_INVALID_ARG,
                      "'" + name +
                          "' cannot name a plugin: expected a lower-case letter, then letters, "
                          "digits and dashes, 32 at most");
  }
  std::error_code failure;
  if (fs::exists(directory, failure) && !fs::is_directory(directory, failure)) {
    return make_error(HOLO_IO, directory + " exists and is not a folder");
  }
  if (!force && fs::exists(directory, failure) && !fs::is_empty(directory, failure)) {
    return make_error(HOLO_IO, directory + " is not empty; use -f to write into it all the same");
  }
  HOLO_ASSIGN(const auto folder, template_folder());
  std::string identifier = name;
  std::replace(identifier.begin(), identifier.end(), '-', '_');

  std::vector<std::string> written;
  for (const auto& entry : fs::recursive_directory_iterator(folder, failure)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream content;
    content << in.rdbuf();
    if (!in) return make_error(HOLO_IO, "cannot read " + entry.path().string());
    std::string text = content.str();
    std::string relative = fs::relative(entry.path(), folder).string();
    replace_all(text, "@NAME@", name);
    replace_all(text, "@IDENT@", identifier);
    replace_all(relative, "NAME", name);
    const fs::path path = fs::path(directory) / relative;
    fs::create_directories(path.parent_path(), failure);
    if (failure) {
      return make_error(HOLO_IO,
                        "cannot create " + path.parent_path().string() + ": " + failure.message());
    }
    HOLO_ASSIGN(auto file, AtomicFile::create(path.string(), force));
    HOLO_TRY(file->write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
    HOLO_TRY(file->commit());
    written.push_back(path.string());
  }
  if (written.empty()) {
    return make_error(HOLO_NOT_FOUND, "the plugin template in " + folder.string() + " is empty");
  }
  std::sort(written.begin(), written.end());
  return written;
}

}  // namespace holo::cli
