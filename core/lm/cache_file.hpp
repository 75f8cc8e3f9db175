// Cold storage of a sequence: token ids and cache in a .holo file.
//
// One unit of kind HOLO_KV a site, written by its strategy's own store, or as f32 rows where it has
// none; the ids are in a shared chunk. docs/lm.md says how to use it.
#pragma once

#include <memory>
#include <string>

#include "core/lm/sequence.hpp"

namespace holo::lm {

// INVALID_ARG if a strategy recomputes its rows: there is nothing to save then.
Status check_savable(Sequence& sequence);
// `kv` is the strategies' normalised text, for whoever loads it.
Status save_cache(Sequence& sequence, const std::string& kv, const std::string& path,
                  bool overwrite);
// The text that a file was saved with.
Result<std::string> cache_strategies(const std::string& path);
// INVALID_ARG if the file is of another model: its shape is compared, and a fingerprint of its
// weights. `set` is what cache_strategies names, made ready by the caller.
Result<Sequence> load_cache(const std::shared_ptr<const Model>& model,
                            const std::shared_ptr<const host::PatchSet>& set,
                            const std::string& path);

}  // namespace holo::lm
