/* Analyzer: takes the same units as a codec and gives a report.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Version ledger: 1.0 first release
 */
#ifndef HOLO_ABI_ANALYZER_H
#define HOLO_ABI_ANALYZER_H

#include <holo/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HOLO_ANALYZER_ID "org.holohost.analyzer/1" /* get_factory() -> holo_analyzer_factory */

typedef struct holo_analyzer_descriptor {
  uint32_t struct_size;
  uint32_t kinds; /* bit (1 << kind) for each kind of media it takes */
  const char *id;
  const char *alias;
  const char *version;
  const char *summary;
  const holo_param_table *params;
} holo_analyzer_descriptor;

/* Where a report goes. Keys are snake_case; the host renders text, JSON and HTML from the same
 * calls, in the order of the calls. Strings and arrays are copied. [instance] */
typedef struct holo_report {
  uint32_t struct_size;
  uint32_t reserved;
  void *ctx;
  void (*integer)(void *ctx, const char *key, int64_t value);
  void (*number)(void *ctx, const char *key, double value);
  void (*text)(void *ctx, const char *key, const char *value);
  void (*series)(void *ctx, const char *key, const double *values, uint64_t count);
} holo_report;

typedef struct holo_analyzer {
  uint32_t struct_size;
  uint32_t reserved;
  void *self;
  holo_status (*push)(void *self, const holo_unit *unit, holo_error *error); /* [instance] */
  /* Writes the report over all units pushed so far. [instance] */
  holo_status (*report)(void *self, const holo_report *report, holo_error *error);
  void (*destroy)(void *self); /* frees the analyzer and this struct [instance] */
} holo_analyzer;

typedef struct holo_analyzer_factory {
  uint32_t struct_size;
  uint32_t count;
  const holo_analyzer_descriptor *(*descriptor)(uint32_t index); /* [any] */
  holo_status (*create)(const char *id, const holo_host *host, const holo_params *params,
                        const holo_stream *stream, holo_analyzer **out,
                        holo_error *error); /* [any] */
} holo_analyzer_factory;

#ifdef __cplusplus
}
#endif

#endif /* HOLO_ABI_ANALYZER_H */
