// Pictures are told by their first bytes, as everywhere.
#include "core/bench/pictures.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "core/base/file.hpp"
#include "core/media/picture.hpp"

namespace holo::bench {

namespace {

namespace fs = std::filesystem;

bool is_picture(const fs::path& path) {
  auto reader = open_reader(path.string());
  if (!reader) return false;
  std::array<std::uint8_t, 64> prefix{};
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(prefix.size(), (*reader)->size()));
  const auto head = std::span(prefix).first(count);
  if (!(*reader)->read_at(0, head)) return false;
  const auto* format = media::detect_picture(head);
  return format != nullptr && format->reads;
}

}  // namespace

Result<std::vector<std::string>> find_pictures(const std::vector<std::string>& paths) {
  std::vector<std::string> found;
  for (const std::string& path : paths) {
    std::error_code failure;
    if (!fs::is_directory(path, failure)) {
      if (!fs::exists(path, failure)) {
        return make_error(HOLO_IO, path + " does not exist; expected a picture or a folder");
      }
      found.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (fs::directory_iterator entry(path, failure), end; !failure && entry != end;
         entry.increment(failure)) {
      std::error_code unreadable;
      if (entry->is_regular_file(unreadable) && is_picture(entry->path())) {
        inside.push_back(entry->path().string());
      }
    }
    if (failure) return make_error(HOLO_IO, "cannot read " + path + ": " + failure.message());
    std::sort(inside.begin(), inside.end());
    found.insert(found.end(), inside.begin(), inside.end());
  }
  if (found.empty()) {
    return make_error(HOLO_INVALID_ARG, "there is no picture that holohost reads in " +
                                            (paths.empty() ? "nothing" : paths.front()));
  }
  return found;
}

}  // namespace holo::bench
