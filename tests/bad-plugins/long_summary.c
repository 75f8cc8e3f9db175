/* Its summary is longer than the 80 characters that the ABI allows. */
#define PLUGIN_ID "org.holohost.test.long-summary"
#define CODEC_SUMMARY \
  "a summary that goes on and on and on, far past what fits beside a name in a list of plugins"
#include "copy_plugin.h"
