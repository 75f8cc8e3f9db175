/* ModelPatch: changes how a running model stores or multiplies something, without touching its
 * weights.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Version ledger: 1.0 first release
 *                 1.2 holo_rope, holo_model.rope and vocabulary, holo_patch_plan.recompute_from,
 *                     holo_kv_strategy.begin..restore, holo_patch.calibrate_tokens..load,
 *                     HOLO_PROJECTORS_ID
 *
 * Life of a patch: supports -> plan -> attach -> [calibrate... -> fit, or load] -> activate <->
 * deactivate -> destroy.
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
#define HOLO_PROJECTORS_ID "org.holohost.projectors/1"   /* holo_patch.get_interface, since 1.2 */

/* Kinds of site, holo_site.kind; holo_patch_descriptor.site_kinds has bit (1 << kind). */
#define HOLO_SITE_K 1      /* key cache of one layer */
#define HOLO_SITE_V 2      /* value cache of one layer */
#define HOLO_SITE_WEIGHT 3 /* a weight matrix */

/* holo_patch_plan.on_swap: what becomes of a cache when the strategy is swapped mid-sequence. */
#define HOLO_SWAP_KEEP 1      /* the new strategy reads the old cache as it is */
#define HOLO_SWAP_TRANSCODE 2 /* the host materialises the old cache and appends it to the new */
#define HOLO_SWAP_FLUSH 3     /* the cache is dropped and computed again */

/* holo_patch_plan.recompute_from: a cache of which the host keeps no rows. Before each step it
 * computes them again from what this names, and counts that in bytes_per_position. */
#define HOLO_RECOMPUTE_NONE 0     /* the strategy keeps the rows */
#define HOLO_RECOMPUTE_IDS 1      /* from the token ids: the whole model below runs again */
#define HOLO_RECOMPUTE_RESIDUAL 2 /* from the layer's input, kept once for its keys and values */

/* holo_rope.layout */
#define HOLO_ROPE_HALVES 1 /* dimension i turns with dimension i + dimensions / 2 */
#define HOLO_ROPE_PAIRS 2  /* dimension 2 i turns with dimension 2 i + 1 */

/* Rotary position embedding: in every head the pair i of a key at position p has been turned by the
 * angle p * inverse_frequencies[i]:  (x, y) -> scale * (x cos - y sin, x sin + y cos).
 * A row's position is its index in the cache. Su et al., arXiv 2104.09864. */
typedef struct holo_rope {
  uint32_t struct_size;
  int32_t layout;     /* HOLO_ROPE_* */
  int32_t dimensions; /* of a head that turn, even, from its first on */
  int32_t reserved;
  double scale;                     /* 1, except for scaled variants */
  const float *inverse_frequencies; /* dimensions / 2 */
} holo_rope;

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
  /* 1.2 */
  const holo_rope *rope; /* how, borrowed for the call; NULL without */
  int32_t vocabulary;    /* token ids are below this */
  int32_t reserved;
  /* The residual stream before the first layer, {hidden}, of token `id` at `position`: what is
   * known of a row before the model runs. NULL: not offered. Lives as long as the patch. [any] */
  void *input_ctx;
  holo_status (*input)(void *input_ctx, int32_t id, uint64_t position, float *out);
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
  int32_t recompute_from;    /* HOLO_RECOMPUTE_*, since 1.2; 0 before */
} holo_patch_plan;

typedef struct holo_kv_bytes {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t positions; /* rows held */
  uint64_t payload;   /* bytes that grow with positions, scales and exact rows included */
  uint64_t fixed;     /* bytes that do not */
} holo_kv_bytes;

