// df-analyzer: the entry of the plugin.
#include <holo/plugin.hpp>

#include "plugins/df-analyzer/df_analyzer.hpp"

namespace {

constexpr holo_plugin_info kInfo =
    holo::plugin_info("org.holohost.plugin.df-analyzer", "1.0.0", "holohost", "Apache-2.0");

}  // namespace

HOLO_PLUGIN(kInfo, holo::AnalyzerFactory<df_analyzer::DfAnalyzer>);
