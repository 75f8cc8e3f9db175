// Downloads the files of a model from the Hugging Face hub.
//
// What is checked: the length that the server announces, and, for files that the hub keeps in large
// file storage (all weights), the SHA-256 that it names in the header X-Linked-Etag. Small JSON
// files have no such header; the readers of this room check what is in them. The hub and the
// transport, HTTPS with the system's certificates, are trusted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"

namespace holo::lm {

struct FetchProgress {
  std::string_view file;
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: unknown
};

struct FetchOptions {
  std::string base = "https://huggingface.co";
  std::string revision = "main";
  bool allow_http = false;  // for tests: plain HTTP as well
  std::uint64_t largest_file = std::uint64_t{64} << 30;
  int attempts = 3;  // of one file, the later ones from where the first stopped
  std::chrono::milliseconds pause{2000};  // before the second attempt; longer before later ones
  std::function<void(const FetchProgress&)> on_progress;
  std::function<bool()> stop;  // true: give up with CANCELLED
};

struct FetchedFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha256;    // as checked; empty where the server named none
  bool present = false;  // was in the folder already and is left as it is
};

// False in a build without libcurl; fetch_model is UNSUPPORTED then.
bool fetch_available();
// Short names and the repositories they stand for.
const std::vector<std::pair<std::string, std::string>>& known_models();
// "gpt2" or "owner/name" to "owner/name". INVALID_ARG lists the known names.
Result<std::string> model_repository(const std::string& name);

// Downloads configuration, tokenizer and weights into `folder`, which is made. A file appears under
// its name when it is whole; what has come of a large one stays beside it as NAME.part and is gone
// on with by the next call. Blocks; one call for a folder at a time.
Result<std::vector<FetchedFile>> fetch_model(const std::string& name, const std::string& folder,
                                             const FetchOptions& options);

}  // namespace holo::lm
