/* Units: the one vocabulary for pictures, frames, tensors and cache blocks.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Version ledger: 1.0 first release
 *
 * Samples travel as DLPack tensors, borrowed for the time of a call (DLTensor, no deleter).
 * holohost narrows DLPack as follows, and the host checks it on both sides:
 *  - strides are always present; byte_offset is honoured;
 *  - host-allocated data are aligned to 64 bytes, a consumer assumes no more than the element size;
 *  - dtypes: u8 u16 i8 i16 i32 i64 f16 bf16 f32 f64, one lane; packed data travel as u8.
 *  - the plane of a picture or frame is a 2-D tensor {height, width} of u8 or u16 whose
 *    rows are contiguous (strides[1] == 1); rows may be padded.
 */
#ifndef HOLO_ABI_UNIT_H
#define HOLO_ABI_UNIT_H

#include <dlpack/dlpack.h>
#include <holo/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of media: holo_stream.kind, holo_unit.kind, holo_format.kinds (as 1 << kind). */
#define HOLO_PICTURE 1 /* one still picture */
#define HOLO_FRAME 2   /* a frame of timed video */
#define HOLO_TENSOR 3  /* a named array of any rank */
#define HOLO_KV 4      /* a block of a key-value cache */

/* holo_image.model: which planes, in this order; alpha, if any, is the last plane. */
#define HOLO_GRAY 1  /* Y */
#define HOLO_RGB 2   /* R G B */
#define HOLO_YCBCR 3 /* Y Cb Cr, chroma planes subsampled by the two shifts */

/* What the planes of a picture or frame mean. Code points as in ITU-T H.273. */
typedef struct holo_image {
  uint32_t struct_size;
  int32_t width;  /* luma samples, >= 1 */
  int32_t height; /* luma samples, >= 1 */
  int32_t model;  /* HOLO_GRAY, HOLO_RGB, HOLO_YCBCR */
  int32_t has_alpha;       /* 0 or 1 */
  int32_t bit_depth;       /* 1..16; samples are u8 up to 8 bits, else u16, in the low bits */
  int32_t chroma_shift_x;  /* 0 or 1; chroma width = (width + shift) >> shift */
  int32_t chroma_shift_y;  /* 0 or 1 */
  int32_t matrix;          /* H.273 MatrixCoefficients; 2 unspecified */
  int32_t transfer;        /* H.273 TransferCharacteristics; 2 unspecified */
  int32_t primaries;       /* H.273 ColourPrimaries; 2 unspecified */
  int32_t full_range;      /* 1 full, 0 limited */
  int32_t chroma_location; /* H.273 ChromaLocType + 1; 0 unspecified */
  int32_t orientation;     /* EXIF 1..8, how to turn the stored planes for viewing; 1 upright */
} holo_image;

/* What a file or an encode job holds, known before the first unit. */
typedef struct holo_stream {
  uint32_t struct_size;
  int32_t kind;            /* HOLO_PICTURE, HOLO_FRAME, HOLO_TENSOR, HOLO_KV */
  uint64_t unit_count;     /* 0: not known yet (a stream being encoded) */
  const holo_image *image; /* PICTURE, FRAME; else NULL */
  int64_t time_base_num;   /* FRAME: one tick of pts is num/den seconds */
  int64_t time_base_den;
  int64_t frame_rate_num;  /* FRAME: nominal rate; 0/1 unknown or variable */
  int64_t frame_rate_den;
} holo_stream;

/* One unit: a picture, a frame, a tensor. Borrowed for the time of the call.
 * Encoding: the codec reads `tensors`. Rendering: the host has allocated `tensors` in the shape
 * that the request asks for, and the codec fills every element of them. */
typedef struct holo_unit {
  uint32_t struct_size;
  int32_t kind;
  uint64_t index;          /* 0-based; frames in presentation order */
  int64_t pts;             /* FRAME: presentation time in ticks of the stream's time base */
  int64_t duration;        /* FRAME: ticks; 0 unknown */
  const holo_image *image; /* PICTURE, FRAME: description of these planes; else NULL */
  const char *name;        /* TENSOR, KV: its name; else NULL */
  uint32_t tensor_count;   /* planes of a picture or frame; 1 for a tensor */
  uint32_t reserved;
  const DLTensor *const *tensors;
} holo_unit;

/* Where work runs. Results are valid in stream order; a plugin never synchronises the device. */
typedef struct holo_exec {
  uint32_t struct_size;
  uint32_t reserved;
  DLDevice device; /* kDLCPU or kDLCUDA */
  void *stream;    /* cudaStream_t; NULL on the CPU */
} holo_exec;

#ifdef __cplusplus
}
#endif

#endif /* HOLO_ABI_UNIT_H */
