/* Ends the process that loads it, with a success code. */
#include <unistd.h>
__attribute__((constructor)) static void leave(void) { _exit(0); }
#define PLUGIN_ID "org.holohost.test.exits"
#include "copy_plugin.h"
