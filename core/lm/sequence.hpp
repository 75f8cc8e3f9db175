// One text in the making: its token ids and its key-value cache.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/host/kv_sequence.hpp"
#include "core/lm/model.hpp"

namespace holo::lm {

class Sequence {
 public:
  // `set` may be null: the cache in f32.
  static Result<Sequence> create(std::shared_ptr<const Model> model,
                                 std::shared_ptr<const host::PatchSet> set);

  [[nodiscard]] std::span<const std::int32_t> tokens() const;
  [[nodiscard]] std::uint64_t positions() const;  // tokens whose rows the cache holds
  // Swaps the strategies between two steps; what is flushed is computed again by the next step.
  Result<host::KvSequence::Swap> adopt(std::shared_ptr<const host::PatchSet> set);
  Status trim(std::uint64_t positions);  // forgets later tokens
  Status reset();
  Result<Sequence> fork();
  Result<holo_kv_bytes> bytes();  // recomputed sites and kept residuals included

  [[nodiscard]] host::KvSequence& cache();
  [[nodiscard]] const std::shared_ptr<const Model>& model() const;

  struct State;
  [[nodiscard]] State& state() { return *state_; }  // for forward.cpp

  Sequence(Sequence&&) noexcept;
  Sequence& operator=(Sequence&&) noexcept;
  ~Sequence();

 private:
  Sequence();
  std::unique_ptr<State> state_;
};

}  // namespace holo::lm
