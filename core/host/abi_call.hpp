// Calls across the boundary: the error record that a plugin fills, and what comes of its status.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <holo/abi/base.h>

#include "core/base/result.hpp"
#include "core/host/job_status.hpp"

namespace holo::host {

// What the exception in flight says of itself; call inside a catch block.
std::string exception_text();

// A holo_error as the ABI wants it before a call, guarded so that writing past it is noticed.
class ErrorRecord {
 public:
  ErrorRecord();
  [[nodiscard]] holo_error* get() { return &record_.error; }
  // Turns the returned status and the record into a Status. Unknown codes become INTERNAL; texts
  // are made printable; `what` names the call where the plugin itself says nothing.
  Status check(holo_status status, std::string_view what);

 private:
  struct {
    holo_error error;
    std::array<unsigned char, 64> guard;
  } record_;
};

// Who is called, for messages: "plugin 'rle' (/usr/lib/.../rle.holo.so)".
struct Callee {
  std::string alias;
  std::string path;
  std::int32_t unit_kind = 0;
  [[nodiscard]] std::string name() const { return "plugin '" + alias + "' (" + path + ")"; }
};

// Runs `call(holo_error*)` inside the plugin: notes it on the status page, stops exceptions, and
// returns its outcome with the plugin's name in front.
template <class Call>
Status call_plugin(const Callee& callee, std::string_view what, std::int64_t unit, Call&& call) {
  ErrorRecord record;
  Status status;
  {
    const PluginCall mark(callee.alias, callee.unit_kind, unit);
    try {
      status = record.check(call(record.get()), what);
    } catch (...) {
      status =
          make_error(HOLO_INTERNAL, std::string(what) + " threw an exception: " + exception_text() +
                                        "; nothing may cross the ABI, report it to its vendor");
    }
  }
  if (!status.ok()) return std::move(status).error().in(callee.name());
  return status;
}

// Calls a destroy function: an exception in it is swallowed, there is nobody to tell.
template <class Destroy>
void destroy_instance(const Callee& callee, Destroy&& destroy) noexcept {
  const PluginCall mark(callee.alias, callee.unit_kind, -1);
  try {
    destroy();
  } catch (...) {
    // The instance is lost either way.
  }
}

}  // namespace holo::host
