/* Claims the id of the good plugin. */
#define PLUGIN_ID "org.holohost.test.copy"
#define CODEC_ID "org.holohost.test.other"
#include "copy_plugin.h"
