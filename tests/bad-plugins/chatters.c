/* Talks without end while it is loaded: more than whoever listens can read. */
#include <string.h>
#include <unistd.h>
__attribute__((constructor)) static void chatter(void) {
  static char line[4096];
  memset(line, '.', sizeof line - 1);
  line[sizeof line - 1] = '\n';
  while (write(STDOUT_FILENO, line, sizeof line) > 0) {
  }
}
#define PLUGIN_ID "org.holohost.test.chatters"
#include "copy_plugin.h"
