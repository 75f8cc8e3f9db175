// What a training reads: files and folders, in a fixed order, all of one kind.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/unit.hpp"

namespace holo::jobs {

// "pictures", "tensors", "text files" for one HOLO_TRAIN_* bit.
std::string training_kind_name(std::uint32_t kind);
// The names of all that are set.
std::vector<std::string> training_kinds(std::uint32_t kinds);

class TrainingInputs {
 public:
  // A file on the way; `modified_ns` and `size` tell whether it is still the same.
  struct File {
    std::string path;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
  };

  // Folders are searched with all that is below them, hidden files left out, sorted by path; files
  // in them that are of another kind are skipped, files named themselves are an error. `kinds` are
  // HOLO_TRAIN_* bits: of several, the first file decides. `output` is not an input.
  static Result<TrainingInputs> open(const std::vector<std::string>& paths, std::uint32_t kinds,
                                     const std::string& output);

  [[nodiscard]] std::uint32_t kind() const { return kind_; }
  [[nodiscard]] std::uint64_t count() const { return units_.size(); }
  [[nodiscard]] const std::vector<File>& files() const { return files_; }
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  // Opens, reads and decodes; nothing is kept. `index` is below count(). From any thread.
  [[nodiscard]] Result<UnitBuffer> read(std::uint64_t index) const;

 private:
  struct Place {
    std::size_t file;
    std::size_t tensor;  // within the file
  };
  Status add(const std::string& path, bool named, std::uint32_t kinds);

  std::uint32_t kind_ = 0;
  std::vector<File> files_;
  std::vector<Place> units_;
  std::uint64_t skipped_ = 0;
};

}  // namespace holo::jobs
