// Bases and holohost.json.
#include "apps/holohost/lm/built_folder.hpp"

#include <filesystem>

#include "core/lm/basis_file.hpp"

namespace holo::cli {

namespace fs = std::filesystem;

Status check_built_folder(const Arguments& arguments) {
  const std::string output = arguments.text("output");
  std::error_code failure;
  if (arguments.has("force") || !fs::exists(fs::path(output) / "holohost.json", failure)) return {};
  return make_error(HOLO_IO, output + " holds a built model already; give -f to replace it");
}

Result<lm::PatchedFolder> write_built_folder(const Arguments& arguments, const LmSession& session,
                                             const std::vector<lm::KvPatches>& strategies) {
  lm::PatchedFolder folder;
  folder.folder = arguments.text("output");
  folder.model = session.folder.model;
  std::error_code failure;
  fs::create_directories(folder.folder, failure);
  if (failure) {
    return make_error(HOLO_IO,
                      "cannot create the folder " + folder.folder + ": " + failure.message());
  }
  for (std::size_t i = 0; i < strategies.size(); ++i) {
    lm::BuiltStrategy built{strategies[i].spec, {}};
    for (std::size_t j = 0; j < strategies[i].patches.size(); ++j) {
      std::string name;
      if (strategies[i].patches[j]->needs_calibration()) {
        name = "basis-" + std::to_string(i) + "-" + std::to_string(j) + ".holo";
        HOLO_TRY(lm::save_basis(*strategies[i].patches[j], *session.model,
                                (fs::path(folder.folder) / name).string(), arguments.has("force")));
      }
      built.bases.push_back(name);
    }
    folder.strategies.push_back(std::move(built));
  }
  HOLO_TRY(lm::write_patched_folder(folder));
  return folder;
}

}  // namespace holo::cli
