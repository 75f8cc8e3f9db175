// The --kv language: which strategy keeps the keys and values of which layers.
//
//   two:bits=4                                          keys and values of every layer
//   k=one:rank=128,bits=4;v=two:bits=4                  keys and values apart
//   k=...;v=...;layers=2-11                             the other layers keep f32 rows
//   two:bits=4;layers=0-1|one:rank=64                    clauses, left to right; a later one takes
//                                                       only sites that no earlier one took
// "none" or the empty text: no strategy, f32 rows.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/host/job.hpp"
#include "core/host/patch_set.hpp"
#include "core/host/registry.hpp"
#include "core/lm/model.hpp"

namespace holo::lm {

struct KvClause {
  std::string keys;                  // "one:rank=128,bits=4", or empty: not these
  std::string values;                // equal to keys: one patch serves both
  std::vector<std::int32_t> layers;  // empty: all
};

// INVALID_ARG with the place in the text. `layers` is the model's count.
Result<std::vector<KvClause>> parse_kv(std::string_view text, std::int32_t layers);

// The patches of a --kv text, attached and, where they need it, still to be calibrated.
struct KvPatches {
  std::string spec;  // normalised
  std::vector<std::shared_ptr<host::PatchSession>> patches;
};
// UNSUPPORTED with the reason where a strategy cannot serve the model.
Result<KvPatches> open_kv(host::Registry& registry, host::Job& job, const Model& model,
                          std::string_view text);

}  // namespace holo::lm
