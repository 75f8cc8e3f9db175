/* c-store: keeps samples as they are. A whole codec in plain C, for every kind of media. */
#include <holo/abi/codec.h>
#include <holo/abi/plugin.h>
#include <stdlib.h>
#include <string.h>

#define ROWS                                                                           \
  HOLO_FOURCC('r', 'o', 'w', 's') /* one chunk a plane: its rows, packed; part = plane \
                                   */

static holo_status fail(holo_error* error, holo_status status, int64_t unit, const char* message) {
  if (HOLO_HAS(error, holo_error, message)) {
    error->code = status;
    error->unit = unit;
    error->param[0] = '\0';
    strncpy(error->message, message, sizeof error->message - 1);
    error->message[sizeof error->message - 1] = '\0';
  }
  return status;
}

/* Bytes of one element, and of one row of the first dimension when packed. */
static uint64_t element_bytes(const DLTensor* t) { return (t->dtype.bits + 7u) / 8u; }
static uint64_t row_bytes(const DLTensor* t) {
  uint64_t bytes = element_bytes(t);
  for (int a = 1; a < t->ndim; ++a) bytes *= (uint64_t)t->shape[a];
  return bytes;
}
static uint64_t row_count(const DLTensor* t) { return t->ndim == 0 ? 1 : (uint64_t)t->shape[0]; }

/* Copies between a strided tensor and packed memory, dimension by dimension. */
static uint8_t* copy(const DLTensor* t, int axis, uint8_t* at, uint8_t* packed, int to_packed) {
  uint64_t size = element_bytes(t);
  if (axis == t->ndim) {
    memcpy(to_packed ? packed : at, to_packed ? at : packed, size);
    return packed + size;
  }
  if (axis == t->ndim - 1 && t->strides[axis] == 1) {
    uint64_t bytes = (uint64_t)t->shape[axis] * size;
    if (bytes > 0) memcpy(to_packed ? packed : at, to_packed ? at : packed, bytes);
    return packed + bytes;
  }
  for (int64_t i = 0; i < t->shape[axis]; ++i) {
    packed = copy(t, axis + 1, at + i * t->strides[axis] * (int64_t)size, packed, to_packed);
  }
  return packed;
}

typedef struct encoder {
  holo_encoder abi;
  const holo_host* host;
  const holo_sink* sink;
} encoder;

static holo_status push(void* self, const holo_unit* unit, holo_error* error) {
  encoder* e = self;
  for (uint32_t p = 0; p < unit->tensor_count; ++p) {
    const DLTensor* t = unit->tensors[p];
    uint64_t bytes = row_count(t) * row_bytes(t);
    holo_chunk chunk = {sizeof chunk, ROWS, unit->index, p, HOLO_CHUNK_KEY, bytes};
    if (e->host->progress(e->host->ctx, (double)p / unit->tensor_count, NULL) != HOLO_OK) {
      return fail(error, HOLO_CANCELLED, (int64_t)unit->index, "cancelled");
    }
    uint8_t* packed = malloc(bytes > 0 ? bytes : 1);
    if (packed == NULL) {
      return fail(error, HOLO_NO_MEMORY, (int64_t)unit->index,
                  "no memory for the samples of a unit");
    }
    copy(t, 0, (uint8_t*)t->data + t->byte_offset, packed, 1);
    holo_status status = e->sink->write(e->sink->ctx, &chunk, packed, error);
    free(packed);
    if (status != HOLO_OK) return status;
  }
  return HOLO_OK;
}
static holo_status finish(void* self, holo_error* error) {
  (void)self;
  (void)error;
  return HOLO_OK;
}
static void destroy_encoder(void* self) { free(self); }

typedef struct decoder {
  holo_decoder abi;
  const holo_host* host;
  const holo_source* source;
} decoder;

/* Fills `t` row by row from the payload: the first row starts at byte `first`, and each next one
 * `pitch` bytes further on. */
static holo_status fill(decoder* d, const DLTensor* t, const holo_chunk* chunk, uint64_t first,
                        uint64_t pitch, holo_error* error) {
  uint64_t bytes = row_bytes(t), rows = row_count(t);
  uint8_t* row = malloc(bytes > 0 ? bytes : 1);
  DLTensor one = *t; /* a row as a tensor of one rank less */
  holo_status status = HOLO_OK;
  if (row == NULL) return fail(error, HOLO_NO_MEMORY, -1, "no memory for a row");
  if (t->ndim > 0) {
    one.ndim = t->ndim - 1;
    one.shape = t->shape + 1;
    one.strides = t->strides + 1;
  }
  for (uint64_t y = 0; y < rows && status == HOLO_OK; ++y) {
    int64_t step = t->ndim > 0 ? t->strides[0] * (int64_t)element_bytes(t) : 0;
    status = d->source->read(d->source->ctx, chunk, first + y * pitch, row, bytes, error);
    if (status == HOLO_OK) {
      copy(&one, 0, (uint8_t*)t->data + t->byte_offset + (int64_t)y * step, row, 0);
    }
  }
  free(row);
  return status;
}

