// kv-recompute: no rows at all. Before each step the host computes them again from the token ids or
// from the layer's input, which it keeps in f32, so that results are those of an f32 cache.
#include <holo/model_patch.hpp>
#include <holo/plugin.hpp>

#include "plugins/kv-common/row_patch.hpp"

namespace {

class KvRecompute : public holo::kv::RowPatch {
 public:
  explicit KvRecompute(const holo::PatchJob& job) : from_ids_(job.params.choice("keep") == "ids") {}
  holo_patch_plan plan(const holo_model& model, const holo_site&) override {
    // An id serves the keys and values of all layers, a residual those of one.
    if (from_ids_) {
      return holo::make_plan(HOLO_SWAP_FLUSH, 4.0 / (2.0 * model.layers), 0, false,
                             HOLO_RECOMPUTE_IDS);
    }
    return holo::make_plan(HOLO_SWAP_FLUSH, 4.0 * model.hidden / 2.0, 0, false,
                           HOLO_RECOMPUTE_RESIDUAL);
  }
  std::unique_ptr<holo::KvCache> make_cache(const holo_site&) override {
    throw holo::Failure(HOLO_UNSUPPORTED,
                        "kv-recompute keeps no rows: the host has to compute them again, which "
                        "takes a host of version 1.2");
  }
  static holo::PatchInfo info() {
    holo::PatchInfo info;
    info.id = "org.holohost.kv-recompute";
    info.alias = "kv-recompute";
    info.version = "1.0.0";
    info.summary = "No rows: keys and values are computed again before each step, exactly";
    info.site_kinds = holo::kv::kKeysAndValues;
    info.params = {holo::choice_param(
        "keep", "What the rows are computed from", "residual",
        {{"ids", "the token ids, 4 bytes a position: the layers below run again for every step"},
         {"residual", "the layer's input, one row of the hidden width for its keys and values"}})};
    info.materialises_only = true;
    return info;
  }

 private:
  bool from_ids_;
};

constexpr holo_plugin_info kInfo =
    holo::plugin_info("org.holohost.plugin.kv-recompute", "1.0.0", "holohost", "Apache-2.0");

}  // namespace

HOLO_PLUGIN(kInfo, holo::PatchFactory<KvRecompute>);
