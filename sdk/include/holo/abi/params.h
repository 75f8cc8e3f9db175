/* Parameters: one static table per component, read by the host for the command line, help,
 * validation, completion, man pages, JSON Schema and sweeps, and one list of resolved values.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Version ledger: 1.0 first release
 *                 1.1 HOLO_PARAM_RATE, holo_param.step
 */
#ifndef HOLO_ABI_PARAMS_H
#define HOLO_ABI_PARAMS_H

#include <holo/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* holo_param.type and holo_param_value.type */
#define HOLO_PARAM_BOOL 1   /* value in `integer`, 0 or 1 */
#define HOLO_PARAM_INT 2    /* value in `integer` */
#define HOLO_PARAM_FLOAT 3  /* value in `number` */
#define HOLO_PARAM_CHOICE 4 /* value in `text`, one of the table's choices */
#define HOLO_PARAM_TEXT 5   /* value in `text`, any UTF-8 without control characters */

/* holo_param.flags */
#define HOLO_PARAM_EXPERT 1u     /* shown only by `plugins show` and --help-all */
#define HOLO_PARAM_DECODE 2u     /* an option of the decoder, not stored in files */
#define HOLO_PARAM_DEPRECATED 4u /* still accepted, with a warning */
/* 1.1: the parameter of an encoder that trades size for quality, larger is better and larger, if
 * only in the main. INT or FLOAT, not DECODE, at most one in a table. A host searches it. */
#define HOLO_PARAM_RATE 8u

/* One allowed value of a HOLO_PARAM_CHOICE. */
typedef struct holo_choice {
  uint32_t struct_size;
  uint32_t reserved;
  const char *name;
  const char *help;
} holo_choice;

/* One row of the table. Static: it lives as long as the plugin. */
typedef struct holo_param {
  uint32_t struct_size;
  int32_t type;
  const char *key;                    /* [a-z][a-z0-9_-]*, unique in the table */
  const char *unit;                   /* "px", "dB", "frames"; NULL: a plain number */
  const char *summary;                /* at most 60 characters, no full stop */
  const char *help;                   /* longer text, may be NULL */
  double default_number;              /* BOOL, INT, FLOAT */
  const char *default_text;           /* CHOICE, TEXT */
  double minimum;                     /* INT, FLOAT: inclusive range */
  double maximum;
  const holo_choice *const *choices;  /* CHOICE: choice_count pointers */
  uint32_t choice_count;
  uint32_t flags;
  double step; /* 1.1, INT, FLOAT: distance from `minimum` on between values that differ enough to
                * be tried by a search; 0: 1 for INT, the host's choice for FLOAT. Not enforced. */
} holo_param;

typedef struct holo_param_table {
  uint32_t struct_size;
  uint32_t count;
  const holo_param *const *params;
} holo_param_table;

typedef struct holo_param_value {
  uint32_t struct_size;
  int32_t type;
  const char *key;
  int64_t integer;
  double number;
  const char *text; /* NULL unless CHOICE or TEXT */
} holo_param_value;

/* Fully resolved values: every key of the table once, in the order of the table, in range.
 * Borrowed for the time of the call. */
typedef struct holo_params {
  uint32_t struct_size;
  uint32_t count;
  const holo_param_value *const *values;
} holo_params;

#ifdef __cplusplus
}
#endif

#endif /* HOLO_ABI_PARAMS_H */
