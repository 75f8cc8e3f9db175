// The Matroska home of the chunk interface: one packet for each frame, everything else as in any
// Matroska file. docs/format.md, "Timed media", is the specification.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/container/container.hpp"

namespace holo::media {

// Writer: shared chunks must come before the first unit; units are announced, each once, in
// decoding order. Each key frame begins a cluster of its own.
Result<std::unique_ptr<ContainerWriter>> create_matroska_file(AtomicFile& file,
                                                              const ContainerHeader& header,
                                                              const std::string& carry_from,
                                                              std::vector<std::string>* warnings);

// Reader: opening reads headers and cues only. A frame is found by its number: the cues give the
// places of key frames, a guess from the frame rate and then halving gives the right one, and
// packets are walked from there. Packets that were walked over stay in memory up to kCachedBytes.
//
// What is checked: the private data by their CRC-32C; every packet's framing; verify() also checks
// the CRC-32 that Matroska keeps of every cluster. Reading a single frame does not read its whole
// cluster, so a flipped bit inside a payload is found by verify() or by the codec, not by read().
//
// A file without its end (cues, number of frames) is scanned once when it is opened, and intact()
// is false; so is that of a file that was written to a pipe, which never had them.
Result<std::unique_ptr<ContainerReader>> open_matroska_file(const std::string& path);
Result<std::unique_ptr<ContainerReader>> open_matroska_bytes(std::unique_ptr<ByteReader> bytes);
inline constexpr std::size_t kCachedBytes = std::size_t{64} << 20;

// The tag that holds the number of frames. It is written with room for any number, and filled in
// at the end.
inline constexpr const char* kFramesTag = "NUMBER_OF_FRAMES";
inline constexpr std::size_t kFramesRoom = 20;

}  // namespace holo::media
