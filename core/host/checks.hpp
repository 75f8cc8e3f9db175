// Checks of what a plugin hands over: strings first, before anything is copied.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"

namespace holo::host {

// A copy of `text`: UTF-8 without control characters (line breaks allowed in `optional_text`), at
// most `limit` characters. `where` names the field in the message. INVALID_ARG otherwise.
Result<std::string> required_text(const char* text, std::size_t limit, const std::string& where);
Result<std::string> optional_text(const char* text, std::size_t limit, const std::string& where);

// Text of a stranger made fit for one line of a terminal: control characters become spaces, broken
// UTF-8 becomes '?'.
std::string printable(std::string_view text);

// "UNSUPPORTED"; "status 77" if it is none of the ABI's.
std::string status_name(holo_status status);
[[nodiscard]] bool is_known_status(holo_status status);

// "SIGSEGV"; "signal 77" if it has no name.
std::string signal_name(int signal);

// "picture", "frame", "tensor", "cache block"; "unit" if unknown.
std::string_view unit_noun(std::int32_t kind) noexcept;

}  // namespace holo::host
