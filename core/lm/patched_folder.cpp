// holohost.json: read with suspicion, written whole.
#include "core/lm/patched_folder.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/file.hpp"
#include "core/lm/json_file.hpp"

namespace holo::lm {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFile = "holohost.json";
constexpr int kSchema = 1;
constexpr std::uint64_t kMostBytes = 1 << 20;

Error bad(const std::string& path, const std::string& why) {
  return make_error(HOLO_CORRUPT, path + ": " + why + "; build the folder again with 'lm build'");
}

// A file of the folder itself: no path may lead out of it.
bool is_plain_name(const std::string& name) {
  return name.find_first_of(std::string_view("/\0", 2)) == std::string::npos && name != "." &&
         name != "..";
}

Result<BuiltStrategy> strategy_from(const nlohmann::json& entry, const std::string& path) {
  BuiltStrategy strategy;
  if (!entry.is_object() || !entry.contains("kv") || !entry["kv"].is_string() ||
      !entry.contains("bases") || !entry["bases"].is_array()) {
    return bad(path, "expected strategies with \"kv\" and \"bases\"");
  }
  strategy.kv = entry["kv"].get<std::string>();
  for (const nlohmann::json& name : entry["bases"]) {
    if (!name.is_string() || !is_plain_name(name.get<std::string>())) {
      return bad(path, "a name in \"bases\" is not that of a file in the folder");
    }
    strategy.bases.push_back(name.get<std::string>());
  }
  return strategy;
}

}  // namespace

const BuiltStrategy* PatchedFolder::find(const std::string& kv) const {
  for (const BuiltStrategy& strategy : strategies) {
    if (strategy.kv == kv) return &strategy;
  }
  return nullptr;
}

Result<PatchedFolder> open_patched_folder(const std::string& folder) {
  PatchedFolder patched;
  std::error_code failure;
  const fs::path path = fs::path(folder) / kFile;
  if (!fs::exists(path, failure)) {
    patched.model = folder;
    if (fs::exists(fs::path(folder) / "config.json", failure)) return patched;
    return make_error(HOLO_NOT_FOUND,
                      folder +
                          ": expected a model folder with config.json, or one that 'lm build' "
                          "made with holohost.json; neither is there");
  }
  HOLO_ASSIGN(const nlohmann::json json, read_json_object(path.string(), kMostBytes));
  if (!json.contains("model") || !json["model"].is_string() || !json.contains("strategies") ||
      !json["strategies"].is_array()) {
    return bad(path.string(), "expected an object with \"model\" and \"strategies\"");
  }
  if (!json.contains("schema") || json["schema"] != kSchema) {
    return bad(path.string(), "expected \"schema\": " + std::to_string(kSchema));
  }
  if (json["model"].get_ref<const std::string&>().find('\0') != std::string::npos) {
    return bad(path.string(), "\"model\" is not a path");
  }
  patched.folder = folder;
  patched.model = (fs::path(folder) / json["model"].get<std::string>()).lexically_normal().string();
  for (const nlohmann::json& entry : json["strategies"]) {
    HOLO_ASSIGN(BuiltStrategy strategy, strategy_from(entry, path.string()));
    patched.strategies.push_back(std::move(strategy));
  }
  return patched;
}

Status write_patched_folder(const PatchedFolder& patched) {
  Json strategies = Json::array();
  for (const BuiltStrategy& strategy : patched.strategies) {
    strategies.push_back({{"kv", strategy.kv}, {"bases", strategy.bases}});
  }
  // Relative where the two lie side by side, so that both can be moved together.
  std::error_code failure;
  const fs::path folder = fs::weakly_canonical(patched.folder, failure);
  const fs::path model = fs::weakly_canonical(patched.model, failure);
  const bool beside = model.parent_path() == folder.parent_path() || model == folder;
  const Json json = {{"schema", kSchema},
                     {"model", beside ? model.lexically_relative(folder).string() : model.string()},
                     {"strategies", std::move(strategies)}};
  const std::string text = json.dump(2) + "\n";
  HOLO_ASSIGN(auto file, AtomicFile::create((fs::path(patched.folder) / kFile).string(), true));
  HOLO_TRY(file->write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
  return file->commit();
}

}  // namespace holo::lm
