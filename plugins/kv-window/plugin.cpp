// kv-window: the first rows and the last ones; attention does not see those between.
#include <holo/plugin.hpp>

#include "plugins/kv-common/row_patch.hpp"
#include "plugins/kv-window/window_cache.hpp"

namespace {

class KvWindow : public holo::kv::RowPatch {
 public:
  explicit KvWindow(const holo::PatchJob& job)
      : precision_(job.params.choice("precision")),
        sinks_(static_cast<std::size_t>(job.params.integer("sinks"))),
        recent_(static_cast<std::size_t>(job.params.integer("recent"))) {}
  holo_patch_plan plan(const holo_model& model, const holo_site&) override {
    const auto width = static_cast<double>(holo::kv::RowShape::of(model).width());
    const double row = width * holo::kv::bytes_of(precision_);
    // What a position takes in a text of the model's full length.
    const double length = std::max(model.max_positions, 1);
    const double kept = std::min(static_cast<double>(sinks_ + recent_), length);
    return holo::make_plan(HOLO_SWAP_TRANSCODE, row * kept / length);
  }
  std::unique_ptr<holo::KvCache> make_cache(const holo_site& site) override {
    return holo::kv::with_precision(
        precision_, [&](auto element) -> std::unique_ptr<holo::KvCache> {
          return std::make_unique<holo::kv::WindowCache<decltype(element)>>(
              shape(), site.kind == HOLO_SITE_K, sinks_, recent_);
        });
  }
  static holo::PatchInfo info() {
    holo::PatchInfo info;
    info.id = "org.holohost.kv-window";
    info.alias = "kv-window";
    info.version = "1.0.0";
    info.summary = "The first rows of the cache and the last ones; those between are dropped";
    info.site_kinds = holo::kv::kKeysAndValues;
    info.params = {
        holo::int_param("sinks", "rows", "Rows from the start of the text that stay", 4, 0, 4096)
            .help("Attention puts weight on the first tokens whatever they say; without them the "
                  "model's output falls apart."),
        holo::int_param("recent", "rows", "Last rows that stay", 256, 1, 1048576),
        holo::kv::precision_param(),
    };
    info.stores = true;
    return info;
  }

 private:
  std::string precision_;
  std::size_t sinks_;
  std::size_t recent_;
};

constexpr holo_plugin_info kInfo =
    holo::plugin_info("org.holohost.plugin.kv-window", "1.0.0", "holohost", "Apache-2.0");

}  // namespace

HOLO_PLUGIN(kInfo, holo::PatchFactory<KvWindow>);
