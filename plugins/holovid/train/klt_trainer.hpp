// Trains separable bases for residuals and compares them with the DCT.
#pragma once

#include <string>
#include <vector>

namespace holo::holovid::train {

// Prints klt_basis.hpp, and on standard error the coding gain over the DCT.
void train_klt(const std::vector<std::string>& clips);

}  // namespace holo::holovid::train
