// Model folders made by hand, for the tests of the files of models.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/media/media_test_support.hpp"

namespace holo::lm::test {

using media::test::Folder;

void write_text(const std::string& path, const std::string& text);
// Damages `valid` many times over, the same way each time.
void mutate_text(const std::string& valid, int rounds,
                 const std::function<void(const std::string&)>& read);

struct TestTensor {
  std::string name;
  std::string type;  // "f32", "f16", "bf16", "i32"
  std::vector<std::int64_t> shape;
  std::vector<float> values;  // i32: whole numbers
};
void write_tensors(const std::string& path, const std::vector<TestTensor>& tensors);

// The 256 byte tokens of GPT-2's spelling as ids 0 to 255, then `more`, as a vocab.json.
std::string byte_vocabulary(const std::vector<std::string>& more);
// A tokenizer.json of Llama 2's kind: "<unk>", "<s>", "</s>", the byte tokens, then `more`.
std::string sentencepiece_json(const std::vector<std::string>& more,
                               const std::vector<std::string>& merges);
// Random text of characters from one to four bytes, spaces among them.
std::string random_text(std::uint32_t seed, std::size_t characters);

// A file of the corpus beside the source tree, or of HOLO_CORPUS; empty where there is none, said
// on standard error.
std::string corpus_file(const std::string& name);

}  // namespace holo::lm::test
