// Reads binary PPM pictures into centred luma, for the training tool only.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo::image::fast {

struct PpmPicture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;  // interleaved, 3 * width * height
};

inline Result<PpmPicture> read_ppm(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return make_error(HOLO_IO, path + ": cannot open");
  PpmPicture picture;
  int maximum = 0;
  if (std::fscanf(file.get(), "P6 %d %d %d", &picture.width, &picture.height, &maximum) != 3 ||
      maximum != 255 || picture.width < 1 || picture.height < 1 || picture.width > 65535 ||
      picture.height > 65535)
    return make_error(HOLO_UNSUPPORTED, path +
                                            ": expected a binary PPM (P6) of 8 bits; djpeg "
                                            "writes such files");
  std::fgetc(file.get());
  picture.rgb.resize(std::size_t{3} * picture.width * picture.height);
  if (std::fread(picture.rgb.data(), 1, picture.rgb.size(), file.get()) != picture.rgb.size())
    return make_error(HOLO_CORRUPT, path + ": the file ends before its last row");
  return picture;
}

}  // namespace holo::image::fast
