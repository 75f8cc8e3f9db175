/* Has the note, but exports no entry symbol. */
#define PLUGIN_ID "org.holohost.test.no-entry"
#define WITHOUT_ENTRY
#include "copy_plugin.h"
