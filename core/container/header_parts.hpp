// The parts of a header that have a coding of their own, and the errors they share.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "core/container/byte_io.hpp"
#include "core/container/container.hpp"

namespace holo::container {

inline constexpr std::size_t kMaxName = 255;  // bytes of ids, versions, keys, names of metadata

inline Error bad_header_argument(const std::string& what) {
  return make_error(HOLO_INVALID_ARG, "container header: " + what);
}

inline Error corrupt_header(const std::string& field) {
  return make_error(HOLO_CORRUPT, "container header: the field \"" + field +
                                      "\" is cut short or holds an impossible value; the file is "
                                      "damaged or was not written by holohost");
}

inline bool is_plain_text(std::string_view text, std::size_t least, std::size_t most) {
  return text.size() >= least && text.size() <= most && text.find('\0') == std::string_view::npos;
}

Status write_stream(ByteWriter& out, const StreamInfo& stream);
Result<StreamInfo> read_stream(ByteCursor& in);
Status write_param(ByteWriter& out, const ParamValue& param);
Result<ParamValue> read_param(ByteCursor& in);

}  // namespace holo::container
