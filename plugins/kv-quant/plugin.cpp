// kv-quant: rows in 8, 4, 3 or 2 bits a number, with ranges for groups of numbers.
#include <holo/plugin.hpp>

#include "plugins/kv-common/row_patch.hpp"
#include "plugins/kv-quant/quant_cache.hpp"

namespace {

using holo::kv::LevelFormat;
using holo::kv::QuantOptions;

class KvQuant : public holo::kv::RowPatch {
 public:
  explicit KvQuant(const holo::PatchJob& job) {
    options_.format.bits = std::stoi(job.params.choice("bits"));
    options_.format.group = static_cast<std::size_t>(std::stoi(job.params.choice("group")));
    options_.sinks = static_cast<std::size_t>(job.params.integer("sinks"));
    options_.recent = static_cast<std::size_t>(job.params.integer("recent"));
    options_.rotate = job.params.boolean("rotate");
  }
  holo_patch_plan plan(const holo_model& model, const holo_site& site) override {
    const LevelFormat format = format_of(holo::kv::RowShape::of(model), site);
    const double ranges = static_cast<double>(format.ranges_of_block() * sizeof(holo::kv::Range)) /
                          static_cast<double>(format.block());
    const double coded = static_cast<double>(format.row_bytes()) + ranges;
    // In a text of the model's full length, the rows that are exact included.
    const double length = std::max(model.max_positions, 1);
    const double exact = std::min(
        length, static_cast<double>(options_.sinks + options_.recent + format.block() - 1));
    const double row = 2.0 * static_cast<double>(format.shape.width());
    return holo::make_plan(HOLO_SWAP_TRANSCODE, coded + (row - coded) * exact / length);
  }
  std::unique_ptr<holo::KvCache> make_cache(const holo_site& site) override {
    QuantOptions options = options_;
    options.format = format_of(shape(), site);
    return std::make_unique<holo::kv::QuantCache>(options);
  }
  static holo::PatchInfo info() {
    holo::PatchInfo info;
    info.id = "org.holohost.kv-quant";
    info.alias = "kv-quant";
    info.version = "1.0.0";
    info.summary = "Cache rows in 8, 4, 3 or 2 bits a number: keys by channel, values by position";
    info.site_kinds = holo::kv::kKeysAndValues;
    info.params = {
        holo::choice_param("bits", "Bits of a level", "4",
                           {{"8", "256 levels"}, {"4", "16"}, {"3", "8"}, {"2", "4"}}),
        holo::choice_param("group", "Numbers that share a scale and a minimum, 4 bytes", "32",
                           {{"16", "2 bits more a number"},
                            {"32", "1 bit more"},
                            {"64", "1/2 bit more"},
                            {"128", "1/4 bit more"}})
            .help("For keys, positions of one channel, which are quantised when there are that "
                  "many; for values, channels of a head."),
        holo::int_param("sinks", "rows", "Rows from the start of the text that stay exact", 4, 0,
                        4096),
        holo::int_param("recent", "rows", "Last rows that stay exact", 0, 0, 1048576)
            .help("Exact rows are f16."),
        holo::bool_param("rotate", "Rotate heads before they are quantised (Hadamard)", true)
            .help("Spreads outliers over the head, so that ranges get smaller."),
    };
    info.stores = true;
    return info;
  }

 private:
  [[nodiscard]] LevelFormat format_of(const holo::kv::RowShape& shape,
                                      const holo_site& site) const {
    LevelFormat format = options_.format;
    format.shape = shape;
    format.per_channel = site.kind == HOLO_SITE_K;
    return format;
  }
  QuantOptions options_;
};

constexpr holo_plugin_info kInfo =
    holo::plugin_info("org.holohost.plugin.kv-quant", "1.0.0", "holohost", "Apache-2.0");

}  // namespace

HOLO_PLUGIN(kInfo, holo::PatchFactory<KvQuant>);
