/* A complete plugin in plain C: the codec "copy", which stores samples as they are, and the
 * analyzer "count". Each test plugin defines one or two of the macros below and includes this file,
 * so that it differs from a good one in exactly that point. */
#include <holo/abi/analyzer.h>
#include <holo/abi/codec.h>
#include <holo/abi/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PLUGIN_ID
#error "define PLUGIN_ID"
#endif
#ifndef CODEC_ID
#define CODEC_ID PLUGIN_ID ".codec"
#endif
#ifndef CODEC_ALIAS
#define CODEC_ALIAS CODEC_ID
#endif
#ifndef FORMAT_ID
#define FORMAT_ID "copy"
#endif
#ifndef CODEC_PRIORITY
#define CODEC_PRIORITY 0
#endif
#ifndef CODEC_SUMMARY
#define CODEC_SUMMARY "stores samples as they are"
#endif
#ifndef ENTRY_SIZE
#define ENTRY_SIZE sizeof(holo_plugin_entry)
#endif
#ifndef ON_INITIALISE
#define ON_INITIALISE(host, error) HOLO_OK
#endif
#ifndef ON_CREATE_ENCODER
#define ON_CREATE_ENCODER(error) HOLO_OK
#endif
#ifndef ON_CREATE_DECODER
#define ON_CREATE_DECODER(error) HOLO_OK
#endif
#ifndef ON_PUSH
#define ON_PUSH(encoder, unit, error) HOLO_OK
#endif
#ifndef ON_RENDER
#define ON_RENDER(decoder, request, error) HOLO_OK
#endif
#ifndef ENCODER_SIZE
#define ENCODER_SIZE sizeof(holo_encoder)
#endif
#ifndef ON_CREATED
#define ON_CREATED(encoder)
#endif
#ifndef LEVEL_DEFAULT
#define LEVEL_DEFAULT 3
#endif

HOLO_PLUGIN_NOTE();

typedef struct copy_encoder {
  holo_encoder table;
  const holo_host* host;
  const holo_sink* sink;
} copy_encoder;

typedef struct copy_decoder {
  holo_decoder table;
  const holo_host* host;
  const holo_source* source;
} copy_decoder;

static inline holo_status copy_fail(holo_error* error, holo_status code, const char* message) {
  error->code = code;
  snprintf(error->message, sizeof error->message, "%s", message);
  return code;
}

static uint64_t copy_bytes_per_row(const DLTensor* tensor) {
  uint64_t bytes = tensor->dtype.bits / 8u;
  for (int i = tensor->ndim == 0 ? 0 : 1; i < tensor->ndim; ++i)
    bytes *= (uint64_t)tensor->shape[i];
  return bytes;
}
static uint64_t copy_rows(const DLTensor* tensor) {
  return tensor->ndim == 0 ? 1 : (uint64_t)tensor->shape[0];
}
static uint8_t* copy_row(const DLTensor* tensor, uint64_t row) {
  const uint64_t step =
      tensor->ndim == 0 ? 0 : (uint64_t)tensor->strides[0] * (tensor->dtype.bits / 8u);
  return (uint8_t*)tensor->data + tensor->byte_offset + row * step;
}

static holo_status copy_push(void* self, const holo_unit* unit, holo_error* error) {
  copy_encoder* encoder = (copy_encoder*)self;
  const holo_status hook = ON_PUSH(encoder, unit, error);
  if (hook != HOLO_OK) return hook;
  if (encoder->host->progress(encoder->host->ctx, 0.5, NULL) == HOLO_CANCELLED)
    return HOLO_CANCELLED;
  for (uint32_t i = 0; i < unit->tensor_count; ++i) {
    const DLTensor* tensor = unit->tensors[i];
    const uint64_t row_bytes = copy_bytes_per_row(tensor);
    const uint64_t rows = copy_rows(tensor);
    uint8_t* packed =
        (uint8_t*)encoder->host->allocate(encoder->host->ctx, row_bytes * rows + 1, 64);
    if (packed == NULL) return copy_fail(error, HOLO_NO_MEMORY, "no memory for a plane");
    for (uint64_t y = 0; y < rows; ++y) {
      memcpy(packed + y * row_bytes, copy_row(tensor, y), row_bytes);
    }
    holo_chunk chunk = {sizeof(holo_chunk), HOLO_FOURCC('d', 'a', 't', 'a'),
                        unit->index,        i,
                        HOLO_CHUNK_KEY,     row_bytes * rows};
    const holo_status status = encoder->sink->write(encoder->sink->ctx, &chunk, packed, error);
    encoder->host->deallocate(encoder->host->ctx, packed);
    if (status != HOLO_OK) return status;
  }
  return HOLO_OK;
}

