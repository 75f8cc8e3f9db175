// How query heads read a row of key-value heads.
#pragma once

#include <cstdint>

#include <holo/abi/model_patch.h>
#include <holo/error.hpp>

namespace holo::kv {

// What a cache knows of its model.
struct RowShape {
  std::size_t kv_heads = 0;
  std::size_t head_dim = 0;

  [[nodiscard]] std::size_t width() const { return kv_heads * head_dim; }
  static RowShape of(const holo_model& model) {
    if (model.kv_heads < 1 || model.head_dim < 1) {
      throw Failure(HOLO_UNSUPPORTED, "the model has no key-value heads");
    }
    return {static_cast<std::size_t>(model.kv_heads), static_cast<std::size_t>(model.head_dim)};
  }
  // Query heads that share one key-value head.
  [[nodiscard]] std::size_t sharing(std::int64_t heads, std::int64_t dim) const {
    if (dim != static_cast<std::int64_t>(head_dim) || heads < 1 ||
        heads % static_cast<std::int64_t>(kv_heads) != 0) {
      throw Failure(HOLO_INVALID_ARG, "the heads do not divide a row of the cache");
    }
    return static_cast<std::size_t>(heads) / kv_heads;
  }
};

}  // namespace holo::kv
