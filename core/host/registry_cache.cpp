// What earlier probes found, so that a warm start loads and runs nothing.
#include "core/host/registry_cache.hpp"

#include <sys/stat.h>
#include <system_error>

#include <nlohmann/json.hpp>

#include "core/base/file.hpp"
#include "core/host/record_json.hpp"

namespace holo::host {
namespace {

using nlohmann::json;
constexpr int kSchema = 1;
constexpr std::uint64_t kLargestCache = 16 << 20;

std::string host_version() { return HOLO_VERSION "/" + std::to_string(HOLO_ABI_MINOR); }

std::optional<json> read_json(const std::filesystem::path& file) {
  std::error_code failure;
  if (file.empty() || !std::filesystem::is_regular_file(file, failure)) return std::nullopt;
  auto reader = open_reader(file.string());
  if (!reader.ok()) return std::nullopt;
  auto bytes = read_all(**reader, kLargestCache);
  if (!bytes.ok()) return std::nullopt;
  json parsed = json::parse(bytes->begin(), bytes->end(), nullptr, false);
  if (!parsed.is_object() || parsed.value("schema", json()) != json(kSchema) ||
      parsed.value("host", json()) != json(host_version()) ||
      !parsed.value("entries", json()).is_array()) {
    return std::nullopt;
  }
  return parsed;
}

}  // namespace

std::optional<FileStamp> stamp_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileStamp{std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
                   static_cast<std::uint64_t>(status.st_size),
                   static_cast<std::uint64_t>(status.st_ino)};
}

RegistryCache::RegistryCache(std::filesystem::path file) : file_(std::move(file)) {
  const std::optional<json> parsed = read_json(file_);
  if (!parsed) return;
  for (const json& item : (*parsed)["entries"]) {
    if (!item.is_object()) continue;
    auto record = record_from_json(item.value("record", json()));
    const json stamp = item.value("stamp", json());
    if (!record.ok() || !stamp.is_array() || stamp.size() != 3) continue;
    if (!stamp[0].is_number_integer() || !stamp[1].is_number_unsigned() ||
        !stamp[2].is_number_unsigned()) {
      continue;
    }
    const FileStamp known{stamp[0].get<std::int64_t>(), stamp[1].get<std::uint64_t>(),
                          stamp[2].get<std::uint64_t>()};
    const std::filesystem::path path = record->path;
    entries_.insert_or_assign(path, Entry{known, std::move(record).value()});
  }
}

const PluginRecord* RegistryCache::find(const std::filesystem::path& path,
                                        const FileStamp& stamp) const {
  const auto it = entries_.find(path);
  return it != entries_.end() && it->second.stamp == stamp ? &it->second.record : nullptr;
}

void RegistryCache::put(const FileStamp& stamp, const PluginRecord& record) {
  entries_.insert_or_assign(record.path, Entry{stamp, record});
  changed_ = true;
}

void RegistryCache::save() {
  if (!changed_ || file_.empty()) return;
  json entries = json::array();
  for (const auto& [path, entry] : entries_) {
    if (!stamp_of(path)) continue;
    entries.push_back({{"stamp", {entry.stamp.modified_ns, entry.stamp.size, entry.stamp.inode}},
                       {"record", record_to_json(entry.record)}});
  }
  const json all = {{"schema", kSchema}, {"host", host_version()}, {"entries", std::move(entries)}};
  const std::string text = all.dump(-1, ' ', false, json::error_handler_t::replace);
  std::error_code failure;
  std::filesystem::create_directories(file_.parent_path(), failure);
  if (failure) return;
  auto file = AtomicFile::create(file_.string(), true);
  if (!file.ok()) return;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  if ((*file)->write({bytes, text.size()}).ok() && (*file)->commit().ok()) changed_ = false;
}

}  // namespace holo::host
