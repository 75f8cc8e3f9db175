// Files as bytes, to damage them.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

namespace holo::lm::test {

inline std::string bytes_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Calls `read` with the file at `path` cut to every length (at most about `most` of them), then
// with one byte after the other changed in two ways.
template <class Read>
void damage(const std::string& path, std::size_t most, Read read) {
  const std::string whole = bytes_of_file(path);
  const std::size_t step = whole.size() / most + 1;
  for (std::size_t size = 0; size < whole.size(); size += step) {
    write_file(path, whole.substr(0, size));
    read("cut to " + std::to_string(size));
  }
  for (std::size_t at = 0; at < whole.size(); at += step) {
    for (const int flip : {1, 0xFF}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      write_file(path, bytes);
      read("byte " + std::to_string(at) + " ^ " + std::to_string(flip));
    }
  }
  write_file(path, whole);
}

}  // namespace holo::lm::test
