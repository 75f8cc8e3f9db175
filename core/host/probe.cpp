// Asking an unknown plugin file what it is, in a child process that may crash or hang.
#include "core/host/probe.hpp"

#include <unistd.h>
#include <algorithm>
#include <cerrno>

#include <nlohmann/json.hpp>

#include "core/host/checks.hpp"
#include "core/host/child_process.hpp"
#include "core/host/elf_note.hpp"
#include "core/host/loader.hpp"
#include "core/host/record_json.hpp"

namespace holo::host {
namespace {

constexpr std::size_t kLongestWords = 200;

PluginRecord refused(const std::filesystem::path& path, PluginState state, std::string reason) {
  PluginRecord record;
  record.path = path;
  record.state = state;
  record.reason = std::move(reason);
  return record;
}

// The last line that the child wrote, as a hint to why it died.
std::string last_words(const std::string& errors) {
  const std::size_t end = errors.find_last_not_of(" \n");
  if (end == std::string::npos) return {};
  const std::size_t newline = errors.rfind('\n', end);
  const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
  const std::size_t size = end + 1 - begin;
  return "; its last words: " + printable(errors.substr(begin, std::min(size, kLongestWords))) +
         (size > kLongestWords ? "..." : "");
}

std::string seconds(int milliseconds) {
  std::string text = std::to_string(milliseconds / 1000);
  if (milliseconds % 1000 != 0) text += "." + std::to_string(milliseconds % 1000 / 100);
  return text + " s";
}

PluginRecord judge(const std::filesystem::path& path, const ChildOutcome& outcome, int timeout_ms) {
  const auto failed = [&](const std::string& reason) {
    return refused(path, PluginState::failed, reason + last_words(outcome.errors));
  };
  if (outcome.timed_out) {
    return failed("did not answer within " + seconds(timeout_ms) +
                  " while it was loaded and asked what it offers; if the machine was busy, try "
                  "'holohost plugins doctor --rescan'");
  }
  if (outcome.signal != 0) {
    return failed("crashed with " + signal_name(outcome.signal) + " while loading");
  }
  const auto json = nlohmann::json::parse(outcome.answer, nullptr, false);
  auto record = record_from_json(json);
  if (json.is_discarded() || !record.ok()) {
    return failed("ended the process that examined it, with exit code " +
                  std::to_string(outcome.exit_code) + " and without an answer");
  }
  if (record->path != path) return failed("answered for another file");
  return std::move(record).value();
}

bool write_fully(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace

Result<PluginRecord> probe_plugin(const std::filesystem::path& path,
                                  const std::filesystem::path& executable, int timeout_ms) {
  const auto note = read_elf_note(path);
  if (!note.ok()) return refused(path, PluginState::rejected, note.error().message);
  HOLO_ASSIGN(const ChildOutcome outcome, run_child({executable.string(), "__probe", path.string()},
                                                    kProbeDescriptor, timeout_ms));
  PluginRecord record = judge(path, outcome, timeout_ms);
  record.torch_version = note->torch_version;
  return record;
}

int run_probe(const std::string& path, int fd) {
  auto plugin = load_plugin(path);
  const PluginRecord record =
      plugin.ok() ? (*plugin)->record : refused(path, PluginState::failed, plugin.error().message);
  const std::string text =
      record_to_json(record).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  // Plugins may have left threads or exit handlers behind; none of them has a say here.
  ::_exit(write_fully(fd, text) ? 0 : 1);
}

}  // namespace holo::host
