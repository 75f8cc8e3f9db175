/* ModelPatch: changes how a running model stores or multiplies something, without touching its
 * weights.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Version ledger: 1.0 first release
 *
 * Life of a patch: supports -> plan -> attach -> [calibrate] -> activate <-> deactivate -> destroy.
 * The runner holds one immutable set of active patches per decode step, so that a swap is atomic
 * between steps. Base weights are immutable.
 */
#ifndef HOLO_ABI_MODEL_PATCH_H
#define HOLO_ABI_MODEL_PATCH_H

#include <holo/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HOLO_MODEL_PATCH_ID "org.holohost.model-patch/1" /* -> holo_patch_factory */
#define HOLO_KV_STRATEGY_ID "org.holohost.kv-strategy/1" /* holo_patch.get_interface */
#define HOLO_WEIGHT_ID "org.holohost.weight/1"           /* holo_patch.get_interface */

/* Kinds of site, holo_site.kind; holo_patch_descriptor.site_kinds has bit (1 << kind). */
#define HOLO_SITE_K 1      /* key cache of one layer */
#define HOLO_SITE_V 2      /* value cache of one layer */
#define HOLO_SITE_WEIGHT 3 /* a weight matrix */

/* holo_patch_plan.on_swap: what becomes of a cache when the strategy is swapped mid-sequence. */
#define HOLO_SWAP_KEEP 1      /* the new strategy reads the old cache as it is */
#define HOLO_SWAP_TRANSCODE 2 /* the host materialises the old cache and appends it to the new */
#define HOLO_SWAP_FLUSH 3     /* the cache is dropped and computed again */

typedef struct holo_model {
  uint32_t struct_size;
  int32_t layers;
  const char *architecture; /* "gpt2", "llama" */
  int32_t hidden;           /* width of the residual stream */
  int32_t heads;            /* query heads */
  int32_t kv_heads;         /* key and value heads */
  int32_t head_dim;
  int32_t max_positions;
  int32_t has_rope; /* 1: keys are rotated by position before they reach the cache */
} holo_model;

typedef struct holo_site {
  uint32_t struct_size;
  int32_t kind;
  int32_t layer;
  int32_t reserved;
  const char *name;       /* "h.3.attn.c_attn.weight", or "h.3.k" */
  const DLTensor *weight; /* HOLO_SITE_WEIGHT: borrowed until destroy; else NULL */
} holo_site;

typedef struct holo_patch_plan {
  uint32_t struct_size;
  int32_t on_swap;           /* HOLO_SWAP_* */
  uint64_t fixed_bytes;      /* bases, tables, converted weights */
  double bytes_per_position; /* of one cache site; 0 for weights */
  int32_t needs_calibration; /* 1: calibrate must see samples before activate */
  int32_t reserved;
} holo_patch_plan;

typedef struct holo_kv_bytes {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t positions; /* rows held */
  uint64_t payload;   /* bytes that grow with positions, scales and exact rows included */
  uint64_t fixed;     /* bytes that do not */
} holo_kv_bytes;

/* HOLO_KV_STRATEGY_ID. One cache per site and sequence. Rows are f32, {n, kv_heads * head_dim}.
 * `self` is the patch's. All [instance]. */
typedef struct holo_kv_strategy {
  uint32_t struct_size;
  uint32_t reserved;
  holo_status (*create)(void *self, const holo_site *site, void **out_cache, holo_error *error);
  holo_status (*append)(void *cache, const DLTensor *rows, holo_error *error);
  /* Fills `out`, {end - begin, kv_heads * head_dim}, with the rows as attention shall see them. */
  holo_status (*materialise)(void *cache, uint64_t begin, uint64_t end, const DLTensor *out,
                             holo_error *error);
  /* K sites, may be NULL: scores {heads, positions} = query {heads, head_dim} . rows, unscaled,
   * computed in the strategy's own coordinates. */
  holo_status (*score)(void *cache, const DLTensor *query, const DLTensor *scores,
                       holo_error *error);
  /* V sites, may be NULL: out {heads, head_dim} = weights {heads, positions} . rows. */
  holo_status (*mix)(void *cache, const DLTensor *weights, const DLTensor *out, holo_error *error);
  /* Keeps the first `positions` rows; more than there are is HOLO_INVALID_ARG. */
  holo_status (*trim)(void *cache, uint64_t positions, holo_error *error);
  /* An independent copy; the two may share what is immutable. */
  holo_status (*fork)(void *cache, void **out_cache, holo_error *error);
  holo_status (*bytes)(void *cache, holo_kv_bytes *out_bytes, holo_error *error);
  holo_status (*reset)(void *cache, holo_error *error);
  void (*destroy)(void *cache);
} holo_kv_strategy;

/* HOLO_WEIGHT_ID: y {n, out} = x {n, in} . W, in place of the site's own product. [instance] */
typedef struct holo_weight_strategy {
  uint32_t struct_size;
  uint32_t reserved;
  holo_status (*multiply)(void *self, const holo_site *site, const DLTensor *x, const DLTensor *y,
                          holo_error *error);
} holo_weight_strategy;

typedef struct holo_patch_descriptor {
  uint32_t struct_size;
  uint32_t site_kinds;
  const char *id;
  const char *alias;
  const char *version;
  const char *summary;
  const holo_param_table *params;
} holo_patch_descriptor;

typedef struct holo_patch {
  uint32_t struct_size;
  uint32_t reserved;
  void *self;
  /* HOLO_OK, or HOLO_UNSUPPORTED with the reason in error. [instance] */
  holo_status (*supports)(void *self, const holo_model *model, holo_error *error);
  holo_status (*plan)(void *self, const holo_model *model, const holo_site *site,
                      holo_patch_plan *out_plan, holo_error *error); /* [instance] */
  /* Binds the patch to its sites. The pointers are borrowed for the call. [instance] */
  holo_status (*attach)(void *self, const holo_model *model, const holo_site *const *sites,
                        uint32_t site_count, holo_error *error);
  /* Shows the rows that a site sees on calibration text; may be NULL. [instance] */
  holo_status (*calibrate)(void *self, const holo_site *site, const DLTensor *rows,
                           holo_error *error);
  holo_status (*activate)(void *self, holo_error *error);   /* [instance] */
  holo_status (*deactivate)(void *self, holo_error *error); /* [instance] */
  const void *(*get_interface)(void *self, const char *id); /* NULL: unknown [any] */
  void (*destroy)(void *self); /* frees the patch and this struct [instance] */
} holo_patch;

typedef struct holo_patch_factory {
  uint32_t struct_size;
  uint32_t count;
  const holo_patch_descriptor *(*descriptor)(uint32_t index); /* [any] */
  holo_status (*create)(const char *id, const holo_host *host, const holo_params *params,
                        holo_patch **out, holo_error *error); /* [any] */
} holo_patch_factory;

#ifdef __cplusplus
}
#endif

#endif /* HOLO_ABI_MODEL_PATCH_H */
