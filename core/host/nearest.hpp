// Suggestions: the known word that a mistyped one was probably meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holo::host {

// The candidate with the smallest edit distance, or empty if none is close enough to suggest.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace holo::host
