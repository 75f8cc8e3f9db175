// Where plugins are looked for, in which order, and what counts as a candidate there.
#include "core/host/search_path.hpp"

#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <system_error>

#include <holo/abi/plugin.h>

namespace holo::host {

namespace fs = std::filesystem;

namespace {

// Set-user-id programs get no directories from their environment: glibc answers NULL there.
const char* environment(const char* name) { return ::secure_getenv(name); }

// A base directory of the XDG specification: relative values are invalid and ignored.
fs::path xdg_directory(const char* variable, const char* below_home) {
  const char* given = environment(variable);
  if (given != nullptr && given[0] == '/') return given;
  const char* home = environment("HOME");
  if (home != nullptr && home[0] == '/') return fs::path(home) / below_home;
  return {};
}

void add(std::vector<SearchDirectory>& to, const fs::path& path, std::string origin) {
  std::error_code failure;
  to.push_back({path, std::move(origin), fs::is_directory(path, failure)});
}

// An entry that is not absolute would depend on the current directory: listed, never searched.
void add_list(std::vector<SearchDirectory>& to, const std::string& list,
              const std::string& origin) {
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(':', begin), list.size());
    const std::string item = list.substr(begin, end - begin);
    begin = end + 1;
    if (item.empty()) continue;
    if (item[0] == '/') {
      add(to, item, origin);
    } else {
      to.push_back({item, origin + " (ignored: not an absolute path)", false});
    }
  }
}

}  // namespace

std::vector<SearchDirectory> search_path(const RegistryOptions& options) {
  std::vector<SearchDirectory> result;
  const fs::path bundled = executable_path().parent_path().parent_path() / "lib" / "holohost" /
                           "plugins" / std::to_string(HOLO_ABI_MAJOR);
  if (options.safe_mode) {
    add(result, bundled, "bundled");
    return result;
  }
  for (const std::string& given : options.plugin_paths) {
    std::error_code failure;
    if (!given.empty()) add(result, fs::absolute(given, failure), "--plugin-path");
  }
  if (const char* list = environment("HOLOHOST_PLUGIN_PATH")) {
    add_list(result, list, "HOLOHOST_PLUGIN_PATH");
  }
  if (const char* list = environment("HOLOHOST_PLUGIN_SYSTEM_PATH")) {
    add_list(result, list, "HOLOHOST_PLUGIN_SYSTEM_PATH");
    return result;
  }
  if (const fs::path data = xdg_directory("XDG_DATA_HOME", ".local/share"); !data.empty()) {
    add(result, data / "holohost" / "plugins" / std::to_string(HOLO_ABI_MAJOR), "user");
  }
  add(result, bundled, "bundled");
  const fs::path system = HOLO_SYSTEM_PLUGIN_DIRECTORY;
  if (system.is_absolute() && system != bundled) add(result, system, "system");
  return result;
}

std::vector<fs::path> plugin_candidates(const fs::path& directory) {
  std::vector<fs::path> result;
  std::error_code failure;
  for (fs::directory_iterator it(directory, failure), end; !failure && it != end;
       it.increment(failure)) {
    const fs::path& path = it->path();
    const std::string name = path.filename().string();
    std::error_code unused;
    if (name.ends_with(HOLO_PLUGIN_SUFFIX)) {
      result.push_back(path);
    } else if (fs::is_directory(path, unused)) {
      const fs::path inside = path / (name + HOLO_PLUGIN_SUFFIX);
      if (fs::exists(fs::symlink_status(inside, unused))) result.push_back(inside);
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

fs::path cache_file() {
  const fs::path base = xdg_directory("XDG_CACHE_HOME", ".cache");
  return base.empty() ? base : base / "holohost" / HOLO_REGISTRY_CACHE_NAME;
}

std::vector<std::string> disabled_ids() {
  std::vector<std::string> result;
  const char* list = environment("HOLOHOST_DISABLE");
  std::string_view rest = list != nullptr ? list : "";
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (comma > 0) result.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return result;
}

fs::path executable_path() {
  std::error_code failure;
  return fs::read_symlink("/proc/self/exe", failure);
}

}  // namespace holo::host
