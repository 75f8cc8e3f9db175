// Files that appear whole or not at all.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/base/file.hpp"
#include "core/base/temporary_files.hpp"

namespace holo {

namespace fs = std::filesystem;

struct AtomicFile::State {
  std::string target;   // as the user wrote it
  fs::path final_path;  // symbolic links resolved; empty for standard output and devices
  fs::path temporary;   // empty for devices
  int descriptor = -1;
  int slot = -1;
  std::uint64_t size = 0;
  bool to_standard_output = false;
  bool overwrite = false;
  bool committed = false;

  [[nodiscard]] Error error(const std::string& what, int number) const;
};

namespace {

Error io_error(const std::string& what, const std::string& target, int number) {
  const std::string hint =
      number == ENOSPC ? " (nothing was left behind; free some space and try again)" : "";
  return make_error(HOLO_IO, what + " " + target + ": " + std::strerror(number) + hint);
}

mode_t creation_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return static_cast<mode_t>(0666) & ~mask;
}

Status write_fully(int descriptor, std::span<const std::uint8_t> bytes, std::int64_t offset,
                   const char* what, const std::string& target) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = offset < 0
                            ? ::write(descriptor, bytes.data() + done, bytes.size() - done)
                            : ::pwrite(descriptor, bytes.data() + done, bytes.size() - done,
                                       static_cast<off_t>(offset) + static_cast<off_t>(done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      return io_error(what, target, errno);
    }
    done += static_cast<std::size_t>(put);
  }
  return {};
}

// Leaves room for what mkostemp needs in the longest name that a file system takes.
std::string temporary_name(const fs::path& target) {
  constexpr std::size_t kLongest = 200;
  return "." + target.filename().string().substr(0, kLongest) + ".part-XXXXXX";
}

}  // namespace

Error AtomicFile::State::error(const std::string& what, int number) const {
  return io_error(what, target, number);
}

Result<std::string> temporary_file_pattern(const std::string& prefix) {
  std::error_code failure;
  const fs::path folder = fs::temp_directory_path(failure);
  if (failure) {
    return make_error(HOLO_IO, "the folder for temporary files, TMPDIR or /tmp, cannot be used: " +
                                   failure.message());
  }
  return (folder / (prefix + "-XXXXXX")).string();
}

Result<std::unique_ptr<AtomicFile>> AtomicFile::create(const std::string& path, bool overwrite) {
  std::unique_ptr<AtomicFile> file(new AtomicFile);
  file->state_ = std::make_unique<State>();
  State& state = *file->state_;
  state.target = path == "-" ? "standard output" : path;
  state.overwrite = overwrite;

  std::string pattern;
  mode_t mode = creation_mode();
  if (path == "-") {
    state.to_standard_output = true;
    mode = S_IRUSR | S_IWUSR;
    HOLO_ASSIGN(pattern, temporary_file_pattern("holohost"));
  } else {
    struct stat status {};
    const bool exists = ::stat(path.c_str(), &status) == 0;
    if (exists && S_ISDIR(status.st_mode)) {
      return make_error(HOLO_IO, path + " is a directory, expected the name of a file");
    }
    if (exists && !S_ISREG(status.st_mode)) {
      state.descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
      if (state.descriptor < 0) return state.error("cannot write", errno);
      return file;
    }
    if (exists && !overwrite) {
      return make_error(HOLO_IO, path + " exists already; use -f to overwrite it");
    }
    if (exists && ::access(path.c_str(), W_OK) != 0) return state.error("cannot write", errno);
    std::error_code failure;
    state.final_path = exists ? fs::canonical(path, failure) : fs::path(path);
    if (failure) state.final_path = path;
    // Overwriting a private file must not publish it.
    if (exists) mode = status.st_mode & 07777;
    const fs::path folder = state.final_path.parent_path();
    pattern =
        ((folder.empty() ? fs::path(".") : folder) / temporary_name(state.final_path)).string();
  }
  state.descriptor = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (state.descriptor < 0) return state.error("cannot create", errno);
  state.temporary = pattern;
  std::error_code failure;
  const fs::path absolute = fs::absolute(state.temporary, failure);
  state.slot = register_temporary_file(failure ? pattern : absolute.string());
  ::fchmod(state.descriptor, mode);
  return file;
}

AtomicFile::~AtomicFile() {
  if (!state_) return;
  if (state_->descriptor >= 0) ::close(state_->descriptor);
  if (!state_->temporary.empty() && (!state_->committed || state_->to_standard_output)) {
    ::unlink(state_->temporary.c_str());
  }
  forget_temporary_file(state_->slot);
}

Status AtomicFile::write(std::span<const std::uint8_t> bytes) {
  State& state = *state_;
  HOLO_TRY(write_fully(state.descriptor, bytes,
                       state.temporary.empty() ? -1 : static_cast<std::int64_t>(state.size),
                       "cannot write", state.target));
  state.size += bytes.size();
  return {};
}

Status AtomicFile::write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
  State& state = *state_;
  if (offset > state.size || bytes.size() > state.size - offset) {
    return make_error(HOLO_INVALID_ARG, "write_at past the end of " + state.target);
  }
  if (state.temporary.empty()) {
    return make_error(HOLO_UNSUPPORTED, state.target + " is a device: cannot go back in it");
  }
  return write_fully(state.descriptor, bytes, static_cast<std::int64_t>(offset), "cannot write",
                     state.target);
}

Status AtomicFile::read_at(std::uint64_t offset, std::span<std::uint8_t> out) {
  State& state = *state_;
  if (state.temporary.empty() || offset > state.size || out.size() > state.size - offset) {
    return make_error(HOLO_INVALID_ARG, "read_at outside what was written to " + state.target);
  }
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(state.descriptor, out.data() + done, out.size() - done,
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return state.error("cannot read back", errno);
    if (got == 0) return make_error(HOLO_IO, state.target + ": the temporary file shrank");
    done += static_cast<std::size_t>(got);
  }
  return {};
}

std::uint64_t AtomicFile::size() const { return state_->size; }
const fs::path& AtomicFile::temporary_path() const { return state_->temporary; }

Status AtomicFile::commit() {
  State& state = *state_;
  if (state.committed) return make_error(HOLO_INVALID_ARG, "commit called twice");
  if (state.temporary.empty()) {
    state.committed = true;
    return {};
  }
  if (state.to_standard_output) {
    std::vector<std::uint8_t> block(1 << 16);
    for (std::uint64_t offset = 0; offset < state.size;) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), state.size - offset));
      HOLO_TRY(read_at(offset, std::span(block).first(count)));
      HOLO_TRY(write_fully(STDOUT_FILENO, std::span(block).first(count), -1, "cannot write",
                           state.target));
      offset += count;
    }
    state.committed = true;
    return {};
  }
  if (::fsync(state.descriptor) != 0) return state.error("cannot write", errno);
  if (!state.overwrite) {
    // link() fails if the target appeared meanwhile, where rename() would replace it.
    if (::link(state.temporary.c_str(), state.final_path.c_str()) == 0) {
      ::unlink(state.temporary.c_str());
      state.committed = true;
    } else if (errno == EEXIST) {
      return make_error(HOLO_IO, state.target + " exists already; use -f to overwrite it");
    }
  }
  if (!state.committed) {
    if (::rename(state.temporary.c_str(), state.final_path.c_str()) != 0) {
      return state.error("cannot write", errno);
    }
    state.committed = true;
  }
  const fs::path folder = state.final_path.parent_path();
  const int directory =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
  return {};
}

}  // namespace holo
