#include "core/lm/http_download.hpp"

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <thread>

#include "core/lm/http_response.hpp"
#include "core/lm/part_file.hpp"
#include "core/lm/sha256.hpp"

namespace holo::lm {
namespace {

constexpr long kConnectSeconds = 30;
constexpr long kSilentSeconds = 60;
constexpr long kMostRedirects = 5;

enum class Outcome { whole, missing, again };

bool stopped(const FetchOptions& options) { return options.stop && options.stop(); }

// One request: what has come goes to the end of the part file.
class Attempt {
 public:
  Attempt(const Download& what, const FetchOptions& options, PartFile& part)
      : what_(what), options_(options), part_(part), begin_(part.size()) {}

  // `again`: worth another try; why() tells what happened.
  Result<Outcome> run();
  [[nodiscard]] const HttpResponse& response() const { return response_; }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t);
  [[nodiscard]] long status() const;
  Status begin_body();
  Status take_body(std::span<const std::uint8_t> bytes);
  Result<Outcome> judge(CURLcode code);

  const Download& what_;
  const FetchOptions& options_;
  PartFile& part_;
  std::uint64_t begin_;
  CURL* curl_ = nullptr;
  HttpResponse response_;
  bool body_begun_ = false;
  bool restart_ = false;
  Status failure_;
  std::string why_;
};

std::size_t Attempt::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  static_cast<Attempt*>(self)->response_.take({data, size * count});
  return size * count;
}

std::size_t Attempt::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& attempt = *static_cast<Attempt*>(self);
  attempt.failure_ = attempt.take_body({reinterpret_cast<const std::uint8_t*>(data), size * count});
  return attempt.failure_.ok() && !attempt.restart_ ? size * count : 0;
}

int Attempt::on_progress(void* self, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  const auto& attempt = *static_cast<Attempt*>(self);
  if (attempt.options_.on_progress && attempt.body_begun_) {
    const std::uint64_t done = attempt.begin_ + static_cast<std::uint64_t>(now);
    const std::uint64_t all =
        total > 0 ? attempt.begin_ + static_cast<std::uint64_t>(total) : std::uint64_t{0};
    attempt.options_.on_progress({attempt.what_.name, done, all});
  }
  return stopped(attempt.options_) ? 1 : 0;
}

long Attempt::status() const {
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

// A server may answer a request for the rest with the whole.
Status Attempt::begin_body() {
  body_begun_ = true;
  if (begin_ == 0) return {};
  if (status() == 206) {
    // Without a digest nothing would tell whether the rest belongs to what is there.
    restart_ = response_.range_begin != begin_ || response_.linked_sha256.empty();
    return {};
  }
  begin_ = 0;
  return part_.clear();
}

Status Attempt::take_body(std::span<const std::uint8_t> bytes) {
  // The text of an error is not the file: curl hands it out where a range was refused.
  if (status() != 200 && status() != 206) return {};
  if (!body_begun_) HOLO_TRY(begin_body());
  if (restart_) return {};
  if (part_.size() > what_.most || bytes.size() > what_.most - part_.size()) {
    part_.remove();
    return make_error(HOLO_NO_MEMORY, "'" + what_.url + "' is larger than the limit of " +
                                          std::to_string(what_.most) + " bytes for this file");
  }
  return part_.append(bytes);
}

Result<Outcome> Attempt::judge(CURLcode code) {
  HOLO_TRY(std::move(failure_));
  if (stopped(options_)) {
    return make_error(HOLO_CANCELLED, "downloading '" + what_.name + "' was cancelled");
  }
  const long status = this->status();
  if (code == CURLE_OK && (status == 200 || status == 206)) {
    // An empty body calls nobody.
    if (!body_begun_) HOLO_TRY(begin_body());
    if (!restart_) return Outcome::whole;
  }
  if (status == 404) return Outcome::missing;
  if (status == 401 || status == 403) {
    return make_error(HOLO_IO, "the server refuses '" + what_.url + "' (status " +
                                   std::to_string(status) +
                                   "): the model does not exist or asks for an agreement; "
                                   "download its files by hand");
  }
  if (status == 416) {
    if (!response_.linked_sha256.empty() && part_.size() == response_.linked_size) {
      return Outcome::whole;
    }
    restart_ = true;
  }
  if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT) {
    return make_error(HOLO_INVALID_ARG, "'" + what_.url + "' is not fetched: " +
                                            curl_easy_strerror(code) + "; expected https://...");
  }
  if (restart_) HOLO_TRY(part_.clear());
  why_ = code == CURLE_OK || code == CURLE_HTTP_RETURNED_ERROR ? "status " + std::to_string(status)
                                                               : curl_easy_strerror(code);
  return Outcome::again;
}

