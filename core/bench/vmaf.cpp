// ffmpeg as a child that reads two PAM files and writes libvmaf's log to a pipe.
#include "core/bench/vmaf.hpp"

#include <unistd.h>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/file.hpp"
#include "core/bench/scratch.hpp"
#include "core/host/child_process.hpp"
#include "core/media/picture.hpp"

namespace holo::bench {

namespace {

constexpr int kAnswer = 3;
constexpr int kFindMilliseconds = 10000;
constexpr int kScoreMilliseconds = 600000;

Result<std::unique_ptr<AtomicFile>> as_pam(UnitBuffer& unit) {
  HOLO_ASSIGN(auto file, scratch_file());
  const media::PictureFormat* pam = media::picture_format_for_path("x.pam");
  HOLO_TRY(media::write_picture(*file, *pam, unit, {}, {}));
  return file;
}

}  // namespace

std::string find_vmaf() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string program = folder + "/ffmpeg";
    if (folder.empty() || ::access(program.c_str(), X_OK) != 0) continue;
    const auto listed = host::run_child({program, "-hide_banner", "-h", "filter=libvmaf"}, kAnswer,
                                        kFindMilliseconds);
    const bool has = listed && listed->errors.find("libvmaf AVOptions") != std::string::npos;
    return has ? program : std::string();
  }
  return {};
}

Result<double> vmaf(const std::string& ffmpeg, UnitBuffer& reference, UnitBuffer& test) {
  HOLO_ASSIGN(const auto original, as_pam(reference));
  HOLO_ASSIGN(const auto decoded, as_pam(test));
  const std::vector<std::string> words = {ffmpeg,
                                          "-nostdin",
                                          "-v",
                                          "error",
                                          "-f",
                                          "pam_pipe",
                                          "-i",
                                          decoded->temporary_path().string(),
                                          "-f",
                                          "pam_pipe",
                                          "-i",
                                          original->temporary_path().string(),
                                          "-lavfi",
                                          "[0:v]format=yuv444p[d];[1:v]format=yuv444p[r];"
                                          "[d][r]libvmaf=log_fmt=json:log_path=/dev/fd/3",
                                          "-f",
                                          "null",
                                          "-"};
  HOLO_ASSIGN(const auto outcome, host::run_child(words, kAnswer, kScoreMilliseconds));
  const auto log = nlohmann::json::parse(outcome.answer, nullptr, false);
  const auto at = nlohmann::json::json_pointer("/pooled_metrics/vmaf/mean");
  if (log.is_discarded() || !log.contains(at) || !log[at].is_number()) {
    return make_error(HOLO_INTERNAL, "libvmaf gave no score: " + outcome.errors);
  }
  return log[at].get<double>();
}

}  // namespace holo::bench
