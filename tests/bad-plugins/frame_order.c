/* Writes a chunk of frame 0 after those of frame 1. */
#include <holo/abi/codec.h>
struct copy_encoder;
static holo_status go_back(const struct copy_encoder* encoder, const holo_unit* unit,
                           holo_error* error);
#define PLUGIN_ID "org.holohost.test.frame-order"
#define CODEC_ALIAS "frame-order"
#define ON_PUSH(encoder, unit, error) go_back(encoder, unit, error)
#include "copy_plugin.h"

static holo_status go_back(const struct copy_encoder* encoder, const holo_unit* unit,
                           holo_error* error) {
  static const uint8_t data[4] = {1, 2, 3, 4};
  if (unit->index < 2) return HOLO_OK;
  holo_chunk chunk = {sizeof(holo_chunk), HOLO_FOURCC('l', 'a', 't', 'e'), 0, 7, 0, 4};
  return encoder->sink->write(encoder->sink->ctx, &chunk, data, error);
}
