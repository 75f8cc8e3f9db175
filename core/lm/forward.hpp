// The forward pass: appends tokens to sequences and gives logits.
//
// A step attends to earlier rows through the strategies of the sequence's cache, and to the rows of
// the step itself exactly, before they are appended. With few tokens a step uses score and mix of
// the strategies; with many it materialises the earlier rows a block at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/host/job.hpp"
#include "core/lm/sequence.hpp"

namespace holo::lm {

// Tokens to append to one sequence. A step takes several, of one model: their products are done
// together, so that many windows of a text cost little more than one.
struct Run {
  Sequence* sequence = nullptr;
  std::span<const std::int32_t> tokens;
};

enum class LogitRows {
  none,
  last,  // one row a run
  all    // one row a token
};

// Rows of a step as the caches get them, layer by layer: for calibration.
class RowObserver {
 public:
  virtual ~RowObserver() = default;
  // Row-major {tokens of the step, width}: keys after rotation and values, width kv_width; queries
  // after rotation, width heads * head_dim.
  virtual Status observe(std::int32_t layer, std::span<const float> queries,
                         std::span<const float> keys, std::span<const float> values) = 0;
  // The residual stream before each layer, and after the last one as layer = layers.
  virtual Status observe_hidden(std::int32_t, std::span<const float>) { return {}; }
};

// Holds scratch memory; one thread at a time.
class Forward {
 public:
  // `model` and `job` outlive this.
  Forward(const Model& model, host::Job& job);
  ~Forward();
  // Logits row by row, `vocabulary` numbers each, valid until the next step. INVALID_ARG for an id
  // outside the vocabulary or a sequence that would pass max_positions. After any error, CANCELLED
  // among them, the sequences are what they were, unless a strategy cannot even be
  // trimmed. What a strategy has dropped or rounded stays so.
  Result<std::span<const float>> step(std::span<const Run> runs, LogitRows rows,
                                      RowObserver* observer = nullptr);
  // The same for one sequence, in pieces of at most `chunk` tokens; logits of the last token.
  Result<std::span<const float>> prefill(Sequence& sequence, std::span<const std::int32_t> tokens,
                                         std::size_t chunk = 512);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holo::lm