static holo_status copy_finish(void* self, holo_error* error) {
  (void)self;
  (void)error;
  return HOLO_OK;
}

static void copy_destroy(void* self) { free(self); }

static holo_status copy_create_encoder(const char* id, const holo_host* host,
                                       const holo_params* params, const holo_stream* stream,
                                       const holo_sink* sink, holo_encoder** out,
                                       holo_error* error) {
  (void)id;
  (void)params;
  (void)stream;
  const holo_status hook = ON_CREATE_ENCODER(error);
  if (hook != HOLO_OK) return hook;
  copy_encoder* encoder = (copy_encoder*)calloc(1, sizeof *encoder);
  if (encoder == NULL) return copy_fail(error, HOLO_NO_MEMORY, "no memory for an encoder");
  encoder->table.struct_size = (uint32_t)(ENCODER_SIZE);
  encoder->table.self = encoder;
  encoder->table.push = copy_push;
  encoder->table.finish = copy_finish;
  encoder->table.destroy = copy_destroy;
  encoder->host = host;
  encoder->sink = sink;
  ON_CREATED(encoder);
  *out = &encoder->table;
  return HOLO_OK;
}

static holo_status copy_render(void* self, const holo_render_request* request,
                               const holo_unit* out_unit, holo_error* error) {
  copy_decoder* decoder = (copy_decoder*)self;
  const holo_status hook = ON_RENDER(decoder, request, error);
  if (hook != HOLO_OK) return hook;
  for (uint32_t i = 0; i < out_unit->tensor_count; ++i) {
    const DLTensor* tensor = out_unit->tensors[i];
    const uint64_t row_bytes = copy_bytes_per_row(tensor);
    const uint64_t rows = copy_rows(tensor);
    holo_chunk chunk = {sizeof(holo_chunk), 0, 0, 0, 0, 0};
    const holo_status found = decoder->source->find(
        decoder->source->ctx, HOLO_FOURCC('d', 'a', 't', 'a'), request->unit, i, &chunk);
    if (found != HOLO_OK) return copy_fail(error, HOLO_CORRUPT, "a data chunk is missing");
    if (chunk.size != rows * row_bytes) {
      return copy_fail(error, HOLO_CORRUPT, "a data chunk has the wrong size");
    }
    for (uint64_t y = 0; y < rows; ++y) {
      const holo_status read = decoder->source->read(decoder->source->ctx, &chunk, y * row_bytes,
                                                     copy_row(tensor, y), row_bytes, error);
      if (read != HOLO_OK) return read;
    }
  }
  return HOLO_OK;
}

static holo_status copy_inspect(void* self, void* user,
                                void (*figure)(void* user, const char* key, double value),
                                holo_error* error) {
  (void)self;
  (void)error;
  figure(user, "copies", 1.0);
  return HOLO_OK;
}

static holo_status copy_create_decoder(const char* id, const holo_host* host,
                                       const holo_params* params, const holo_source* source,
                                       holo_decoder** out, holo_error* error) {
  (void)id;
  (void)params;
  const holo_status hook = ON_CREATE_DECODER(error);
  if (hook != HOLO_OK) return hook;
  copy_decoder* decoder = (copy_decoder*)calloc(1, sizeof *decoder);
  if (decoder == NULL) return copy_fail(error, HOLO_NO_MEMORY, "no memory for a decoder");
  decoder->table.struct_size = sizeof(holo_decoder);
  decoder->table.self = decoder;
  decoder->table.render = copy_render;
  decoder->table.inspect = copy_inspect;
  decoder->table.destroy = copy_destroy;
  decoder->host = host;
  decoder->source = source;
  *out = &decoder->table;
  return HOLO_OK;
}

