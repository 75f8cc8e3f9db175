/* Ground rules of the holohost C ABI: versions, status codes, error record, struct sizes.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Version ledger (major.minor, what was added):
 *   1.0  first release
 *   1.1  a rate parameter and steps (params.h), trainers (trainer.h)
 *   1.2  rotary embeddings, recomputed caches, sequences, saved patches and caches (model_patch.h)
 *
 * Rules that every header of this folder keeps (docs/abi.md numbers and explains them):
 *  - Every struct begins with `uint32_t struct_size`, set by whoever fills the struct to the
 *    sizeof it was compiled with; of one that the callee fills, by the caller. Fields are only ever
 *    appended. A reader tests HOLO_HAS before it touches a field that is younger than 1.0.
 *  - Arrays of structs are arrays of pointers, so that a struct may grow.
 *  - Fixed-width integers, double and UTF-8 `const char *` only; no enum, bool or bit-field
 *    members.
 *  - No exception, longjmp or thread crosses the boundary.
 *  - Thread tags: [any] from any thread at any time; [instance] the caller serialises the calls on
 *    one instance; [worker] called from inside holo_host.parallel_for.
 */
#ifndef HOLO_ABI_BASE_H
#define HOLO_ABI_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Same major: compatible both ways. A different major is refused with both numbers in the text. */
#define HOLO_ABI_MAJOR 1u
#define HOLO_ABI_MINOR 2u

/* True if the struct that `p` points to is large enough to hold `field`. */
#define HOLO_HAS(p, type, field) \
  ((p) != NULL && (p)->struct_size >= offsetof(type, field) + sizeof((p)->field))

/* Marks the one symbol that a plugin exports. */
#if defined(_WIN32)
#define HOLO_EXPORT __declspec(dllexport)
#else
#define HOLO_EXPORT __attribute__((visibility("default")))
#endif

/* Result of a fallible call. Anything unknown to the reader means HOLO_INTERNAL. */
typedef int32_t holo_status;

#define HOLO_OK 0           /* done */
#define HOLO_INVALID_ARG 1  /* the caller passed something the contract forbids; see error.param */
#define HOLO_UNSUPPORTED 2  /* legal, but this component does not do it */
#define HOLO_CORRUPT 3      /* the data are damaged or were not written by this format */
#define HOLO_NOT_FOUND 4    /* no such chunk, unit, id or file */
#define HOLO_NO_MEMORY 5    /* an allocation failed or would pass a limit */
#define HOLO_DEVICE 6       /* the accelerator failed or is absent */
#define HOLO_IO 7           /* reading or writing failed */
#define HOLO_CANCELLED 8    /* the user asked to stop; clean up and return this */
#define HOLO_ABI_MISMATCH 9 /* versions or struct sizes do not fit */
#define HOLO_INTERNAL 10    /* a defect in the component that returns it */

/* Filled by the callee when it returns anything but HOLO_OK. The caller owns the record, sets
 * struct_size and zeroes the rest, or passes NULL. Texts are UTF-8, NUL-terminated, cut to fit.
 * `message` says what failed, where, what was expected and found, and what to do next. */
typedef struct holo_error {
  uint32_t struct_size;
  int32_t code;       /* equals the returned status */
  int64_t unit;       /* index of the unit at fault, or -1 */
  char param[64];     /* key of the parameter at fault, or "" */
  char message[1024]; /* one or two sentences, no trailing newline */
} holo_error;

/* A run of bytes that the callee borrows for the time of the call. */
typedef struct holo_bytes {
  const uint8_t *data; /* may be NULL only if size is 0 */
  uint64_t size;
} holo_bytes;

#ifdef __cplusplus
}
#endif

#endif /* HOLO_ABI_BASE_H */
