// Contexts start at even odds.
#include "plugins/holo-image/contexts.hpp"

namespace holo::image {

Contexts starting_contexts(int) { return {}; }

}  // namespace holo::image
