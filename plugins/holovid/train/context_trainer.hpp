// Trains the initial states of the contexts by coding clips.
#pragma once

#include <string>
#include <vector>

namespace holo::holovid::train {

// Prints context_priors.hpp.
void train_contexts(const std::vector<std::string>& clips);

}  // namespace holo::holovid::train
