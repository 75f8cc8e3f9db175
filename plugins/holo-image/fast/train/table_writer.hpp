// Writes numbers as lines of an array of string literals, in the notation of model_text.hpp.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "plugins/holo-image/fast/model_text.hpp"

namespace holo::image::fast {

inline bool write_table(const std::string& path, const std::string& comment,
                        const std::vector<int>& numbers) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  std::fprintf(file, "// %s\n", comment.c_str());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i % kModelNumbersPerLine == 0) std::fputc('"', file);
    const int code = std::clamp(numbers[i] + kModelOffset, 0, 4095);
    std::fputc(kModelDigits[std::size_t(code >> 6)], file);
    std::fputc(kModelDigits[std::size_t(code & 63)], file);
    if (i % kModelNumbersPerLine == kModelNumbersPerLine - 1 || i + 1 == numbers.size())
      std::fputs("\",\n", file);
  }
  return std::fclose(file) == 0;
}

// The same for odds, one character each.
inline bool write_odds(const std::string& path, const std::string& comment,
                       const std::vector<std::uint8_t>& odds) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  std::fprintf(file, "// %s\n", comment.c_str());
  for (std::size_t i = 0; i < odds.size(); ++i) {
    if (i % kOddsPerLine == 0) std::fputc('"', file);
    std::fputc(kModelDigits[odds[i]], file);
    if (i % kOddsPerLine == kOddsPerLine - 1 || i + 1 == odds.size()) std::fputs("\",\n", file);
  }
  return std::fclose(file) == 0;
}

}  // namespace holo::image::fast
