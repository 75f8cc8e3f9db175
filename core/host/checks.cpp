// Checks of what a plugin hands over: strings first, before anything is copied.
#include "core/host/checks.hpp"

#include <array>
#include <csignal>
#include <cstring>

#include <holo/abi/unit.h>

namespace holo::host {
namespace {

// Length of the well-formed UTF-8 sequence at text[0], or 0.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto trails = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return trails(1) ? 2 : 0;
  if (lead >= 0xE0 && lead < 0xF0) {
    if (!trails(1) || !trails(2)) return 0;
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead >= 0xF0 && lead < 0xF5) {
    if (!trails(1) || !trails(2) || !trails(3)) return 0;
    const bool out_of_range = (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) >= 0x90);
    return out_of_range ? 0 : 4;
  }
  return 0;
}

Result<std::string> checked(const char* text, std::size_t limit, const std::string& where,
                            bool line_breaks) {
  const std::size_t most_bytes = limit * 4;
  const std::string_view view(text, strnlen(text, most_bytes + 1));
  std::size_t characters = 0;
  for (std::size_t i = 0; i < view.size(); ++characters) {
    const std::size_t length = sequence_length(view.substr(i));
    const auto first = static_cast<unsigned char>(view[i]);
    const bool control = (first < 0x20 && !(line_breaks && first == '\n')) || first == 0x7F;
    if (length == 0 || control) {
      return make_error(HOLO_INVALID_ARG, where + ": not UTF-8 text without control characters");
    }
    i += length;
  }
  if (characters > limit) {
    return make_error(HOLO_INVALID_ARG,
                      where + ": longer than " + std::to_string(limit) + " characters");
  }
  return std::string(view);
}

constexpr std::array<const char*, 11> kStatusNames = {
    "OK",     "INVALID_ARG", "UNSUPPORTED", "CORRUPT",      "NOT_FOUND", "NO_MEMORY",
    "DEVICE", "IO",          "CANCELLED",   "ABI_MISMATCH", "INTERNAL"};

}  // namespace

Result<std::string> required_text(const char* text, std::size_t limit, const std::string& where) {
  if (text == nullptr || *text == '\0') {
    return make_error(HOLO_INVALID_ARG,
                      where + ": expected a text, found " + (text == nullptr ? "NULL" : "\"\""));
  }
  return checked(text, limit, where, false);
}

Result<std::string> optional_text(const char* text, std::size_t limit, const std::string& where) {
  if (text == nullptr) return std::string();
  return checked(text, limit, where, true);
}

std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text.substr(i));
    const auto first = static_cast<unsigned char>(text[i]);
    if (length == 0) {
      result += '?';
    } else if (first < 0x20 || first == 0x7F) {
      result += ' ';
    } else {
      result += text.substr(i, length);
    }
    i += length == 0 ? 1 : length;
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

bool is_known_status(holo_status status) {
  return status >= 0 && status < static_cast<holo_status>(kStatusNames.size());
}

std::string status_name(holo_status status) {
  if (!is_known_status(status)) return "status " + std::to_string(status);
  return kStatusNames[static_cast<std::size_t>(status)];
}

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

std::string_view unit_noun(std::int32_t kind) noexcept {
  switch (kind) {
    case HOLO_PICTURE:
      return "picture";
    case HOLO_FRAME:
      return "frame";
    case HOLO_TENSOR:
      return "tensor";
    case HOLO_KV:
      return "cache block";
    default:
      return "unit";
  }
}

}  // namespace holo::host