static holo_status render(void* self, const holo_render_request* request, const holo_unit* out,
                          holo_error* error) {
  decoder* d = self;
  int64_t unit = (int64_t)request->unit;
  const holo_image* image = d->source->stream->image;
  for (uint32_t p = 0; p < out->tensor_count; ++p) {
    const DLTensor* t = out->tensors[p];
    holo_chunk chunk = {sizeof chunk, 0, 0, 0, 0, 0};
    uint64_t pitch, rows, first;
    if (d->host->progress(d->host->ctx, (double)p / out->tensor_count, NULL) != HOLO_OK) {
      return fail(error, HOLO_CANCELLED, unit, "cancelled");
    }
    if (d->source->find(d->source->ctx, ROWS, request->unit, p, &chunk) != HOLO_OK) {
      return fail(error, HOLO_NOT_FOUND, unit, "a plane of this unit is not in the file");
    }
    if (image != NULL) {
      int chroma = image->model == HOLO_YCBCR && (p == 1 || p == 2);
      int sx = chroma ? image->chroma_shift_x : 0, sy = chroma ? image->chroma_shift_y : 0;
      pitch = (((uint64_t)image->width + (uint64_t)sx) >> sx) * element_bytes(t);
      rows = ((uint64_t)image->height + (uint64_t)sy) >> sy;
      first =
          (uint64_t)(request->y >> sy) * pitch + (uint64_t)(request->x >> sx) * element_bytes(t);
    } else {
      holo_unit_info info = {sizeof info, 0, 0, 0, 0, NULL, {0, 0, 0}, 0, NULL};
      if (d->source->unit_info(d->source->ctx, request->unit, &info) != HOLO_OK) {
        return fail(error, HOLO_NOT_FOUND, unit, "no such unit");
      }
      pitch = row_bytes(t);
      rows = info.ndim == 0 ? 1 : (uint64_t)info.shape[0];
      first = request->row_begin * pitch;
    }
    if (chunk.size != rows * pitch) {
      return fail(error, HOLO_CORRUPT, unit,
                  "the stored samples do not have the size of the plane");
    }
    holo_status status = fill(d, t, &chunk, first, pitch, error);
    if (status != HOLO_OK) return status;
  }
  return HOLO_OK;
}
static void destroy_decoder(void* self) { free(self); }

#define KINDS (1u << HOLO_PICTURE | 1u << HOLO_FRAME | 1u << HOLO_TENSOR | 1u << HOLO_KV)
static const holo_param_table no_params = {sizeof no_params, 0, NULL};
static const holo_format format = {sizeof format, KINDS, "c-store", ".holo", 1, 1};
static const holo_codec_descriptor codec = {sizeof codec,
                                            HOLO_CODEC_ENCODES | HOLO_CODEC_DECODES |
                                                HOLO_CODEC_LOSSLESS | HOLO_CODEC_BIT_EXACT |
                                                HOLO_CODEC_REGIONS,
                                            "org.holohost.example.c-store",
                                            "c-store",
                                            "1.0.0",
                                            "keeps samples as they are; an example in plain C",
                                            &format,
                                            &no_params,
                                            0,
                                            0};

static const holo_codec_descriptor* descriptor(uint32_t index) {
  return index == 0 ? &codec : NULL;
}

static holo_status create_encoder(const char* id, const holo_host* host, const holo_params* params,
                                  const holo_stream* stream, const holo_sink* sink,
                                  holo_encoder** out, holo_error* error) {
  (void)params;
  (void)stream;
  *out = NULL;
  if (strcmp(id, codec.id) != 0)
    return fail(error, HOLO_NOT_FOUND, -1, "this plugin has c-store only");
  encoder* e = malloc(sizeof *e);
  if (e == NULL) return fail(error, HOLO_NO_MEMORY, -1, "no memory for an encoder");
  *e = (encoder){{sizeof e->abi, 0, e, push, finish, destroy_encoder}, host, sink};
  *out = &e->abi;
  return HOLO_OK;
}

static holo_status create_decoder(const char* id, const holo_host* host, const holo_params* params,
                                  const holo_source* source, holo_decoder** out,
                                  holo_error* error) {
  (void)params;
  *out = NULL;
  if (strcmp(id, codec.id) != 0)
    return fail(error, HOLO_NOT_FOUND, -1, "this plugin has c-store only");
  decoder* d = malloc(sizeof *d);
  if (d == NULL) return fail(error, HOLO_NO_MEMORY, -1, "no memory for a decoder");
  *d = (decoder){{sizeof d->abi, 0, d, render, NULL, destroy_decoder}, host, source};
  *out = &d->abi;
  return HOLO_OK;
}

static const holo_codec_factory factory = {sizeof factory, 1, descriptor, create_encoder,
                                           create_decoder};

static const void* get_factory(const char* interface_id) {
  return strcmp(interface_id, HOLO_CODEC_ID) == 0 ? &factory : NULL;
}

HOLO_PLUGIN_NOTE();
static const holo_plugin_info info = {
    sizeof info,           0, "org.holohost.example.c-store", "1.0.0", "holohost", "Apache-2.0",
    "https://holohost.org"};
HOLO_EXPORT extern const holo_plugin_entry holo_plugin_entry_v1;
const holo_plugin_entry holo_plugin_entry_v1 = {
    sizeof holo_plugin_entry_v1, HOLO_ABI_MAJOR, HOLO_ABI_MINOR, 0u, &info, NULL, get_factory};
