// What an action of `lm` works with: the model with its tokenizer, and cache strategies for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "apps/holohost/session.hpp"
#include "core/host/patch_set.hpp"
#include "core/lm/kv_strategies.hpp"
#include "core/lm/model.hpp"
#include "core/lm/patched_folder.hpp"
#include "core/lm/sampler.hpp"
#include "core/lm/tokenizer.hpp"

namespace holo::cli {

struct LmSession {
  // The model of --model, or of the operand if there is one and no --model.
  static Result<LmSession> open(const Arguments& arguments);
  static Result<LmSession> open(const Arguments& arguments, const std::string& folder);

  // A text's ids, with the model's bos in front where its texts have one. `name` is for messages.
  [[nodiscard]] Result<std::vector<std::int32_t>> encode(const std::string& text,
                                                         const std::string& name) const;
  // The patches of a --kv text, with what 'lm build' found for them; others may still have to be
  // fitted.
  Result<lm::KvPatches> open_patches(const std::string& kv);
  // The strategies of a --kv text, ready to use: fitted on the text of --calibrate where they were
  // not built. Null for none.
  Result<std::shared_ptr<const host::PatchSet>> strategies(const Arguments& arguments,
                                                           const std::string& kv);
  // The --kv text that counts: the option's, else the built folder's first, else "none".
  [[nodiscard]] std::string kv_or_default(const Arguments& arguments) const;

  std::unique_ptr<host::Registry> registry;
  std::unique_ptr<host::Job> job;
  lm::PatchedFolder folder;
  std::unique_ptr<lm::Tokenizer> tokenizer;
  std::shared_ptr<const lm::Model> model;
  std::string kv;  // normalised, of the last call of strategies()
};

// UNSUPPORTED for another --device: the runtime's kernels are for the CPU, and a GPU serves what
// LibTorch does.
Status check_on_cpu(const Arguments& arguments, const host::Job& job);
// The whole of a text file, or of standard input for "-"; INVALID_ARG if it is not UTF-8.
Result<std::string> read_text(const std::string& path);
// The ids of the --calibrate text, cut to --calibrate-tokens.
Result<std::vector<std::int32_t>> calibration_ids(const LmSession& session,
                                                  const Arguments& arguments,
                                                  const std::string& path);
// Ids for measuring without a text: spread over the vocabulary, so that no two rows of a cache are
// alike. Always the same.
std::vector<std::int32_t> arbitrary_tokens(std::size_t count, std::int32_t vocabulary);
Result<lm::LoadOptions> load_options(const Arguments& arguments);
Result<lm::SamplerOptions> sampler_from(const Arguments& arguments);
// INVALID_ARG if it is not a finite number in the range.
Result<double> number_option(const Arguments& arguments, std::string_view name, double fallback,
                             double least, double most);

}  // namespace holo::cli