/* HOLO_KV_STRATEGY_ID. One cache per site and sequence. Rows are f32, {n, kv_heads * head_dim}.
 * A strategy may drop rows (since 1.2): a dropped key row scores -INFINITY and materialises as NaN
 * throughout, a dropped value row as zeros; they still count as positions. Where a swap finds
 * dropped rows, the host flushes.
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

  /* 1.2. All below may be NULL.
   *
   * A sequence is what the caches of one text share, for a strategy that codes a site with the help
   * of others or of the text. With `begin`, the host makes every cache through create_in and forks
   * it through fork_in, and `end` comes after the last cache of the sequence is destroyed. */
  holo_status (*begin)(void *self, void **out_sequence, holo_error *error);
  holo_status (*create_in)(void *sequence, const holo_site *site, void **out_cache,
                           holo_error *error);
  /* The token ids of positions begin..begin + count - 1, told before the rows of these positions
   * are appended. Within a step, rows come in rising order of layers, keys before values. */
  holo_status (*tokens)(void *sequence, uint64_t begin, const int32_t *ids, uint64_t count,
                        holo_error *error);
  /* A sequence for forks: the caches follow through fork_in. */
  holo_status (*fork_sequence)(void *sequence, void **out_sequence, holo_error *error);
  holo_status (*fork_in)(void *cache, void *sequence, void **out_cache, holo_error *error);
  void (*end)(void *sequence);

  /* Cold storage. `store` writes the cache as chunks of unit `unit`; `restore` fills an empty cache
   * from them. What comes out of a source is hostile. NULL: the host stores materialised rows. */
  holo_status (*store)(void *cache, const holo_sink *sink, uint64_t unit, holo_error *error);
  holo_status (*restore)(void *cache, const holo_source *source, uint64_t unit, holo_error *error);
} holo_kv_strategy;

/* HOLO_WEIGHT_ID: y {n, out} = x {n, in} . W, in place of the site's own product. [instance] */
typedef struct holo_weight_strategy {
  uint32_t struct_size;
  uint32_t reserved;
  holo_status (*multiply)(void *self, const holo_site *site, const DLTensor *x, const DLTensor *y,
                          holo_error *error);
} holo_weight_strategy;

/* A linear code of rows: of a position's rows x at `sites`, one after the other in this order,
 *   c = (x - mean) encode,   q = round(c / steps),   x' = mean + (q steps) decode.
 * Keys of a model with a rope are taken before rotation. */
typedef struct holo_projector {
  uint32_t struct_size;
  uint32_t site_count;
  const uint32_t *sites; /* indices into the sites of attach */
  int64_t width;         /* site_count * kv_heads * head_dim */
  int64_t components;
  const float *mean;   /* {width} */
  const float *encode; /* {width, components} */
  const float *decode; /* {components, width} */
  const float *steps;  /* {components}; 0: not quantised. NULL: none is */
  const float *limits; /* {components}: |q| at most; 0: any. NULL: any */
} holo_projector;

/* HOLO_PROJECTORS_ID: a fitted patch whose code is linear lets its projectors be trained further.
 * `self` is the patch's. All [instance]. */
typedef struct holo_projectors {
  uint32_t struct_size;
  uint32_t reserved;
  holo_status (*count)(void *self, uint32_t *out_count, holo_error *error);
  /* Borrowed until the next call. UNSUPPORTED where rows are predicted from more than the mean. */
  holo_status (*get)(void *self, uint32_t index, holo_projector *out, holo_error *error);
  /* Of the same sites, width and components; mean, encode and decode are copied, the rest is kept.
   * Before activate. Tables that follow from the code are made anew from the calibration rows. */
  holo_status (*set)(void *self, uint32_t index, const holo_projector *projector,
                     holo_error *error);
} holo_projectors;

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

  /* 1.2. All below may be NULL.
   *
   * Calibration goes text by text: calibrate_tokens tells the ids of the next n positions, a text
   * from its first token on, then calibrate shows each site the n rows of just these, in rising
   * order of layers, keys before values; then calibrate_loss in the same order. */
  holo_status (*calibrate_tokens)(void *self, const int32_t *ids, uint64_t count,
                                  holo_error *error);
  /* Then, where the host can tell, what the same rows mean to the loss: {n, width}, the gradient of
   * the model's loss over the text with respect to each row as `calibrate` showed it, except that
   * the keys of a model with a rope are taken before rotation. Errors e in rows raise the loss by
   * about the mean of (g' e)^2 / 2, so that g is the metric in which to keep them small. */
  holo_status (*calibrate_loss)(void *self, const holo_site *site, const DLTensor *gradients,
                                holo_error *error);
  /* All samples were shown. */
  holo_status (*fit)(void *self, holo_error *error);
  /* What calibration found, as chunks of HOLO_SHARED_UNIT, and back into a patch with the same
   * parameters that was attached to the same sites: instead of calibrate and fit. */
  holo_status (*save)(void *self, const holo_sink *sink, holo_error *error);
  holo_status (*load)(void *self, const holo_source *source, holo_error *error);
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
