/* Its codec has no alias. */
#include <stddef.h>
#define PLUGIN_ID "org.holohost.test.null-string"
#define CODEC_ALIAS NULL
#include "copy_plugin.h"
