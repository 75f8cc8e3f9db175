/* Its note says plugin ABI 2. */
#include <holo/abi/plugin.h>
#undef HOLO_ABI_MAJOR
#define HOLO_ABI_MAJOR 2u
#define PLUGIN_ID "org.holohost.test.wrong-abi"
#include "copy_plugin.h"
