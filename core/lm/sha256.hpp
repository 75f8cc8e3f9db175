// SHA-256 of a file (FIPS 180-4), by OpenSSL's libcrypto.
#pragma once

#include <functional>
#include <string>

#include "core/base/result.hpp"

namespace holo::lm {

// 64 lower-case hexadecimal digits. `stop`, asked between pieces, ends with CANCELLED.
Result<std::string> file_sha256(const std::string& path, const std::function<bool()>& stop = {});

}  // namespace holo::lm
