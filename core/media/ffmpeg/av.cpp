// Collecting FFmpeg's log for error messages instead of letting it print.
#include "core/media/ffmpeg/av.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>

namespace holo::media {

namespace {

constexpr std::size_t kMaxLines = 3;

thread_local Talk* current_talk = nullptr;

Talk* talk_of(void* context) {
  if (context == nullptr) return current_talk;
  const AVClass* type = *static_cast<const AVClass**>(context);
  void* opaque = nullptr;
  if (type == avcodec_get_class()) opaque = static_cast<AVCodecContext*>(context)->opaque;
  if (type == avformat_get_class()) opaque = static_cast<AVFormatContext*>(context)->opaque;
  return opaque != nullptr ? static_cast<Talk*>(opaque) : current_talk;
}

void collect(void* context, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR) return;
  Talk* talk = talk_of(context);
  if (talk == nullptr) return;
  std::array<char, 512> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  std::string line;
  for (const char c : std::string_view(text.data())) {
    if (c == '\n') break;
    line += c >= ' ' && c <= '~' ? c : '?';  // tags of a damaged file come through here
  }
  if (!line.empty()) talk->add(std::move(line));
}

}  // namespace

Talk::Talk() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(collect); });
}

void Talk::add(std::string line) {
  const std::lock_guard lock(mutex_);
  if (!lines_.empty() && lines_.back() == line) return;
  if (lines_.size() == kMaxLines) lines_.pop_front();
  lines_.push_back(std::move(line));
}

std::string Talk::take() {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const std::string& line : lines_) text += (text.empty() ? "" : "; ") + line;
  lines_.clear();
  return text;
}

bool Talk::mentions(std::string_view words) const {
  const std::lock_guard lock(mutex_);
  for (const std::string& line : lines_) {
    if (line.find(words) != std::string::npos) return true;
  }
  return false;
}

TalkScope::TalkScope(Talk& talk) : outer_(current_talk) { current_talk = &talk; }
TalkScope::~TalkScope() { current_talk = outer_; }

std::string av_text(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

Error av_failure(int code, holo_status status, const std::string& what, Talk& talk) {
  const std::string said = talk.take();
  return make_error(code == AVERROR(ENOMEM) ? HOLO_NO_MEMORY : status,
                    what + ": " + av_text(code) + (said.empty() ? "" : " (FFmpeg: " + said + ")"));
}

std::string seconds_text(double seconds) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.3f s", seconds);
  return text.data();
}

}  // namespace holo::media
