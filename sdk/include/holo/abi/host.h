/* Services of the host. They reach a plugin only as tables of functions: a plugin links nothing
 * of the host and has no undefined host symbol.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Version ledger: 1.0 first release
 */
#ifndef HOLO_ABI_HOST_H
#define HOLO_ABI_HOST_H

#include <holo/abi/params.h>
#include <holo/abi/unit.h>

#ifdef __cplusplus
extern "C" {
#endif

/* holo_host.log levels */
#define HOLO_LOG_ERROR 0
#define HOLO_LOG_WARNING 1
#define HOLO_LOG_INFO 2
#define HOLO_LOG_DEBUG 3

/* Body of a parallel loop. `index` in 0..count-1, `worker` in 0..workers-1: no two bodies run at
 * once with the same worker number. Must not throw. [worker] */
typedef holo_status (*holo_loop_body)(void *user, uint64_t index, uint32_t worker);

/* One table per job. It outlives every instance that was created with it. */
typedef struct holo_host {
  uint32_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t workers; /* how many bodies parallel_for may run at once, >= 1 */
  void *ctx;        /* first argument of every function below */

  /* One line of talk, UTF-8, without newline. [any] */
  void (*log)(void *ctx, int32_t level, const char *message);

  /* Memory that counts against the job's limit. `alignment` is a power of two, at most 4096.
   * NULL when the limit would be passed. `deallocate` takes what `allocate` gave, or NULL. [any] */
  void *(*allocate)(void *ctx, uint64_t size, uint64_t alignment);
  void (*deallocate)(void *ctx, void *pointer);

  /* Runs body(user, i, worker) for every i in 0..count-1 and returns when all are done. The order
   * is free, so results must not depend on it. Returns the first non-OK status of a body (the
   * lowest index wins) and skips what has not started. Nested calls run serially. [instance] */
  holo_status (*parallel_for)(void *ctx, uint64_t count, void *user, holo_loop_body body);

  /* Reports how far the current push, finish, render or calibrate call has come, 0..1, with an
   * optional text (NULL). Returns HOLO_CANCELLED when the user asked to stop: the plugin then
   * returns HOLO_CANCELLED soon, and its instance must still accept destroy. To be called at least
   * once per frame, tile or layer. [any] */
  holo_status (*progress)(void *ctx, double fraction, const char *message);

  /* A further service by id, or NULL. [any] */
  const void *(*get_interface)(void *ctx, const char *id);
} holo_host;

/* ---- chunks: how a codec's bytes reach a file and come back ------------------------------------
 *
 * A chunk is named by {type, unit, part}. `type` is four ASCII letters or digits, lower case, as
 * HOLO_FOURCC; upper case is the host's own. `unit` is the index of the unit it belongs to, or
 * HOLO_SHARED_UNIT for what all units share (a basis, a header). `part` tells the chunks of one
 * unit apart: a tile, a layer. The host keeps checksums, index, random access and recovery.
 * The order of writing is the order of streaming: shared first, most important first. */
#define HOLO_FOURCC(a, b, c, d)                                                    \
  ((uint32_t)(uint8_t)(a) | ((uint32_t)(uint8_t)(b) << 8) |                        \
   ((uint32_t)(uint8_t)(c) << 16) | ((uint32_t)(uint8_t)(d) << 24))
#define HOLO_SHARED_UNIT UINT64_MAX

/* holo_chunk.flags */
#define HOLO_CHUNK_KEY 1u /* the unit can be rendered without any earlier unit */

typedef struct holo_chunk {
  uint32_t struct_size;
  uint32_t type;
  uint64_t unit;
  uint32_t part;
  uint32_t flags;
  uint64_t size; /* bytes of payload */
} holo_chunk;

/* Where an encoder writes. Lives as long as the encoder. The three fields type, unit, part name a
 * chunk once; writing it twice is HOLO_INVALID_ARG. Timed media: the chunks of a unit are written
 * together, before those of another unit, units in decoding order; shared chunks before all. */
typedef struct holo_sink {
  uint32_t struct_size;
  uint32_t reserved;
  void *ctx;
  /* Copies the bytes before it returns. Chunk bytes in one job are limited by a budget that the
   * host sets from the input's size; passing it is HOLO_NO_MEMORY. [instance] */
  holo_status (*write)(void *ctx, const holo_chunk *chunk, const void *data, holo_error *error);
} holo_sink;

/* What the host remembers of a unit, so that a codec need not. `name` and `shape` are borrowed
 * until the same thread's next unit_info on the same source. */
typedef struct holo_unit_info {
  uint32_t struct_size;
  int32_t kind;
  uint64_t index;
  int64_t pts;
  int64_t duration;
  const char *name;     /* TENSOR, KV */
  DLDataType dtype;     /* TENSOR, KV: of the array that was encoded */
  int32_t ndim;         /* TENSOR, KV */
  const int64_t *shape; /* TENSOR, KV: ndim extents */
} holo_unit_info;

/* Where a decoder reads. Lives as long as the decoder. All that comes out of it is hostile:
 * checksums guard against accident, not intent. Set struct_size of what is to be filled. */
typedef struct holo_source {
  uint32_t struct_size;
  uint32_t bitstream_version; /* as the encoder's descriptor stated */
  void *ctx;
  const holo_stream *stream; /* what was encoded */
  const holo_params *params; /* the encoder's resolved parameters */

  /* HOLO_NOT_FOUND if there is no such unit. [any] */
  holo_status (*unit_info)(void *ctx, uint64_t unit, holo_unit_info *out_info);
  /* Fills `out_chunk` from type, unit and part, without reading the payload; HOLO_NOT_FOUND.
   * [any] */
  holo_status (*find)(void *ctx, uint32_t type, uint64_t unit, uint32_t part,
                      holo_chunk *out_chunk);
  /* FRAME: the last unit <= `unit` with a HOLO_CHUNK_KEY; else `unit`. HOLO_NOT_FOUND. [any] */
  holo_status (*find_key)(void *ctx, uint64_t unit, uint64_t *out_key_unit);
  /* Copies `size` bytes of the payload from `offset`. Past the end is HOLO_INVALID_ARG, a failed
   * checksum HOLO_CORRUPT. The checksum is verified when a chunk is first touched. [any] */
  holo_status (*read)(void *ctx, const holo_chunk *chunk, uint64_t offset, void *data,
                      uint64_t size, holo_error *error);
} holo_source;

#ifdef __cplusplus
}
#endif

#endif /* HOLO_ABI_HOST_H */
