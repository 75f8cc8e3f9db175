// Lines of cells as plain text in columns.
#pragma once

#include <string>
#include <vector>

namespace holo::cli {

using Cells = std::vector<std::string>;

// The first column to the left, the others to the right.
std::string aligned(const std::vector<Cells>& lines);

}  // namespace holo::cli
