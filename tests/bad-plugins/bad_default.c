/* A parameter's default lies outside its range. */
#define PLUGIN_ID "org.holohost.test.bad-default"
#define LEVEL_DEFAULT 12
#include "copy_plugin.h"
