// Stands in for downloads in builds without libcurl.
#include "core/lm/fetch.hpp"

namespace holo::lm {

bool fetch_available() { return false; }

Result<std::vector<FetchedFile>> fetch_model(const std::string&, const std::string&,
                                             const FetchOptions&) {
  return make_error(HOLO_UNSUPPORTED,
                    "this build has no downloads: configure with HOLO_LM_FETCH=ON where libcurl "
                    "and OpenSSL are installed, or put the model's files into a folder by hand");
}

}  // namespace holo::lm
