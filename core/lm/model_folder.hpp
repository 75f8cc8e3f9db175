// Writes a model as the folder that Model::load, Tokenizer::open and other software read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/lm/bpe_trainer.hpp"
#include "core/lm/config.hpp"

namespace holo::lm {

struct FolderTensor {
  std::string name;  // as Hugging Face names it
  std::vector<std::int64_t> shape;
  std::span<const float> values;  // row-major, borrowed
};
// A small file of the folder.
struct FolderFile {
  std::string name;
  std::string text;
};

// The tokenizer's files in `folder`, as they are; NOT_FOUND if there is no tokenizer.
Result<std::vector<FolderFile>> tokenizer_of(const std::string& folder);
std::vector<FolderFile> tokenizer_of(const TrainedBpe& bpe);

// Writes model.safetensors, the tokenizer's files and, last, config.json; each appears whole.
// Makes the folder if it is not there. Without `overwrite` a file that exists is an error, found
// before anything is written.
Status write_model_folder(const std::string& folder, const ModelConfig& config,
                          std::span<const FolderTensor> tensors,
                          const std::vector<FolderFile>& tokenizer, bool overwrite);

}  // namespace holo::lm
