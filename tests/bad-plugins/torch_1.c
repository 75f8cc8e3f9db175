/* Says it links one LibTorch. */
#define HOLO_NOTE_TORCH_VERSION "1.13.1"
#define PLUGIN_ID "org.holohost.test.torch-1"
#include "copy_plugin.h"
