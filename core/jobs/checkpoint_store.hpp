// Named bytes in a folder beside the file that a training makes: what it goes on from after an
// interruption.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo::jobs {

class CheckpointStore {
 public:
  // `key` says which training this is: what another one kept is INVALID_ARG, or removed if
  // `restart`. An empty `folder` keeps nothing.
  static Result<CheckpointStore> open(std::string folder, std::string key, bool restart);

  // Whole or not at all. The folder appears with the first one.
  Status save(const std::string& name, std::span<const std::uint8_t> bytes);
  [[nodiscard]] Result<std::vector<std::uint8_t>> load(const std::string& name) const;
  // True if there was something to go on from when it was opened.
  [[nodiscard]] bool resumed() const { return resumed_; }
  // Removes what save() wrote, and the folder if nothing else is in it.
  void remove() const;

 private:
  [[nodiscard]] std::string file(const std::string& name) const;
  std::string folder_;
  std::string key_;
  bool resumed_ = false;
  bool ready_ = false;  // the folder is there and has the key
};

}  // namespace holo::jobs
