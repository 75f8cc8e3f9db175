// Lists of --kv texts: separated by spaces, with counts such as bits=2..8/2 in them.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo::cli {

// "none kv-quant:bits=2..8/2" -> none, kv-quant:bits=2, kv-quant:bits=4, ... The first count of a
// text changes slowest. INVALID_ARG for a count that does not end or makes over 1000 texts.
Result<std::vector<std::string>> expand_specs(const std::string& list);

}  // namespace holo::cli
