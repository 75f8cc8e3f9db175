// Fields of the header in file order: who wrote it, what it holds, how it was made, what came
// along.
#include "core/container/header.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "core/container/byte_io.hpp"
#include "core/container/header_parts.hpp"
#include "core/container/static_words.hpp"

namespace holo::container {
namespace {

constexpr std::string_view kHouse = "org.holohost.";
constexpr std::size_t kMaxFormatId = 32;

bool is_format_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxFormatId && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

Result<std::vector<std::uint8_t>> serialize_header(const ContainerHeader& header) {
  if (!is_format_id(header.format_id)) {
    return bad_header_argument("the format id \"" + header.format_id +
                               "\" is not 1 to 32 of the characters a-z 0-9 -");
  }
  if (!is_plain_text(header.plugin_id, 1, kMaxName) ||
      !is_plain_text(header.plugin_version, 0, kMaxName)) {
    return bad_header_argument("plugin id or version is missing, or longer than 255 bytes");
  }
  std::vector<std::uint8_t> bytes;
  ByteWriter out(bytes);
  write_string(out, header.format_id);
  out.varint(header.bitstream_version);
  // An empty string stands for the id that the house gives to a format of this name.
  const bool house = header.plugin_id == std::string(kHouse) + header.format_id;
  write_string(out, house ? std::string_view{} : std::string_view{header.plugin_id});
  write_string(out, header.plugin_version);
  HOLO_TRY(write_stream(out, header.stream));
  out.varint(header.params.values.size());
  for (const ParamValue& param : header.params.values) HOLO_TRY(write_param(out, param));

  for (const Metadata& item : header.metadata) {
    if (!is_plain_text(item.name, 1, kMaxName)) {
      return bad_header_argument("the metadata name \"" + item.name +
                                 "\" is empty or longer than 255 bytes");
    }
    write_string(out, item.name);
    out.varint(item.bytes.size());
    out.bytes(item.bytes);
  }
  return bytes;
}

Result<ContainerHeader> parse_header(std::span<const std::uint8_t> bytes) {
  ByteCursor in(bytes);
  ContainerHeader header;
  header.format_id = read_string(in, kMaxFormatId);
  if (!in.ok() || !is_format_id(header.format_id)) return corrupt_header("format id");
  header.bitstream_version =
      static_cast<std::uint32_t>(in.varint_to(std::numeric_limits<std::uint32_t>::max()));
  header.plugin_id = read_string(in, kMaxName);
  if (header.plugin_id.empty()) header.plugin_id = std::string(kHouse) + header.format_id;
  header.plugin_version = read_string(in, kMaxName);
  if (!in.ok()) return corrupt_header("versions");
  HOLO_ASSIGN(header.stream, read_stream(in));

  const std::uint64_t params = in.varint_to(in.remaining() / 2);  // two bytes each at least
  if (!in.ok()) return corrupt_header("number of parameters");
  for (std::uint64_t i = 0; i < params; ++i) {
    HOLO_ASSIGN(ParamValue param, read_param(in));
    header.params.values.push_back(std::move(param));
  }
  while (in.remaining() > 0) {  // what came along fills the rest
    Metadata item;
    item.name = read_string(in, kMaxName);
    const auto data = in.bytes(in.varint());
    if (!in.ok() || item.name.empty()) return corrupt_header("metadata");
    item.bytes.assign(data.begin(), data.end());
    header.metadata.push_back(std::move(item));
  }

  return header;
}

}  // namespace holo::container
