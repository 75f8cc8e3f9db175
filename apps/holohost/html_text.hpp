// Text on its way into HTML.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace holo::cli {

// With & < > " as entities.
std::string escaped(const std::string& text);
// "data:image/png;base64,...".
std::string png_data_url(std::span<const std::uint8_t> png);

}  // namespace holo::cli
