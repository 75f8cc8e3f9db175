// Rows that several actions of `lm` have in their option tables.
#pragma once

#include <array>
#include <cstddef>

#include "apps/holohost/verb.hpp"

namespace holo::cli {

inline constexpr Option kModelOptions[] = {
    {"model", 'm', "DIR", "model folder, or one that 'lm build' made", Complete::directory},
    {"weights", 0, "FILE", "take the tensors from this file: .safetensors, or what a codec wrote",
     Complete::file},
    {"precision", 0, "f32|f16", "how the weights are held while the model runs (default f32)"},
};
inline constexpr Option kKvOptions[] = {
    {"kv", 0, "SPEC",
     "cache strategies: NAME:key=value,... or k=NAME:...;v=NAME:...;layers=A-B; none"},
    {"calibrate", 0, "FILE", "text to fit strategies on that need it", Complete::file},
    {"calibrate-tokens", 0, "N", "use at most N tokens of that text (default 50000)"},
};
inline constexpr Option kSamplingOptions[] = {
    {"max-tokens", 'n', "N", "stop after N tokens (default 256)"},
    {"greedy", 0, nullptr, "always the likeliest token"},
    {"temperature", 0, "T", "0 is greedy (default 0.8)"},
    {"top-k", 0, "K", "only the K likeliest tokens; 0, the default, means all"},
    {"top-p", 0, "P", "only the likeliest tokens that make up this share (default 0.95)"},
    {"seed", 0, "S", "the same seed, prompt and settings give the same text (default 0)"},
};
inline constexpr Option kJsonOption[] = {
    {"json", 0, nullptr, "print one JSON object on stdout"},
};

// One table out of several.
template <std::size_t... N>
constexpr auto join_options(const Option (&... tables)[N]) {
  std::array<Option, (N + ...)> joined{};
  std::size_t at = 0;
  const auto add = [&](const auto& table) {
    for (const Option& row : table) joined[at++] = row;
  };
  (add(tables), ...);
  return joined;
}

}  // namespace holo::cli
