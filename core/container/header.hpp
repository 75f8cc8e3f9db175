// What a file says about itself before its first chunk, as bytes: the same in both homes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "core/container/container.hpp"

namespace holo::container {

// The bytes of a header as docs/format.md lays them out, without magic, length or checksum: the
// home adds those. INVALID_ARG names the field that no file can hold.
Result<std::vector<std::uint8_t>> serialize_header(const ContainerHeader& header);

// The reverse. Every byte of `bytes` must be used; CORRUPT names the field that does not parse.
// Allocates no more than a small multiple of bytes.size().
Result<ContainerHeader> parse_header(std::span<const std::uint8_t> bytes);

}  // namespace holo::container
