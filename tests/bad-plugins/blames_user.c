/* Its decoder calls a parameter that the file stores a wrong argument. */
#define PLUGIN_ID "org.holohost.test.blames-user"
#define ON_CREATE_DECODER(error) \
  (strcpy((error)->param, "level"), copy_fail(error, HOLO_INVALID_ARG, "level is 99"))
#include "copy_plugin.h"
