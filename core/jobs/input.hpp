// What a file on the command line is, told from its first bytes; standard input becomes a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/base/file.hpp"
#include "core/container/container.hpp"

namespace holo::jobs {

// The most bytes of samples that one unit may take, whatever a file claims.
inline constexpr std::uint64_t kUnitLimit = std::uint64_t{4} << 30;

enum class InputKind { picture, video, tensors, holo_file, matroska_file };

// An input by path. "-" is spooled into a temporary file, so that every format can be read from a
// pipe, seekable or not; the file goes with the object.
class Input {
 public:
  static Result<Input> open(const std::string& path);
  ~Input();
  Input(Input&& other) noexcept;
  Input& operator=(Input&&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }  // readable by name
  [[nodiscard]] const std::string& name() const { return name_; }  // as the user wrote it
  [[nodiscard]] InputKind kind() const { return kind_; }
  [[nodiscard]] std::uint64_t size() const { return reader_->size(); }
  [[nodiscard]] ByteReader& reader() { return *reader_; }

 private:
  Input() = default;
  std::string path_;
  std::string name_;
  std::string spool_;  // removed at the end
  int spool_slot_ = -1;
  InputKind kind_ = InputKind::video;
  std::unique_ptr<ByteReader> reader_;
};

// The chunks of a .holo or .holovid file. Anything else is an error that says what it is instead.
Result<std::unique_ptr<ContainerReader>> open_container(Input& input);

// The error with the name of the input in front, unless it names a file already.
Error about(const std::string& name, Error error);

// True if the two names are the same file: refusing to write over the input.
[[nodiscard]] bool same_file(const std::string& a, const std::string& b);

}  // namespace holo::jobs
