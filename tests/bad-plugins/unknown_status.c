/* Returns a status that the ABI does not know. */
#define PLUGIN_ID "org.holohost.test.unknown-status"
#define CODEC_ALIAS "unknown-status"
#define ON_PUSH(encoder, unit, error) 77
#include "copy_plugin.h"
