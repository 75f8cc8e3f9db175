/* Needs a host that does not exist yet. */
#define HOLO_NOTE_MIN_HOST_MINOR 9u
#define PLUGIN_ID "org.holohost.test.newer-host"
#include "copy_plugin.h"
