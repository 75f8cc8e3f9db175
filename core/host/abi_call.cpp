// Calls across the boundary: the error record that a plugin fills, and what comes of its status.
#include "core/host/abi_call.hpp"

#include <algorithm>
#include <cstring>
#include <exception>

#include "core/host/checks.hpp"
#include "core/host/job.hpp"

namespace holo::host {
namespace {
constexpr unsigned char kGuard = 0xA5;

template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return printable(std::string_view(field, strnlen(field, N)));
}
}  // namespace

std::string exception_text() {
  try {
    throw;
  } catch (const std::exception& exception) {
    return printable(exception.what());
  } catch (...) {
    return "of a type that says nothing";
  }
}

ErrorRecord::ErrorRecord() {
  std::memset(&record_.error, 0, sizeof(record_.error));
  record_.error.struct_size = sizeof(holo_error);
  record_.error.unit = -1;
  record_.guard.fill(kGuard);
}

Status ErrorRecord::check(holo_status status, std::string_view what) {
  const bool intact = std::all_of(record_.guard.begin(), record_.guard.end(),
                                  [](unsigned char byte) { return byte == kGuard; });
  if (!intact) {
    return make_error(HOLO_INTERNAL, std::string(what) + " wrote past the end of the error record");
  }
  if (status == HOLO_OK) return {};
  Error error;
  error.code = status;
  error.message = text_of(record_.error.message);
  error.param = text_of(record_.error.param);
  error.unit = record_.error.unit;
  if (!is_known_status(status)) {
    error.code = HOLO_INTERNAL;
    error.message = std::string(what) + " returned the unknown " + status_name(status) +
                    (error.message.empty() ? "" : ": " + error.message);
  } else if (status == HOLO_CANCELLED && !Job::cancelled()) {
    error.code = HOLO_INTERNAL;
    error.message = std::string(what) + " returned CANCELLED although nobody asked it to stop";
  } else if (error.message.empty()) {
    error.message = std::string(what) + " failed with " + status_name(status) + " and no message";
  }
  return error;
}

}  // namespace holo::host
