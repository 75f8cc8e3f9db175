// Runs the built command-line programs in a folder of their own and collects what they say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace holo::test {

struct Outcome {
  int exit_code = -1;  // 128 + signal if it died
  std::string out;
  std::string err;
};

// A temporary folder, with caches and user plugins inside, removed at the end.
class Workspace {
 public:
  Workspace();
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  // Names in the folder, sorted, hidden ones too (caches are kept elsewhere).
  [[nodiscard]] std::vector<std::string> files() const;

  // holohost with these words, in this folder. `input` becomes standard input.
  [[nodiscard]] Outcome holohost(const std::vector<std::string>& words,
                                 const std::string& input = {}) const;
  // Any program found on the PATH.
  [[nodiscard]] Outcome program(const std::vector<std::string>& words,
                                const std::string& input = {}) const;
  // A line of sh; "holohost" in it is the built one.
  [[nodiscard]] Outcome shell(const std::string& line) const;

  // A smooth coloured picture with some texture: width x height, `channels` 1, 2, 3 or 4, 8 or 16
  // bit, as PNG.
  void write_png(const std::string& name, int width, int height, int channels = 3,
                 int bit_depth = 8) const;
  // A moving test pattern with a tone, made by ffmpeg. `options` are ffmpeg's output options.
  void write_clip(const std::string& name, int width, int height, int frames,
                  const std::vector<std::string>& options = {}) const;

 private:
  std::filesystem::path folder_;
  std::filesystem::path home_;
};

std::vector<std::uint8_t> read_file(const std::string& path);
void write_file(const std::string& path, const std::vector<std::uint8_t>& bytes);
bool have_ffmpeg();

}  // namespace holo::test
