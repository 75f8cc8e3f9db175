/* Its codec has the alias of the good plugin's codec, under another id. */
#define PLUGIN_ID "org.holohost.test.alias-clash"
#define CODEC_ALIAS "copy"
#define CODEC_PRIORITY -5
#include "copy_plugin.h"
