/* Trainer: takes pictures, tensors or text files, as often and in the order it likes, and writes
 * one file: a basis, a table, a model that some other component reads.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Version ledger: 1.1 first release
 */
#ifndef HOLO_ABI_TRAINER_H
#define HOLO_ABI_TRAINER_H

#include <holo/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HOLO_TRAINER_ID "org.holohost.trainer/1" /* get_factory() -> holo_trainer_factory */

/* holo_trainer_descriptor.inputs */
#define HOLO_TRAIN_PICTURES (1u << HOLO_PICTURE) /* still pictures, one unit a file */
#define HOLO_TRAIN_TENSORS (1u << HOLO_TENSOR)   /* every tensor of the files */
/* Files of any kind as they are: a unit HOLO_TENSOR of u8, rank 1, named after the file. */
#define HOLO_TRAIN_TEXT (1u << 16)

typedef struct holo_trainer_descriptor {
  uint32_t struct_size;
  uint32_t inputs; /* HOLO_TRAIN_* bits; the inputs of one training are of one of these kinds */
  const char *id;
  const char *alias; /* may equal that of a codec: names are looked up by the kind of component */
  const char *version;
  const char *summary;
  /* Where the outcome depends on random numbers, an INT `seed` with default 0: the same seed,
   * parameters and inputs give the same bytes, for any number of workers. */
  const holo_param_table *params;
  const char *output_format; /* what is written: [a-z0-9-]{1,32} */
  const char *extension;     /* of that file, with the dot */
} holo_trainer_descriptor;

/* What the host lends to one call of train. */
typedef struct holo_training {
  uint32_t struct_size;
  uint32_t input; /* the one HOLO_TRAIN_* bit that all inputs are of */
  uint64_t count; /* of inputs, >= 1 */
  void *ctx;

  /* Reads and decodes input `index`, 0..count-1, in the order of the files' names. The unit is
   * borrowed until `release`; its `index` is that of the input. The host keeps nothing decoded
   * but what is borrowed: memory is the trainer's to plan. [any] */
  holo_status (*read)(void *ctx, uint64_t index, const holo_unit **out_unit, holo_error *error);
  void (*release)(void *ctx, const holo_unit *unit); /* [any] */

  /* Keeps `size` bytes under `name`, [a-z0-9_-]{1,63}, in place of what was there: whole or not at
   * all, even if the process dies. Gone once the training succeeds. [instance] */
  holo_status (*checkpoint_save)(void *ctx, const char *name, const void *data, uint64_t size,
                                 holo_error *error);
  /* What an interrupted training with equal parameters and inputs kept: copies at most `capacity`
   * bytes from the beginning and sets `*out_size` to how many there are. `data` may be NULL if
   * `capacity` is 0. HOLO_NOT_FOUND if there is nothing. To be checked before use. [instance] */
  holo_status (*checkpoint_load)(void *ctx, const char *name, void *data, uint64_t capacity,
                                 uint64_t *out_size, holo_error *error);

  /* Appends to the file that is made, which appears only if train returns HOLO_OK. [instance] */
  holo_status (*write)(void *ctx, const void *data, uint64_t size, holo_error *error);
} holo_training;

typedef struct holo_trainer {
  uint32_t struct_size;
  uint32_t reserved;
  void *self;
  /* Called once. holo_host.progress takes the share of the whole training that is done, and says
   * when to stop: save a checkpoint now and then, return HOLO_CANCELLED soon. [instance] */
  holo_status (*train)(void *self, const holo_training *training, holo_error *error);
  void (*destroy)(void *self); /* frees the trainer and this struct [instance] */
} holo_trainer;

typedef struct holo_trainer_factory {
  uint32_t struct_size;
  uint32_t count;
  const holo_trainer_descriptor *(*descriptor)(uint32_t index); /* [any] */
  holo_status (*create)(const char *id, const holo_host *host, const holo_params *params,
                        holo_trainer **out, holo_error *error); /* [any] */
} holo_trainer_factory;

#ifdef __cplusplus
}
#endif

#endif /* HOLO_ABI_TRAINER_H */
