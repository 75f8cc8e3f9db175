// A model of a known shape with random weights, to time what does not depend on them.
#pragma once

#include "apps/holohost/lm/lm_session.hpp"

namespace holo::cli {

// The shape of --random; INVALID_ARG lists the names. No tokenizer.
Result<LmSession> open_random(const Arguments& arguments);

}  // namespace holo::cli
