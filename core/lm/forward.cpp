// A step: what it is asked for, and what it gives back.
#include "core/lm/forward.hpp"

#include <algorithm>
#include <string>

#include "core/lm/forward_state.hpp"

namespace holo::lm {

Forward::Forward(const Model& model, host::Job& job)
    : state_(std::make_unique<State>(model, job)) {}
Forward::~Forward() = default;

Status Forward::State::check(std::span<const Run> runs) const {
  HOLO_TRY(job.check_cancelled());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    const std::string where = "run " + std::to_string(i) + " of the step";
    if (run.sequence == nullptr || run.sequence->model().get() != &model) {
      return make_error(HOLO_INVALID_ARG, where + " is of another model");
    }
    if (run.tokens.empty()) return make_error(HOLO_INVALID_ARG, where + " has no tokens");
    for (std::size_t j = 0; j < i; ++j) {
      if (runs[j].sequence == run.sequence) {
        return make_error(HOLO_INVALID_ARG,
                          where + " is of the same sequence as run " + std::to_string(j));
      }
    }
    for (std::size_t t = 0; t < run.tokens.size(); ++t) {
      if (run.tokens[t] < 0 || run.tokens[t] >= m.config.vocabulary) {
        return make_error(HOLO_INVALID_ARG, where + ": token " + std::to_string(t) + " is " +
                                                std::to_string(run.tokens[t]) + ", ids are below " +
                                                std::to_string(m.config.vocabulary));
      }
    }
    const std::size_t end = run.sequence->tokens().size() + run.tokens.size();
    if (end > static_cast<std::size_t>(m.config.max_positions)) {
      return make_error(HOLO_INVALID_ARG, where + " would make the sequence " +
                                              std::to_string(end) + " tokens long; the model has " +
                                              std::to_string(m.config.max_positions) +
                                              " positions");
    }
  }
  return {};
}

// Where a strategy fails at this too, the error of the step is still the one to tell.
void Forward::State::undo(std::span<const Item> items) {
  for (const Item& item : items) {
    (void)item.sequence->cache.trim(item.past);
    for (auto& rows : item.sequence->residuals) {
      rows.resize(std::min(rows.size(), item.past * hidden()));
    }
  }
}

// Rows that a swap has flushed.
Status Forward::State::catch_up(std::span<const Run> runs) {
  for (const Run& run : runs) {
    Sequence::State& sequence = run.sequence->state();
    while (sequence.cache.positions() < sequence.tokens.size()) {
      const auto past = static_cast<std::size_t>(sequence.cache.positions());
      const std::size_t count = std::min(kChunk, sequence.tokens.size() - past);
      const Item item{&sequence, std::span(sequence.tokens).subspan(past, count), past, 0};
      HOLO_TRY(sequence.cache.tokens(past, item.tokens));
      Status done = this->run(std::span(&item, 1), count, m.config.layers, nullptr);
      if (!done) {
        undo(std::span(&item, 1));
        return done;
      }
    }
  }
  return {};
}

Result<std::size_t> Forward::State::place(std::span<const Run> runs, std::vector<Item>& items) {
  std::size_t rows = 0;
  for (const Run& run : runs) {
    Sequence::State& sequence = run.sequence->state();
    const std::size_t past = sequence.tokens.size();
    HOLO_TRY(sequence.cache.tokens(past, run.tokens));
    items.push_back({&sequence, run.tokens, past, rows});
    rows += run.tokens.size();
  }
  return rows;
}

Result<std::span<const float>> Forward::State::output(std::span<const Item> items, std::size_t rows,
                                                      LogitRows which) {
  if (which == LogitRows::none) return std::span<const float>{};
  std::size_t count = rows;
  if (which == LogitRows::last) {
    count = items.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t last = items[i].first + items[i].tokens.size() - 1;
      if (last != i) {
        std::copy_n(x.begin() + static_cast<std::ptrdiff_t>(last * hidden()), hidden(),
                    x.begin() + static_cast<std::ptrdiff_t>(i * hidden()));
      }
    }
  }
  normalise(m.final_norm, x.data(), normed.data(), count);
  const PackedMatrix& head = m.output();
  logits.resize(count * head.outputs());
  head.multiply(job, normed.data(), hidden(), count, {}, logits.data(), packing);
  return std::span<const float>(logits);
}

Result<std::span<const float>> Forward::step(std::span<const Run> runs, LogitRows rows,
                                             RowObserver* observer) {
  State& state = *state_;
  HOLO_TRY(state.check(runs));
  HOLO_TRY(state.catch_up(runs));
  std::vector<State::Item> items;
  HOLO_ASSIGN(const std::size_t count, state.place(runs, items));
  Status done = state.run(items, count, state.m.config.layers, observer);
  if (!done) {
    state.undo(items);
    return std::move(done).error();
  }
  for (const Run& run : runs) {
    auto& tokens = run.sequence->state().tokens;
    tokens.insert(tokens.end(), run.tokens.begin(), run.tokens.end());
  }
  return state.output(items, count, rows);
}

Result<std::span<const float>> Forward::prefill(Sequence& sequence,
                                                std::span<const std::int32_t> tokens,
                                                std::size_t chunk) {
  chunk = std::max<std::size_t>(chunk, 1);
  while (tokens.size() > chunk) {
    const Run run{&sequence, tokens.first(chunk)};
    HOLO_TRY(step(std::span(&run, 1), LogitRows::none));
    tokens = tokens.subspan(chunk);
  }
  const Run run{&sequence, tokens};
  return step(std::span(&run, 1), LogitRows::last);
}

}  // namespace holo::lm
