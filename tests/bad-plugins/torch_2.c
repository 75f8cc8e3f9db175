/* Says it links another LibTorch. */
#define HOLO_NOTE_TORCH_VERSION "2.4.0"
#define PLUGIN_ID "org.holohost.test.torch-2"
#include "copy_plugin.h"
