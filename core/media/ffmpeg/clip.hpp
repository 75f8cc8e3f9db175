// Makes small video files for the tests, with libavformat itself and nothing of what is tested.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/unit.hpp"

namespace holo::media::test {

// A folder that goes away with the object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::size_t entries() const;

 private:
  std::filesystem::path path_;
};

struct Clip {
  const char* muxer = "matroska";
  const char* codec = "ffv1";
  AVPixelFormat format = AV_PIX_FMT_YUV420P;
  int width = 64, height = 48;
  int frames = 20;
  AVRational time_base = {1, 25};
  AVRational rate = {25, 1};             // 0/1: variable
  std::vector<std::int64_t> times = {};  // pts of the frames; empty: 0, 1, 2...
  const char* audio = nullptr;           // name of an encoder
  bool subtitles = false;                // SubRip
  bool chapters = false;
  bool attachment = false;
  int turn = 0;  // degrees clockwise for viewing
  const char* title = nullptr;
  AVColorSpace matrix = AVCOL_SPC_UNSPECIFIED;
  AVColorRange range = AVCOL_RANGE_UNSPECIFIED;
  int gop = 0;  // 0: the encoder's default
};

// Writes the clip; fails the test if it cannot.
void make_clip(const std::string& path, const Clip& clip);
// Sample (x, y) of plane `plane` of frame `index`: a moving pattern that fills the depth.
unsigned pattern(int index, int plane, int x, int y, int depth);

// A packet as it lies in a file.
struct RawPacket {
  int stream = 0;
  AVMediaType type = AVMEDIA_TYPE_UNKNOWN;
  std::int64_t pts = 0;  // microseconds
  std::vector<std::uint8_t> bytes;
};
std::vector<RawPacket> raw_packets(const std::string& path, AVMediaType type);
std::string tag_of(const std::string& path, const char* key);
unsigned chapter_count(const std::string& path);

std::vector<std::uint8_t> file_bytes(const std::string& path);
void write_bytes(const std::string& path, const std::vector<std::uint8_t>& bytes);

}  // namespace holo::media::test
