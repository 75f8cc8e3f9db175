// Modules of holohost itself: libraries beside the program that alone link something heavy and are
// loaded by the first job that needs them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "core/base/result.hpp"

namespace holo {

struct ModuleInfo {
  const char* file;     // "libholohost-ffmpeg.so"
  const char* entry;    // the function that it exports
  const char* purpose;  // "video needs": the message goes on with the file's name
  const char* remedy;   // a sentence about what to install
};

// Loads the module for the life of the process and returns its entry, a function pointer. It is
// looked for beside the executable's folder, then where this build is configured to be installed.
// `before` is asked about a file that is there, before it is loaded; its error is returned.
// NOT_FOUND names every place that was tried, and why.
Result<void*> load_module(const ModuleInfo& module,
                          const std::function<Status(const std::filesystem::path&)>& before = {});

}  // namespace holo
