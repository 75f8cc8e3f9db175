/* Needs a function that nobody has. */
int holo_test_missing_function(void);
#define PLUGIN_ID "org.holohost.test.undefined-symbol"
#define ON_INITIALISE(host, error) holo_test_missing_function()
#include "copy_plugin.h"
