// How a long text is cut into windows for measuring, so that every token is predicted once.
#pragma once

#include <cstddef>
#include <vector>

namespace holo::lm {

// Tokens begin..end - 1 of the text are one window; those from first_target on are its to predict,
// each from the tokens before it in the window.
struct TextWindow {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t first_target = 0;
};

// Windows of `window` tokens that begin every `stride`: 1 <= stride <= window, window >= 2. A
// window predicts what no earlier one did. With stride = window the first token of each window is
// context only (GPT-2's 29.9 on WikiText-2 is with 1024 and 1024); with stride = window - 1 every
// token but the text's first is predicted.
std::vector<TextWindow> text_windows(std::size_t tokens, std::size_t window, std::size_t stride);

}  // namespace holo::lm
