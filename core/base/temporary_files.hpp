// The temporary files that exist right now, in a table that a signal handler may read.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace holo {

// Told of every temporary file that appears and goes, so that another process can clean up after a
// crash of this one. Plain function pointers: set once at start.
struct TemporaryFileObserver {
  void (*created)(const char* path) = nullptr;
  void (*gone)(const char* path) = nullptr;
};
void set_temporary_file_observer(TemporaryFileObserver observer);

// A name for mkostemp in the system's folder for temporary files. IO if there is no such folder.
Result<std::string> temporary_file_pattern(const std::string& prefix);

// A slot, or -1 if the table is full; then only the destructor cleans up.
int register_temporary_file(const std::string& path);
void forget_temporary_file(int slot);

}  // namespace holo
