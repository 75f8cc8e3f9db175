/* Aborts while it is loaded. */
#include <stdio.h>
#include <stdlib.h>
__attribute__((constructor)) static void stop(void) {
  fputs("terminate called: no such table\n", stderr);
  abort();
}
#define PLUGIN_ID "org.holohost.test.aborts"
#include "copy_plugin.h"
