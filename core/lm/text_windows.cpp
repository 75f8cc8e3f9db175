// Windows over a text.
#include "core/lm/text_windows.hpp"

#include <algorithm>

namespace holo::lm {

std::vector<TextWindow> text_windows(std::size_t tokens, std::size_t window, std::size_t stride) {
  std::vector<TextWindow> windows;
  std::size_t predicted = 0;
  for (std::size_t begin = 0; begin + 1 < tokens; begin += stride) {
    const std::size_t end = std::min(tokens, begin + window);
    const std::size_t first = std::max(begin + 1, predicted);
    if (first < end) windows.push_back({begin, end, first});
    predicted = end;
    if (end == tokens) break;
  }
  return windows;
}

}  // namespace holo::lm
