/* Writes chunk after chunk and does not care what the sink says. */
#include <holo/abi/codec.h>
struct copy_encoder;
static holo_status flood(const struct copy_encoder* encoder, const holo_unit* unit);
#define PLUGIN_ID "org.holohost.test.writes-past"
#define CODEC_ALIAS "writes-past"
#define ON_PUSH(encoder, unit, error) flood(encoder, unit)
#include "copy_plugin.h"

static holo_status flood(const struct copy_encoder* encoder, const holo_unit* unit) {
  static const uint8_t block[4096];
  for (uint32_t part = 100; part < 10000; ++part) {
    holo_chunk chunk = {sizeof(holo_chunk), HOLO_FOURCC('m', 'o', 'r', 'e'), unit->index, part, 0,
                        sizeof block};
    holo_error error = {sizeof(holo_error), 0, -1, {0}, {0}};
    encoder->sink->write(encoder->sink->ctx, &chunk, block, &error);
  }
  return HOLO_OK;
}
