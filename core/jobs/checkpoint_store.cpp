// Checkpoints as files: one for the key, one for each name.
#include "core/jobs/checkpoint_store.hpp"

#include <filesystem>

#include "core/base/file.hpp"

namespace holo::jobs {

namespace {

namespace fs = std::filesystem;

constexpr const char* kKeyFile = "training.json";
constexpr const char* kSuffix = ".checkpoint";
constexpr std::uint64_t kLongest = std::uint64_t{16} << 30;

Status write_file(const std::string& path, std::span<const std::uint8_t> bytes) {
  HOLO_ASSIGN(auto file, AtomicFile::create(path, true));
  HOLO_TRY(file->write(bytes));
  return file->commit();
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

Result<CheckpointStore> CheckpointStore::open(std::string folder, std::string key, bool restart) {
  CheckpointStore store;
  store.folder_ = std::move(folder);
  store.key_ = std::move(key);
  std::error_code failure;
  if (store.folder_.empty() || !fs::exists(store.folder_, failure)) return store;
  auto reader = open_reader((fs::path(store.folder_) / kKeyFile).string());
  if (!reader) {
    return make_error(HOLO_IO, store.folder_ +
                                   " is in the way: it would keep the training's checkpoints, but "
                                   "holds none; move it, or write elsewhere with -o");
  }
  if (restart) {
    store.remove();
    return store;
  }
  HOLO_ASSIGN(const auto there, read_all(**reader, kLongest));
  if (std::string(there.begin(), there.end()) != store.key_) {
    return make_error(HOLO_INVALID_ARG,
                      store.folder_ +
                          " is the checkpoint of a training with other parameters, inputs or "
                          "another version of the trainer; repeat that one to go on from it, or "
                          "discard it with --restart");
  }
  store.resumed_ = true;
  store.ready_ = true;
  return store;
}

std::string CheckpointStore::file(const std::string& name) const {
  return (fs::path(folder_) / (name + kSuffix)).string();
}

Status CheckpointStore::save(const std::string& name, std::span<const std::uint8_t> bytes) {
  if (folder_.empty()) return {};
  if (!ready_) {
    std::error_code failure;
    fs::create_directories(folder_, failure);
    if (failure) {
      return make_error(HOLO_IO, "cannot create " + folder_ + ": " + failure.message());
    }
    HOLO_TRY(write_file((fs::path(folder_) / kKeyFile).string(), bytes_of(key_)));
    ready_ = true;
  }
  return write_file(file(name), bytes);
}

Result<std::vector<std::uint8_t>> CheckpointStore::load(const std::string& name) const {
  std::error_code failure;
  if (!ready_ || !fs::exists(file(name), failure)) {
    return make_error(HOLO_NOT_FOUND, "no checkpoint '" + name + "'");
  }
  if (fs::file_size(file(name), failure) == 0 && !failure) return std::vector<std::uint8_t>();
  HOLO_ASSIGN(auto reader, open_reader(file(name)));
  return read_all(*reader, kLongest);
}

void CheckpointStore::remove() const {
  if (folder_.empty()) return;
  std::error_code ignored;
  std::vector<fs::path> ours = {fs::path(folder_) / kKeyFile};
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    if (entry.path().extension() == kSuffix) ours.push_back(entry.path());
  }
  for (const fs::path& path : ours) fs::remove(path, ignored);
  fs::remove(folder_, ignored);
}

}  // namespace holo::jobs
