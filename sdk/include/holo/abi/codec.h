/* Codec: turns units into chunks, and renders any unit, region and number of components from them.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Version ledger: 1.0 first release
 */
#ifndef HOLO_ABI_CODEC_H
#define HOLO_ABI_CODEC_H

#include <holo/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HOLO_CODEC_ID "org.holohost.codec/1" /* get_factory() -> const holo_codec_factory * */

/* holo_codec_descriptor.capabilities */
#define HOLO_CODEC_ENCODES 1u
#define HOLO_CODEC_DECODES 2u
#define HOLO_CODEC_LOSSLESS 4u    /* rendering gives back what was encoded, for every parameter */
#define HOLO_CODEC_BIT_EXACT 8u   /* the same file renders the same on every machine */
#define HOLO_CODEC_REGIONS 16u    /* renders a region for less than the whole */
#define HOLO_CODEC_COMPONENTS 32u /* honours holo_render_request.components */

/* A bitstream family. Several plugins may serve one format; files store format_id. */
typedef struct holo_format {
  uint32_t struct_size;
  uint32_t kinds;             /* bit (1 << kind) for each kind of media it stores */
  const char *format_id;      /* [a-z0-9-]{1,32}, stored in every file */
  const char *extension;      /* with the dot, ".holo" */
  uint32_t bitstream_version; /* newest version written */
  uint32_t oldest_version;    /* oldest version read */
} holo_format;

typedef struct holo_codec_descriptor {
  uint32_t struct_size;
  uint32_t capabilities;
  const char *id;      /* reverse DNS, "org.example.rle" */
  const char *alias;   /* what people type, "rle" */
  const char *version; /* "1.2.0" */
  const char *summary; /* at most 80 characters */
  const holo_format *format;
  const holo_param_table *params;
  int32_t priority; /* among codecs of one format the highest decodes */
  uint32_t reserved;
} holo_codec_descriptor;

/* One encode job. `self` is the first argument of every function. Units arrive in order. */
typedef struct holo_encoder {
  uint32_t struct_size;
  uint32_t reserved;
  void *self;
  holo_status (*push)(void *self, const holo_unit *unit, holo_error *error); /* [instance] */
  holo_status (*finish)(void *self, holo_error *error); /* after the last push [instance] */
  void (*destroy)(void *self); /* frees the encoder and this struct, at any time [instance] */
} holo_encoder;

/* holo_render_request.flags */
#define HOLO_RENDER_SEQUENTIAL 1u /* hint: the following units will be asked for next, in order */

typedef struct holo_render_request {
  uint32_t struct_size;
  uint32_t flags;
  uint64_t unit;
  /* PICTURE, FRAME: the region in luma samples, inside the image; x and y are multiples of the
   * chroma subsampling. The host has resolved "everything" to the full extent. Plane p of the
   * unit to fill has the region's size, chroma planes ((w + shift) >> shift) and so on. */
  int32_t x, y, width, height;
  /* TENSOR, KV: rows of the first dimension; the tensor to fill has row_count rows. A tensor
   * of rank 0 has one row. */
  uint64_t row_begin, row_count;
  int32_t components; /* how many components to render with; 0 means all */
  uint32_t reserved;
  const holo_exec *exec;
} holo_render_request;

/* An opened file. render may be called in any order of units; decoding a file is rendering every
 * unit. Calls on one instance are serialised; the host may open several instances. */
typedef struct holo_decoder {
  uint32_t struct_size;
  uint32_t reserved;
  void *self;
  /* Fills every element of out_unit->tensors. [instance] */
  holo_status (*render)(void *self, const holo_render_request *request, const holo_unit *out_unit,
                        holo_error *error);
  /* Figures about the file for `info`, as "key" -> number; may be NULL. Calls back at most 64
   * times before it returns, with static keys such as "bits_per_weight". [instance] */
  holo_status (*inspect)(void *self, void *user,
                         void (*figure)(void *user, const char *key, double value),
                         holo_error *error);
  void (*destroy)(void *self); /* frees the decoder and this struct [instance] */
} holo_decoder;

typedef struct holo_codec_factory {
  uint32_t struct_size;
  uint32_t count; /* of codecs in this plugin */
  const holo_codec_descriptor *(*descriptor)(uint32_t index); /* static; NULL past count [any] */
  /* `id` is a descriptor's id. host, sink and source outlive the instance; params and stream are
   * borrowed for the call. On failure *out is NULL. [any] */
  holo_status (*create_encoder)(const char *id, const holo_host *host, const holo_params *params,
                                const holo_stream *stream, const holo_sink *sink,
                                holo_encoder **out, holo_error *error);
  /* `params` holds the keys flagged HOLO_PARAM_DECODE; the encoder's are in source->params. */
  holo_status (*create_decoder)(const char *id, const holo_host *host, const holo_params *params,
                                const holo_source *source, holo_decoder **out, holo_error *error);
} holo_codec_factory;

#ifdef __cplusplus
}
#endif

#endif /* HOLO_ABI_CODEC_H */
