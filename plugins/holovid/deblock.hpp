// In-loop deblocking of a whole frame: edges of units and transform blocks on the 8 x 8 grid.
#pragma once

#include "plugins/holovid/frame.hpp"

namespace holo::holovid {

void deblock(Frame& frame);

}  // namespace holo::holovid
