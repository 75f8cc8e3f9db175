// The tensors of a model folder: model.safetensors, single or sharded, mapped into memory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo::lm {

enum class Dtype { f32, f16, bf16 };

struct TensorInfo {
  std::string name;  // as in the file
  Dtype dtype = Dtype::f32;
  std::vector<std::int64_t> shape;
  std::string file;  // the shard
};

// Gives the tensor of a name, as Hugging Face's files of the architecture call it, as f32 in the
// shape asked for. NOT_FOUND without it.
using TensorSource = std::function<Result<std::vector<float>>(const std::string& name,
                                                              std::span<const std::int64_t> shape)>;

class Weights {
 public:
  // Opens `folder`/model.safetensors, or the shards that model.safetensors.index.json lists. Every
  // header is checked against its file's size. NOT_FOUND names what is missing, CORRUPT what is
  // cut.
  static Result<std::unique_ptr<Weights>> open(const std::string& folder);
  // One safetensors file.
  static Result<std::unique_ptr<Weights>> open_file(const std::string& path);
  ~Weights();
  Weights(const Weights&) = delete;
  Weights& operator=(const Weights&) = delete;

  [[nodiscard]] std::span<const TensorInfo> tensors() const;
  // Finds `name`, also with the prefixes "transformer." and "model." that some files add or leave
  // out.
  [[nodiscard]] const TensorInfo* find(const std::string& name) const;
  // The whole tensor as f32. NOT_FOUND without it, INVALID_ARG if its shape is another one.
  [[nodiscard]] Result<std::vector<float>> read(const std::string& name,
                                                std::span<const std::int64_t> shape) const;

 private:
  Weights();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holo::lm
