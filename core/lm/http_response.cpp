#include "core/lm/http_response.hpp"

#include <algorithm>
#include <charconv>

namespace holo::lm {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() ? value : 0;
}

// "<64 digits>" with its quotes.
std::string sha256_of(std::string_view tag) {
  constexpr std::size_t kDigits = 64;
  if (tag.size() == kDigits + 2 && tag.front() == '"' && tag.back() == '"') {
    tag = tag.substr(1, kDigits);
  }
  const std::string text = lower(tag);
  const bool whole =
      text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
  return whole ? text : std::string();
}

}  // namespace

void HttpResponse::take(std::string_view line) {
  if (line.substr(0, 5) == "HTTP/") {
    length = 0;
    range_begin = 0;
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string name = lower(trimmed(line.substr(0, colon)));
  const auto value = trimmed(line.substr(colon + 1));
  if (name == "content-length") length = number(value);
  if (name == "content-range" && lower(value.substr(0, 6)) == "bytes ") {
    range_begin = number(value.substr(6));
  }
  if (name == "x-linked-etag" && linked_sha256.empty()) linked_sha256 = sha256_of(value);
  if (name == "x-linked-size" && linked_size == 0) linked_size = number(value);
}

}  // namespace holo::lm
