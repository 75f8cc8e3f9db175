#include "tests/cli/cli.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "core/base/file.hpp"
#include "core/media/picture.hpp"

namespace holo::test {

namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Outcome spawn(const fs::path& folder, const fs::path& home, const std::vector<std::string>& words,
              const std::string& input) {
  const fs::path in = home / "stdin";
  const fs::path out = home / "stdout";
  const fs::path err = home / "stderr";
  std::ofstream(in, std::ios::binary) << input;
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("XDG_CACHE_HOME", (home / "cache").c_str(), 1);
    ::setenv("XDG_DATA_HOME", (home / "data").c_str(), 1);
    ::setenv("PATH", (std::string(HOLO_BIN) + ":" + std::getenv("PATH")).c_str(), 1);
    ::unsetenv("HOLOHOST_PLUGIN_PATH");
    ::unsetenv("HOLOHOST_DISABLE");
    if (::chdir(folder.c_str()) != 0) ::_exit(127);
    ::dup2(::open(in.c_str(), O_RDONLY), STDIN_FILENO);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    std::vector<char*> pointers;
    for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    ::execvp(pointers[0], pointers.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  Outcome outcome;
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = text_of(out);
  outcome.err = text_of(err);
  return outcome;
}

}  // namespace

Workspace::Workspace() {
  std::string pattern = (fs::temp_directory_path() / "holo-cli-XXXXXX").string();
  home_ = ::mkdtemp(pattern.data());
  folder_ = home_ / "work";
  fs::create_directories(folder_);
}

Workspace::~Workspace() {
  std::error_code ignored;
  fs::remove_all(home_, ignored);
}

std::vector<std::string> Workspace::files() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Outcome Workspace::holohost(const std::vector<std::string>& words, const std::string& input) const {
  std::vector<std::string> all = {std::string(HOLO_BIN) + "/holohost"};
  all.insert(all.end(), words.begin(), words.end());
  return spawn(folder_, home_, all, input);
}

Outcome Workspace::program(const std::vector<std::string>& words, const std::string& input) const {
  return spawn(folder_, home_, words, input);
}

Outcome Workspace::shell(const std::string& line) const {
  return spawn(folder_, home_, {"/bin/sh", "-c", line}, {});
}

void Workspace::write_png(const std::string& name, int width, int height, int channels,
                          int bit_depth) const {
  const holo_image image = make_image(width, height, channels < 3 ? HOLO_GRAY : HOLO_RGB,
                                      channels == 2 || channels == 4, bit_depth);
  auto unit = UnitBuffer::planes(HOLO_PICTURE, image, std::uint64_t{1} << 32);
  if (!unit) throw std::runtime_error(unit.error().message);
  std::uint32_t noise = 12345;
  for (std::size_t plane = 0; plane < unit->plane_count(); ++plane) {
    const auto p = static_cast<int>(plane);
    for (int y = 0; y < height; ++y) {
      std::uint8_t* row = unit->plane(plane) + y * unit->row_bytes(plane);
      for (int x = 0; x < width; ++x) {
        noise = noise * 1664525u + 1013904223u;
        const int wave = ((x * (3 + p)) / 4 + y * (2 + p) + ((x / 16 + y / 16) % 2) * 60 +
                          static_cast<int>(noise >> 29)) &
                         511;
        const int value = wave < 256 ? wave : 511 - wave;
        if (bit_depth > 8) {
          const auto deep = static_cast<std::uint16_t>(value * 257);
          std::copy_n(reinterpret_cast<const std::uint8_t*>(&deep), 2, row + 2 * x);
        } else {
          row[x] = static_cast<std::uint8_t>(value);
        }
      }
    }
  }
  auto file = AtomicFile::create(path(name), true);
  if (!file) throw std::runtime_error(file.error().message);
  const Status written =
      media::write_picture(**file, *media::picture_format_for_path("x.png"), *unit, {}, {});
  if (!written) throw std::runtime_error(written.error().message);
  const Status committed = (*file)->commit();
  if (!committed) throw std::runtime_error(committed.error().message);
}

void Workspace::write_clip(const std::string& name, int width, int height, int frames,
                           const std::vector<std::string>& options) const {
  const std::string size = std::to_string(width) + "x" + std::to_string(height);
  std::vector<std::string> words = {"ffmpeg", "-v",
                                    "error",  "-y",
                                    "-f",     "lavfi",
                                    "-i",     "testsrc2=size=" + size + ":rate=25",
                                    "-f",     "lavfi",
                                    "-i",     "sine=frequency=440",
                                    "-t",     std::to_string(frames / 25.0)};
  words.insert(words.end(), options.begin(), options.end());
  words.push_back(name);
  const Outcome made = program(words);
  if (made.exit_code != 0) throw std::runtime_error("ffmpeg: " + made.err);
}

std::vector<std::uint8_t> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::string& path, const std::vector<std::uint8_t>& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

bool have_ffmpeg() {
  static const bool found = std::system("ffmpeg -version > /dev/null 2>&1") == 0;
  return found;
}

}  // namespace holo::test
