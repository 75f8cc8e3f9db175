/* Never comes back from being loaded. */
#include <unistd.h>
__attribute__((constructor)) static void hang(void) {
  for (;;) pause();
}
#define PLUGIN_ID "org.holohost.test.hangs"
#include "copy_plugin.h"
