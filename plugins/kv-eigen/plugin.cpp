// The boundary of kv-eigen.
#include <holo/plugin.hpp>

#include "plugins/kv-eigen/eigen_patch.hpp"

HOLO_PLUGIN(holo::plugin_info("org.holohost.kv-eigen", "1.0.0", "holohost", "Apache-2.0",
                              "https://holohost.org"),
            holo::PatchFactory<holo::kv_eigen::EigenPatch>);
