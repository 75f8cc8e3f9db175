/* Its encoder says it is 16 bytes long. */
#define PLUGIN_ID "org.holohost.test.short-encoder"
#define CODEC_ALIAS "short-encoder"
#define ENCODER_SIZE 16
/* The host cannot know how to destroy it; kept here so that leak checkers look elsewhere. */
static void* volatile kept;
#define ON_CREATED(encoder) kept = (encoder)
#include "copy_plugin.h"
