// Entities and base64.
#include "apps/holohost/html_text.hpp"

#include <algorithm>

namespace holo::cli {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string png_data_url(std::span<const std::uint8_t> png) {
  constexpr const char* kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string url = "data:image/png;base64,";
  for (std::size_t i = 0; i < png.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, png.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < count ? png[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) {
      url += k <= count ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return url;
}

}  // namespace holo::cli
