// Sweeps: the values that "20..90/10" and "a|b|c" stand for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/host/param_table.hpp"

namespace holo::bench {

// The most values that one parameter may take.
inline constexpr std::size_t kMostValues = 1000;

struct Sweep {
  std::vector<std::string> values;  // one at least
  bool range = false;               // written as A..B/STEP
};

// "A..B/STEP" of a number counts from A to B in steps of STEP, downwards if B is below A; of an
// INT the step is 1 if none is given, of a FLOAT it is needed. "x|y|z" lists values, of which each
// may be a range. Anything else is one value. INVALID_ARG names the text and what was expected.
Result<Sweep> expand(const host::ParamSpec& spec, std::string_view text);

// Splits "A,B:key=v,key=v,C" into its codecs. A part that is key=value belongs to the codec before
// it. "\," is a comma inside a value.
std::vector<std::string> split_codecs(std::string_view text);

}  // namespace holo::bench
