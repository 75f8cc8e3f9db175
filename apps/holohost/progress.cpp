// The progress line.
#include "apps/holohost/progress.hpp"

#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <mutex>
#include <string>

#include "apps/holohost/session.hpp"

namespace holo::cli {

namespace {

constexpr double kPlainIntervalSeconds = 5;
constexpr double kQuietStartSeconds = 0.5;

std::mutex mutex;
bool line_open = false;
double last_plain = 0;

// A job has several phases; rates are of the one that runs.
struct Phase {
  std::string name;
  double start = 0;
};
Phase phase;

std::string text_of(const host::ProgressUpdate& update) {
  const double done = static_cast<double>(update.units_done) + update.unit_fraction;
  const double seconds = update.seconds - phase.start;
  const double rate = seconds > 0 ? done / seconds : 0;
  std::string text(update.phase);
  if (update.units_total > 1) {
    const double total = static_cast<double>(update.units_total);
    text += " " + std::to_string(update.units_done) + "/" + std::to_string(update.units_total) +
            " (" + fixed(std::min(100.0, 100 * done / total), 0) + " %)";
    if (rate > 0) {
      text += ", " + fixed(rate, rate < 10 ? 2 : 0) + " units/s";
      if (done < total) text += ", " + human_seconds((total - done) / rate) + " left";
    }
  } else if (update.units_total == 1) {
    text += " " + fixed(100 * std::min(1.0, done), 0) + " %";
    if (rate > 0 && done < 1) text += ", " + human_seconds((1 - done) / rate) + " left";
  } else {
    text += " " + std::to_string(update.units_done) + " units";
    if (rate > 0) text += ", " + fixed(rate, rate < 10 ? 2 : 0) + " units/s";
  }
  return text;
}

}  // namespace

void show_progress(const host::ProgressUpdate& update) {
  static const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const std::lock_guard lock(mutex);
  // A later job begins at zero again.
  if (update.phase != phase.name || update.seconds < phase.start) {
    phase = {std::string(update.phase), phase.name.empty() ? 0 : update.seconds};
  }
  if (update.seconds < kQuietStartSeconds) return;
  if (terminal) {
    std::fprintf(stderr, "\r\033[K%s", text_of(update).c_str());
    std::fflush(stderr);
    line_open = true;
    return;
  }
  if (update.seconds < last_plain) last_plain = 0;
  if (update.seconds - last_plain < kPlainIntervalSeconds) return;
  last_plain = update.seconds;
  std::fprintf(stderr, "%s\n", text_of(update).c_str());
}

void clear_progress_line() {
  const std::lock_guard lock(mutex);
  if (!line_open) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  line_open = false;
}

}  // namespace holo::cli
