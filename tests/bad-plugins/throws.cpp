// Lets C++ exceptions out of create_encoder.
#include <holo/abi/codec.h>
#include <stdexcept>
static holo_status throw_now(holo_error*) { throw std::runtime_error("the basis is singular"); }
#define PLUGIN_ID "org.holohost.test.throws"
#define CODEC_ALIAS "throws"
#define ON_CREATE_ENCODER(error) throw_now(error)
#include "copy_plugin.h"