Result<Outcome> Attempt::run() {
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return make_error(HOLO_INTERNAL, "libcurl cannot start");
  curl_ = curl.get();
  const char* protocols = options_.allow_http ? "https,http" : "https";
  curl_easy_setopt(curl_, CURLOPT_URL, what_.url.c_str());
  curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, protocols);
  curl_easy_setopt(curl_, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
  curl_easy_setopt(curl_, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl_, CURLOPT_MAXREDIRS, kMostRedirects);
  curl_easy_setopt(curl_, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_TIME, kSilentSeconds);
  curl_easy_setopt(curl_, CURLOPT_USERAGENT, "holohost");
  // Not CURLOPT_RESUME_FROM, which takes a server that sends the whole for a failure.
  const std::string range = std::to_string(begin_) + "-";
  if (begin_ > 0) curl_easy_setopt(curl_, CURLOPT_RANGE, range.c_str());
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, &Attempt::on_header);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &Attempt::on_body);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl_, CURLOPT_XFERINFOFUNCTION, &Attempt::on_progress);
  curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, this);
  return judge(curl_easy_perform(curl_));
}

// Empty if the file is what the server says it is.
Result<std::string> find_damage(const PartFile& part, const HttpResponse& response,
                                const FetchOptions& options) {
  if (response.linked_size != 0 && part.size() != response.linked_size) {
    return "it has " + std::to_string(part.size()) + " bytes, expected " +
           std::to_string(response.linked_size);
  }
  if (response.linked_sha256.empty()) return std::string();
  HOLO_ASSIGN(const auto found, file_sha256(part.part_path(), options.stop));
  if (found == response.linked_sha256) return std::string();
  return "its SHA-256 is " + found + ", expected " + response.linked_sha256;
}

Status pause(int failures, const FetchOptions& options) {
  constexpr int kSteps = 20;
  for (int i = 0; i < kSteps; ++i) {
    if (stopped(options)) return make_error(HOLO_CANCELLED, "the download was cancelled");
    std::this_thread::sleep_for(options.pause * failures / kSteps);
  }
  return {};
}

}  // namespace

Result<std::optional<FetchedFile>> download(const Download& what, const FetchOptions& options) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  HOLO_ASSIGN(auto part, PartFile::open(what.path));
  std::string why;
  for (int failures = 0; failures < options.attempts; ++failures) {
    if (failures > 0) HOLO_TRY(pause(failures, options));
    Attempt attempt(what, options, *part);
    auto outcome = attempt.run();
    const HttpResponse& response = attempt.response();
    if (!outcome.ok() || *outcome != Outcome::whole) {
      // What has no digest cannot be gone on with.
      const bool worth_keeping = part->size() > 0 && !response.linked_sha256.empty();
      if (!outcome.ok() || *outcome == Outcome::missing) {
        if (!worth_keeping) part->remove();
        if (!outcome.ok()) return std::move(outcome).error();
        return std::optional<FetchedFile>();
      }
      why = attempt.why();
      continue;
    }
    HOLO_ASSIGN(why, find_damage(*part, response, options));
    if (why.empty()) {
      HOLO_TRY(part->finish());
      return std::optional<FetchedFile>({what.name, part->size(), response.linked_sha256, false});
    }
    HOLO_TRY(part->clear());
  }
  if (part->size() == 0) part->remove();
  return make_error(HOLO_IO, "'" + what.url + "' did not come in " +
                                 std::to_string(options.attempts) + " attempts: " + why +
                                 "; try again later, what has come is gone on with");
}

}  // namespace holo::lm
