// The benches, each behind its first word: `holohost bench images`, `holohost bench memory`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/holohost/verb.hpp"

namespace holo::cli {

// `words` are the operands after the first. The value is the exit code.
Result<int> bench_images(const Arguments& arguments, const std::vector<std::string>& words);
Result<int> bench_memory(const Arguments& arguments, const std::vector<std::string>& words);

// A whole number of an option; INVALID_ARG outside `least` and `most`.
Result<int> count_option(const Arguments& arguments, std::string_view name, int fallback, int least,
                         int most);

}  // namespace holo::cli
