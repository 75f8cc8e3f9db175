// kv-full: every row of the cache in 32 or 16 bits a number.
#include <holo/plugin.hpp>

#include "plugins/kv-common/row_patch.hpp"
#include "plugins/kv-full/full_cache.hpp"

namespace {

class KvFull : public holo::kv::RowPatch {
 public:
  explicit KvFull(const holo::PatchJob& job) : precision_(job.params.choice("precision")) {}
  holo_patch_plan plan(const holo_model& model, const holo_site&) override {
    const auto width = static_cast<double>(holo::kv::RowShape::of(model).width());
    return holo::make_plan(HOLO_SWAP_TRANSCODE, width * holo::kv::bytes_of(precision_));
  }
  // The host reads f32 rows no slower than this could, and sums in the order that it always does:
  // the very logits of no strategy.
  [[nodiscard]] bool materialises_only() const override { return precision_ == "f32"; }
  std::unique_ptr<holo::KvCache> make_cache(const holo_site&) override {
    return holo::kv::with_precision(
        precision_, [&](auto element) -> std::unique_ptr<holo::KvCache> {
          return std::make_unique<holo::kv::FullCache<decltype(element)>>(shape());
        });
  }
  static holo::PatchInfo info() {
    holo::PatchInfo info;
    info.id = "org.holohost.kv-full";
    info.alias = "kv-full";
    info.version = "1.0.0";
    info.summary = "Every row of the cache, in 32 or 16 bits a number";
    info.site_kinds = holo::kv::kKeysAndValues;
    info.params = {holo::kv::precision_param()};
    info.stores = true;
    return info;
  }

 private:
  std::string precision_;
};

constexpr holo_plugin_info kInfo =
    holo::plugin_info("org.holohost.plugin.kv-full", "1.0.0", "holohost", "Apache-2.0");

}  // namespace

HOLO_PLUGIN(kInfo, holo::PatchFactory<KvFull>);
