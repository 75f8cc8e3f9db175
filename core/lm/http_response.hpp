// What the header lines of a response, and of the redirects before it, say about a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holo::lm {

struct HttpResponse {
  // Of the hub, on any of the responses: the file's SHA-256 and size in large file storage.
  std::string linked_sha256;
  std::uint64_t linked_size = 0;
  // Of the last response.
  std::uint64_t length = 0;       // 0: not announced
  std::uint64_t range_begin = 0;  // of a 206

  // Lines come in order; malformed ones are passed over.
  void take(std::string_view line);
};

}  // namespace holo::lm
