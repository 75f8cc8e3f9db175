// Reads 8-bit 4:2:0 YUV4MPEG2 files for training.
#pragma once

#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "plugins/holovid/picture.hpp"

namespace holo::holovid::train {

class Y4mReader {
 public:
  explicit Y4mReader(const std::string& path) : file_(path, std::ios::binary) {
    std::string header;
    if (!std::getline(file_, header) || header.rfind("YUV4MPEG2", 0) != 0) {
      throw std::runtime_error(path + " is no YUV4MPEG2 file");
    }
    std::istringstream words(header);
    std::string word;
    while (words >> word) {
      if (word[0] == 'W') format_.width = std::stoi(word.substr(1));
      if (word[0] == 'H') format_.height = std::stoi(word.substr(1));
      if (word[0] == 'C' && word.rfind("C420", 0) != 0) {
        throw std::runtime_error(path + " is not 8-bit 4:2:0");
      }
    }
    format_.planes = 3;
    format_.shift_x = format_.shift_y = 1;
  }
  [[nodiscard]] const Format& format() const { return format_; }
  // The next picture, or none at the end.
  std::optional<Picture> next() {
    std::string line;
    if (!std::getline(file_, line)) return std::nullopt;
    Picture picture(format_);
    for (int p = 0; p < 3; ++p) {
      const int width = format_.plane_width(p);
      std::vector<char> bytes(static_cast<std::size_t>(width) *
                              static_cast<std::size_t>(format_.plane_height(p)));
      if (!file_.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
        return std::nullopt;
      Plane& plane = picture.planes[static_cast<std::size_t>(p)];
      load_plane(format_, p, {bytes.data(), width}, plane);
      plane.extend_border();
    }
    return picture;
  }

 private:
  std::ifstream file_;
  Format format_;
};

}  // namespace holo::holovid::train
