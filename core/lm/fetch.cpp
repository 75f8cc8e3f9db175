// Which files a model consists of, in the order in which they tell about each other.
#include "core/lm/fetch.hpp"

#include <filesystem>

#include "core/lm/config.hpp"
#include "core/lm/http_download.hpp"
#include "core/lm/json_file.hpp"
#include "core/lm/shard_index.hpp"

namespace holo::lm {
namespace {

constexpr std::uint64_t kLargestText = std::uint64_t{32} << 20;
constexpr const char* kIndex = "model.safetensors.index.json";

class Fetcher {
 public:
  Fetcher(std::string url, std::string folder, const FetchOptions& options)
      : url_(std::move(url)), folder_(std::move(folder)), options_(options) {}

  // False if the server does not have it.
  Result<bool> take(const std::string& name, std::uint64_t most) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(folder_ + "/" + name, missing);
    if (!missing) {
      files.push_back({name, size, "", true});
      return true;
    }
    HOLO_ASSIGN(auto file, download({url_ + name, folder_ + "/" + name, name, most}, options_));
    if (file) files.push_back(*file);
    return file.has_value();
  }

  Status need(const std::string& name, std::uint64_t most) {
    HOLO_ASSIGN(const bool there, take(name, most));
    if (there) return {};
    return make_error(HOLO_NOT_FOUND,
                      "the server has no '" + url_ + name + "'; check the name of the model");
  }

  Status take_weights() {
    HOLO_ASSIGN(const bool single, take("model.safetensors", options_.largest_file));
    if (single) return {};
    HOLO_TRY(need(kIndex, kLargestText));
    const std::string path = folder_ + "/" + kIndex;
    HOLO_ASSIGN(const auto text, read_text_file(path, kLargestText));
    HOLO_ASSIGN(const auto index, parse_shard_index(text, "'" + path + "'"));
    for (const auto& shard : index.shards) HOLO_TRY(need(shard, options_.largest_file));
    return {};
  }

  Status take_tokenizer() {
    HOLO_TRY(take("tokenizer_config.json", kLargestText));
    HOLO_ASSIGN(const bool whole, take("tokenizer.json", kLargestText));
    if (whole) return {};
    HOLO_TRY(need("vocab.json", kLargestText));
    return need("merges.txt", kLargestText);
  }

  std::vector<FetchedFile> files;

 private:
  std::string url_;
  std::string folder_;
  const FetchOptions& options_;
};

}  // namespace

bool fetch_available() { return true; }

Result<std::vector<FetchedFile>> fetch_model(const std::string& name, const std::string& folder,
                                             const FetchOptions& options) {
  HOLO_ASSIGN(const auto repository, model_repository(name));
  constexpr const char* kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  if (options.revision.empty() || options.revision.front() == '.' ||
      options.revision.find_first_not_of(kAllowed) != std::string::npos) {
    return make_error(HOLO_INVALID_ARG, "'" + options.revision.substr(0, 100) +
                                            "' is no revision; expected a branch, tag or commit");
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return make_error(HOLO_IO, "the folder '" + folder + "' cannot be made: " + error.message());
  }
  Fetcher fetcher(options.base + "/" + repository + "/resolve/" + options.revision + "/", folder,
                  options);
  HOLO_TRY(fetcher.need("config.json", kLargestText));
  // A model that the runtime cannot run is not worth gigabytes.
  HOLO_TRY(read_config(folder));
  HOLO_TRY(fetcher.take_tokenizer());
  HOLO_TRY(fetcher.take_weights());
  return std::move(fetcher.files);
}

}  // namespace holo::lm
