/* Its encoder says it is 16 bytes long. */
#define PLUGIN_ID "org.holohost.test.short-encoder"
#define CODEC_ALIAS "short-encoder"
#define ENCODER_SIZE 16
#include "copy_plugin.h"
