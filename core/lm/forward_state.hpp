// How a step is computed: what forward.cpp, forward_layers.cpp and forward_recompute.cpp share.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/lm/attention.hpp"
#include "core/lm/forward.hpp"
#include "core/lm/model_state.hpp"
#include "core/lm/parallel.hpp"
#include "core/lm/rotary.hpp"
#include "core/lm/sequence_state.hpp"

namespace holo::lm {

struct Forward::State {
  // A run, placed among the rows of the step.
  struct Item {
    Sequence::State* sequence = nullptr;
    std::span<const std::int32_t> tokens;
    std::size_t past = 0;
    std::size_t first = 0;
  };
  static constexpr std::size_t kRowGrain = 4;  // rows that are worth a piece of a parallel loop
  static constexpr std::size_t kChunk = 512;   // tokens of a step that only computes rows again

  State(const Model& of, host::Job& with)
      : model(of), m(of.state()), job(with), attention(m.config, with), rotary(m.config.rope) {}

  const Model& model;
  const Model::State& m;
  host::Job& job;
  const Kernels& k = kernels();
  Attention attention;
  Rotary rotary;

  // Row-major, a row for each token of the step.
  std::vector<float> x;       // residual stream
  std::vector<float> normed;  // input of a product
  std::vector<float> qkv;
  std::vector<float> queries, keys, values;
  std::vector<float> attended;
  std::vector<float> inner;
  std::vector<float> gated;
  std::vector<float> added;  // what a half of a layer adds to the stream
  std::vector<float> logits;
  std::vector<float> packing;  // for PackedMatrix

  // Recomputed rows of a site, by item of the step; empty where there are none.
  std::vector<std::vector<float>> past_keys, past_values;
  // What computes the rows below again, HOLO_RECOMPUTE_IDS: a plain sequence for each item.
  std::unique_ptr<State> helper;
  std::vector<std::optional<Sequence>> helpers;

  [[nodiscard]] std::size_t hidden() const { return static_cast<std::size_t>(m.config.hidden); }
  [[nodiscard]] bool is_gpt2() const { return m.config.architecture == Architecture::gpt2; }

  template <class Body>
  void for_rows(std::size_t rows, Body&& body) {
    parallel_ranges(job, rows, kRowGrain, [&](std::size_t begin, std::size_t end, std::uint32_t) {
      for (std::size_t r = begin; r < end; ++r) body(r);
    });
  }

  // Drops the rows of a step that failed.
  void undo(std::span<const Item> items);
  Status check(std::span<const Run> runs) const;
  Status catch_up(std::span<const Run> runs);
  Result<std::size_t> place(std::span<const Run> runs, std::vector<Item>& items);
  void embed(std::span<const Item> items, std::size_t rows);
  void normalise(const Norm& norm, const float* from, float* to, std::size_t rows);
  void multiply(const Linear& linear, const std::vector<float>& from, std::size_t stride,
                std::size_t rows, std::vector<float>& to, std::size_t first_output = 0);
  void project(const Layer& layer, std::size_t rows, std::span<const std::size_t> positions,
               bool with_queries = true);
  // Runs the helper's sequences to the highest layer that is recomputed from ids.
  Status recompute_from_ids(std::span<const Item> items);
  // Fills past_keys and past_values for one item.
  void recompute_from_residual(std::size_t index, const Item& item, std::int32_t layer);
  Status recompute(std::size_t index, const Item& item, std::int32_t layer, AttentionRun& run);
  Status attend(std::int32_t layer, std::span<const Item> items);
  // Gives the step's rows to the caches, and the layer's input to what recomputes from it.
  Status append(std::int32_t layer, std::span<const Item> items);
  void feed_forward(const Layer& layer, std::size_t rows);
  Status run(std::span<const Item> items, std::size_t rows, std::int32_t layers,
             RowObserver* observer);
  Result<std::span<const float>> output(std::span<const Item> items, std::size_t rows,
                                        LogitRows which);
};

}  // namespace holo::lm