static const holo_choice copy_fast = {sizeof(holo_choice), 0, "fast", "as quick as can be"};
static const holo_choice copy_best = {sizeof(holo_choice), 0, "best", "as good as can be"};
static const holo_choice* const copy_choices[] = {&copy_fast, &copy_best};
static const holo_param copy_level = {sizeof(holo_param),
                                      HOLO_PARAM_INT,
                                      "level",
                                      NULL,
                                      "changes nothing",
                                      NULL,
                                      LEVEL_DEFAULT,
                                      NULL,
                                      0,
                                      9,
                                      NULL,
                                      0,
                                      0,
                                      0};
static const holo_param copy_effort = {sizeof(holo_param),
                                       HOLO_PARAM_CHOICE,
                                       "effort",
                                       NULL,
                                       "changes nothing either",
                                       NULL,
                                       0,
                                       "fast",
                                       0,
                                       0,
                                       copy_choices,
                                       2,
                                       HOLO_PARAM_EXPERT,
                                       0};
static const holo_param* const copy_rows_of_table[] = {&copy_level, &copy_effort};
static const holo_param_table copy_params = {sizeof(holo_param_table), 2, copy_rows_of_table};

static const holo_format copy_format = {
    sizeof(holo_format),
    (1u << HOLO_PICTURE) | (1u << HOLO_FRAME) | (1u << HOLO_TENSOR),
    FORMAT_ID,
    ".holo",
    2,
    1};
static const holo_codec_descriptor copy_descriptor = {
    sizeof(holo_codec_descriptor),
    HOLO_CODEC_ENCODES | HOLO_CODEC_DECODES | HOLO_CODEC_LOSSLESS | HOLO_CODEC_BIT_EXACT,
    CODEC_ID,
    CODEC_ALIAS,
    "1.0.0",
    CODEC_SUMMARY,
    &copy_format,
    &copy_params,
    CODEC_PRIORITY,
    0};

static const holo_codec_descriptor* copy_descriptor_at(uint32_t index) {
  return index == 0 ? &copy_descriptor : NULL;
}
static const holo_codec_factory copy_factory = {sizeof(holo_codec_factory), 1, copy_descriptor_at,
                                                copy_create_encoder, copy_create_decoder};

#ifdef WITH_ANALYZER
#include "count_analyzer.h"
#endif

static const holo_plugin_info copy_info = {
    sizeof(holo_plugin_info), 0, PLUGIN_ID, "1.0.0", "holohost tests", "Apache-2.0", NULL};

static holo_status copy_initialise(const holo_host* host, holo_error* error) {
  (void)host;
  (void)error;
  return ON_INITIALISE(host, error);
}

static const void* copy_get_factory(const char* interface_id) {
  if (strcmp(interface_id, HOLO_CODEC_ID) == 0) return &copy_factory;
#ifdef WITH_ANALYZER
  if (strcmp(interface_id, HOLO_ANALYZER_ID) == 0) return &count_factory;
#endif
  return NULL;
}

#ifndef WITHOUT_ENTRY
HOLO_EXPORT extern const holo_plugin_entry holo_plugin_entry_v1;
const holo_plugin_entry holo_plugin_entry_v1 = {
    (uint32_t)(ENTRY_SIZE), HOLO_ABI_MAJOR,  HOLO_ABI_MINOR, 0, &copy_info,
    copy_initialise,        copy_get_factory};
#else
int copy_unused(void);
int copy_unused(void) {
  holo_error error = {sizeof(holo_error), 0, -1, {0}, {0}};
  return copy_get_factory(copy_info.id) != NULL || copy_initialise(NULL, &error) != HOLO_OK;
}
#endif
