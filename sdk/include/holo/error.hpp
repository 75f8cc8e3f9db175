// Failure: the one exception of a plugin, and guard(), which turns any exception into a status.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <holo/abi/base.h>

namespace holo {

// Thrown anywhere in a plugin; guard() carries it over the boundary. `message` says what failed,
// where, what was expected and found, and what to do next. `param` names the parameter at fault,
// `unit` the unit, if any.
class Failure : public std::exception {
 public:
  Failure(holo_status status, std::string message, std::string param = {}, std::int64_t unit = -1)
      : message_(std::move(message)), param_(std::move(param)), unit_(unit), status_(status) {}

  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] holo_status status() const noexcept { return status_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] const std::string& param() const noexcept { return param_; }
  [[nodiscard]] std::int64_t unit() const noexcept { return unit_; }

 private:
  std::string message_;
  std::string param_;
  std::int64_t unit_;
  holo_status status_;
};

// The user asked to stop. Let it pass: guard() reports it as HOLO_CANCELLED.
class Cancelled : public Failure {
 public:
  Cancelled() : Failure(HOLO_CANCELLED, "cancelled") {}
};

[[noreturn]] inline void fail(holo_status status, std::string message) {
  throw Failure(status, std::move(message));
}
// Throws CORRUPT unless `condition` holds: for everything that is read from a source.
inline void expect(bool condition, const char* message) {
  if (!condition) throw Failure(HOLO_CORRUPT, message);
}

// Takes the value out of anything shaped like core/base's Result, or throws its error.
template <class R>
auto unwrap(R&& result) -> decltype(std::forward<R>(result).value()) {
  if (!result.ok()) {
    auto& e = result.error();
    throw Failure(e.code, e.message, e.param, e.unit);
  }
  return std::forward<R>(result).value();
}
// The same for results without a value.
template <class R>
void check(R&& result) {
  if (!result.ok()) {
    auto& e = result.error();
    throw Failure(e.code, e.message, e.param, e.unit);
  }
}

namespace detail {

// Cuts between UTF-8 characters.
inline void copy_text(char* out, std::size_t capacity, const char* text) noexcept {
  std::size_t length = std::strlen(text);
  if (length >= capacity) {
    length = capacity - 1;
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0u) == 0x80u) --length;
  }
  std::memcpy(out, text, length);
  out[length] = '\0';
}

inline holo_status record(holo_error* error, holo_status status, const char* message,
                          const char* param = "", std::int64_t unit = -1) noexcept {
  if (HOLO_HAS(error, holo_error, message)) {
    error->code = status;
    error->unit = unit;
    copy_text(error->param, sizeof error->param, param);
    copy_text(error->message, sizeof error->message, message);
  }
  return status;
}

// A record ready to be handed to the other side.
inline holo_error empty_error() noexcept {
  holo_error error{};
  error.struct_size = sizeof error;
  error.unit = -1;
  return error;
}

// Throws what the other side reported; `what` stands in if it left no message.
inline void check_status(holo_status status, const holo_error& error, const char* what) {
  if (status == HOLO_OK) return;
  if (status == HOLO_CANCELLED) throw Cancelled();
  throw Failure(status, error.message[0] != '\0' ? error.message : what, error.param, error.unit);
}

}  // namespace detail

// Runs `body` and returns HOLO_OK, or the status of what it threw with `error` (may be NULL)
// filled. Nothing gets past it.
template <class Body>
holo_status guard(holo_error* error, Body&& body) noexcept {
  try {
    body();
    return HOLO_OK;
  } catch (const Failure& failure) {
    return detail::record(error, failure.status() == HOLO_OK ? HOLO_INTERNAL : failure.status(),
                          failure.what(), failure.param().c_str(), failure.unit());
  } catch (const std::bad_alloc&) {
    return detail::record(error, HOLO_NO_MEMORY, "out of memory");
  } catch (const std::length_error&) {
    return detail::record(error, HOLO_NO_MEMORY, "a container would be larger than memory");
  } catch (const std::exception& exception) {
    return detail::record(error, HOLO_INTERNAL, exception.what());
  } catch (...) {
    return detail::record(error, HOLO_INTERNAL, "an exception of unknown type");
  }
}

}  // namespace holo
