/* Talks on standard output while it is loaded, where the answer of a probe must not be mixed in. */
#include <stdio.h>
__attribute__((constructor)) static void talk(void) {
  puts("{\"hello\": \"world\"}");
  fflush(stdout);
}
#define PLUGIN_ID "org.holohost.test.noisy"
#include "copy_plugin.h"
