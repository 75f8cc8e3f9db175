/* Breaks one rule of the sink per unit index. */
#include <holo/abi/codec.h>
struct copy_encoder;
static holo_status break_rule(const struct copy_encoder* encoder, const holo_unit* unit,
                              holo_error* error);
#define PLUGIN_ID "org.holohost.test.bad-sink-calls"
#define CODEC_ALIAS "bad-sink-calls"
#define ON_PUSH(encoder, unit, error) break_rule(encoder, unit, error)
#include "copy_plugin.h"

static holo_status break_rule(const struct copy_encoder* encoder, const holo_unit* unit,
                              holo_error* error) {
  static const uint8_t data[4] = {1, 2, 3, 4};
  holo_chunk chunk = {sizeof(holo_chunk), HOLO_FOURCC('r', 'u', 'l', 'e'), unit->index, 0, 0, 4};
  /* The first sample of the picture says which rule. */
  switch (copy_row(unit->tensors[0], 0)[0]) {
    case 1:
      chunk.type = HOLO_FOURCC('R', 'U', 'L', 'E');
      break;
    case 2:
      chunk.struct_size = 4;
      break;
    case 3:
      chunk.unit = 5;
      break;
    case 4:
      chunk.flags = 64;
      break;
    case 5:
      return encoder->sink->write(encoder->sink->ctx, &chunk, NULL, error);
    case 6: {
      const holo_status first = encoder->sink->write(encoder->sink->ctx, &chunk, data, error);
      if (first != HOLO_OK) return first;
      break;
    }
    default:
      return HOLO_OK;
  }
  return encoder->sink->write(encoder->sink->ctx, &chunk, data, error);
}
