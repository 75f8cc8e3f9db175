// Strings in headers: a generic word of a fixed table takes one or two bytes, all else is spelt
// out.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/container/byte_io.hpp"

namespace holo::container {

// The table, in the order of docs/format.md. It belongs to the container version: a later one may
// append words; none is moved or removed.
[[nodiscard]] std::span<const std::string_view> static_words();
// Index of a word in the table.
[[nodiscard]] std::optional<std::uint64_t> find_static_word(std::string_view word);

// varint 2 * length and the bytes, or varint 2 * index + 1 of a static word.
void write_string(ByteWriter& out, std::string_view text);
// Fails the cursor on an unknown word, a length past the end or past `limit`, or a NUL inside.
std::string read_string(ByteCursor& in, std::size_t limit);

}  // namespace holo::container
