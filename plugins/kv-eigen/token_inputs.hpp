// What a token tells of its rows before the model runs: the model's input, scaled to unit power as
// the first layer's norm does, so that the first layer's rows are linear in it.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <holo/abi/model_patch.h>
#include <holo/error.hpp>

namespace holo::kv_eigen {

// Whether a description of a model is long enough to hold the pointer or number at this offset.
inline bool reaches(const holo_model& model, std::size_t offset) {
  return model.struct_size >= offset + sizeof(void*);
}

class TokenInputs {
 public:
  // Without a callback there are none: count() is 0.
  explicit TokenInputs(const holo_model& model) {
    if (!reaches(model, offsetof(holo_model, input)) || model.input == nullptr || model.hidden < 1)
      return;
    call_ = model.input;
    ctx_ = model.input_ctx;
    count_ = static_cast<std::size_t>(model.hidden);
    centred_ = model.architecture != nullptr && std::strcmp(model.architecture, "gpt2") == 0;
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  void of(std::int32_t id, std::uint64_t position, float* out) const {
    if (call_(ctx_, id, position, out) != HOLO_OK) {
      fail(HOLO_INTERNAL, "kv-eigen: the host gave no input of token " + std::to_string(id));
    }
    double mean = 0;
    double square = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      mean += out[i];
      square += double{out[i]} * out[i];
    }
    const auto n = static_cast<double>(count_);
    mean = centred_ ? mean / n : 0;
    const double scale = 1 / std::sqrt(square / n - mean * mean + 1e-5);
    for (std::size_t i = 0; i < count_; ++i) out[i] = static_cast<float>((out[i] - mean) * scale);
  }

 private:
  holo_status (*call_)(void*, std::int32_t, std::uint64_t, float*) = nullptr;
  void* ctx_ = nullptr;
  std::size_t count_ = 0;
  bool centred_ = false;
};

// The ids of a text, 2 bytes each, or 4 where the vocabulary needs it.
class TokenLog {
 public:
  explicit TokenLog(std::int32_t vocabulary) : wide_(vocabulary > 65536 || vocabulary < 1) {}
  [[nodiscard]] std::uint64_t size() const { return low_.size(); }
  [[nodiscard]] std::int32_t at(std::uint64_t i) const {
    return static_cast<std::int32_t>(low_[i] | (wide_ ? std::uint32_t{high_[i]} << 16 : 0u));
  }
  void put(std::uint64_t begin, const std::int32_t* ids, std::uint64_t count) {
    if (begin > size()) {
      fail(HOLO_INVALID_ARG, "kv-eigen: tokens from position " + std::to_string(begin) +
                                 " on were told, expected " + std::to_string(size()));
    }
    trim(begin);
    for (std::uint64_t i = 0; i < count; ++i) {
      low_.push_back(static_cast<std::uint16_t>(ids[i]));
      if (wide_)
        high_.push_back(static_cast<std::uint16_t>(static_cast<std::uint32_t>(ids[i]) >> 16));
    }
  }
  void trim(std::uint64_t count) {
    if (count >= size()) return;
    low_.resize(count);
    if (wide_) high_.resize(count);
  }
  [[nodiscard]] std::uint64_t bytes_each() const { return wide_ ? 4 : 2; }

 private:
  bool wide_;
  std::vector<std::uint16_t> low_;
  std::vector<std::uint16_t> high_;
};

}  // namespace holo::kv_eigen
