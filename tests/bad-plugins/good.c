/* Nothing is wrong with this one. */
#define PLUGIN_ID "org.holohost.test.copy"
#define CODEC_ALIAS "copy"
#define WITH_ANALYZER
#include "copy_plugin.h"
