/* Its entry says it is 8 bytes long. */
#define PLUGIN_ID "org.holohost.test.short-struct"
#define ENTRY_SIZE 8
#include "copy_plugin.h"
