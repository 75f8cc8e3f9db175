// What a model holds, for the forward pass.
#pragma once

#include <vector>

#include "core/lm/model.hpp"
#include "core/lm/packed_matrix.hpp"

namespace holo::lm {

struct Norm {
  std::vector<float> weight;
  std::vector<float> bias;  // empty: RMSNorm
};

struct Linear {
  PackedMatrix matrix;
  std::vector<float> bias;  // or empty
};

struct Layer {
  Norm attention_norm;
  Linear qkv;  // queries, keys and values of a position side by side
  Linear attention_out;
  Norm mlp_norm;
  // gpt2: into the feed-forward layer. llama: gate and up, panel by panel in turns, each padded to
  // whole panels.
  Linear up;
  Linear down;
};

struct Model::State {
  WeightArena arena;  // of all matrices
  ModelConfig config;
  holo_rope rope{};
  holo_model description{};
  Precision precision = Precision::f32;
  PackedMatrix embedding;        // [hidden -> vocabulary]: read by output
  std::vector<float> positions;  // gpt2: {max_positions, hidden}
  std::vector<Layer> layers;
  Norm final_norm;
  PackedMatrix head;  // empty: the embedding
  std::uint64_t bytes_per_token = 0;

  [[nodiscard]] const PackedMatrix& output() const { return config.tied_head ? embedding : head; }
  // The residual stream before the first layer, {hidden}.
  void input(std::int32_t id, std::size_t position, float* out) const;
  [[nodiscard]] std::size_t query_width() const {
    return static_cast<std::size_t>(config.heads) * static_cast<std::size_t>(config.head_dim);
  }
  [[nodiscard]] std::size_t kv_width() const { return static_cast<std::size_t>(config.kv_width()); }
};

}  // namespace holo::lm
