// A small GPT-2 with random weights and a text in its vocabulary: what the tests of `lm` run.
#pragma once

#include <string>

namespace holo::test {

// 2 layers of 64, 4 heads, context 64, byte-level BPE trained on `text`, weights large enough that
// logits differ. The same each time.
void write_tiny_model(const std::string& folder, const std::string& text);
// Some sentences, 6000 characters.
std::string tiny_text();

}  // namespace holo::test
