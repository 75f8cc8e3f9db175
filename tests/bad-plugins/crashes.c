/* Dies on its third unit. */
#include <signal.h>
#define PLUGIN_ID "org.holohost.test.crashes"
#define CODEC_ALIAS "crashes"
#define ON_PUSH(encoder, unit, error) ((unit)->index == 2 ? (raise(SIGABRT), HOLO_OK) : HOLO_OK)
#include "copy_plugin.h"
