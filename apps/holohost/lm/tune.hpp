// holohost train STRATEGY --model DIR: the projectors of a cache strategy, learned by distillation.
#pragma once

#include "apps/holohost/verb.hpp"

namespace holo::cli {

// Fits the strategy on the text as 'lm build' does, fine-tunes its projectors in LibTorch and keeps
// whichever is better on the last tenth of the text. Makes a folder as 'lm build' does.
int run_tune(const Arguments& arguments);

}  // namespace holo::cli
