// Errors as values: Result<T>, Status, and the two macros that pass them on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <holo/abi/base.h>

namespace holo {

// What went wrong. `message` says what, where, expected, found, and what to do next.
struct Error {
  holo_status code = HOLO_INTERNAL;
  std::string message;
  std::string param;       // key of the parameter at fault, or empty
  std::int64_t unit = -1;  // index of the unit at fault, or -1

  // The same error, told from one level further out: "context: message".
  [[nodiscard]] Error in(std::string_view context) && {
    message = std::string(context) + ": " + message;
    return std::move(*this);
  }
};

[[nodiscard]] inline Error make_error(holo_status code, std::string message) {
  return Error{code, std::move(message), {}, -1};
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  // Only after ok().
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  // Only after !ok().
  Error& error() & { return *std::get_if<1>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  Error& error() & { return error_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
  bool ok_ = true;
};

using Status = Result<void>;

}  // namespace holo

#define HOLO_CONCAT_INNER(a, b) a##b
#define HOLO_CONCAT(a, b) HOLO_CONCAT_INNER(a, b)

// HOLO_TRY(expression): returns its error from the calling function, if it has one.
#define HOLO_TRY(expression)                                              \
  do {                                                                    \
    auto holo_try_result = (expression);                                  \
    if (!holo_try_result.ok()) return std::move(holo_try_result).error(); \
  } while (false)

// HOLO_ASSIGN(auto x, expression): declares x from the value, or returns the error.
#define HOLO_ASSIGN(declaration, expression) \
  HOLO_ASSIGN_INNER(HOLO_CONCAT(holo_result_, __LINE__), declaration, expression)
#define HOLO_ASSIGN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                              \
  if (!temporary.ok()) return std::move(temporary).error();   \
  declaration = std::move(temporary).value()
