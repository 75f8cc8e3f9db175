/* Dies on its first unit. */
#include <signal.h>
#define PLUGIN_ID "org.holohost.test.crashes-at-once"
#define CODEC_ALIAS "crashes-at-once"
#define ON_PUSH(encoder, unit, error) (raise(SIGABRT), HOLO_OK)
#include "copy_plugin.h"
