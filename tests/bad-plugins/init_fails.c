/* Its initialise fails, with a reason. */
#define PLUGIN_ID "org.holohost.test.init-fails"
#define ON_INITIALISE(host, error) \
  copy_fail(error, HOLO_DEVICE, "the accelerator of 1985 was not found")
#include "copy_plugin.h"
