// Recognising inputs, and spooling standard input.
#include "core/jobs/input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/base/temporary_files.hpp"
#include "core/host/job.hpp"
#include "core/media/picture.hpp"
#include "core/media/tensors.hpp"
#include "core/media/video.hpp"

namespace holo::jobs {

namespace {

constexpr std::size_t kPrefixBytes = 4096;
constexpr int kPollMilliseconds = 200;

Status copy_standard_input(int descriptor) {
  std::vector<std::uint8_t> block(1 << 16);
  for (;;) {
    if (host::Job::cancelled()) return make_error(HOLO_CANCELLED, "cancelled");
    // Waits in slices: a signal just before a blocking read would go unnoticed until data come.
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, kPollMilliseconds);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return make_error(HOLO_IO, std::string("cannot read standard input: ") + strerror(errno));
    }
    if (got == 0) return {};
    for (ssize_t done = 0; done < got;) {
      const ssize_t put =
          ::write(descriptor, block.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        return make_error(HOLO_IO, std::string("cannot spool standard input: ") + strerror(errno));
      }
      done += put;
    }
  }
}

InputKind recognise(std::span<const std::uint8_t> prefix) {
  if (is_holo_file(prefix)) return InputKind::holo_file;
  if (media::detect_picture(prefix) != nullptr) return InputKind::picture;
  if (media::detect_tensors(prefix)) return InputKind::tensors;
  // Everything else is FFmpeg's to judge: it reads far more formats than could be listed here.
  return InputKind::video;
}

}  // namespace

Result<Input> Input::open(const std::string& path) {
  Input input;
  input.name_ = path == "-" ? "standard input" : path;
  input.path_ = path;
  if (path == "-") {
    HOLO_ASSIGN(std::string pattern, temporary_file_pattern("holohost-stdin"));
    const int descriptor = ::mkostemp(pattern.data(), O_CLOEXEC);
    if (descriptor < 0) {
      return make_error(HOLO_IO, "cannot create " + pattern + ": " + strerror(errno));
    }
    input.spool_ = pattern;
    input.path_ = pattern;
    input.spool_slot_ = register_temporary_file(pattern);
    const Status copied = copy_standard_input(descriptor);
    ::close(descriptor);
    HOLO_TRY(copied);
  }
  auto reader = open_reader(input.path_);
  if (!reader) {
    Error error = std::move(reader).error();
    if (!input.spool_.empty()) error.message = "standard input is empty";
    return error;
  }
  input.reader_ = std::move(*reader);
  std::array<std::uint8_t, kPrefixBytes> prefix{};
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(prefix.size(), input.reader_->size()));
  HOLO_TRY(input.reader_->read_at(0, std::span(prefix).first(count)));
  const auto head = std::span<const std::uint8_t>(prefix).first(count);
  input.kind_ = recognise(head);
  if (input.kind_ == InputKind::video && media::is_matroska(head)) {
    // A .holovid is told from any other Matroska file by its codec's mark, which stands in the
    // track header before the first frame.
    constexpr std::string_view kMark = "HVID";
    if (std::search(head.begin(), head.end(), kMark.begin(), kMark.end()) != head.end()) {
      input.kind_ = InputKind::matroska_file;
    }
  }
  return input;
}

Input::Input(Input&& other) noexcept
    : path_(std::move(other.path_)),
      name_(std::move(other.name_)),
      spool_(std::exchange(other.spool_, {})),
      spool_slot_(std::exchange(other.spool_slot_, -1)),
      kind_(other.kind_),
      reader_(std::move(other.reader_)) {}

Input::~Input() {
  if (spool_.empty()) return;
  ::unlink(spool_.c_str());
  forget_temporary_file(spool_slot_);
}

Result<std::unique_ptr<ContainerReader>> open_container(Input& input) {
  if (input.kind() == InputKind::holo_file) {
    HOLO_ASSIGN(auto reader, open_reader(input.path()));
    auto opened = open_holo_file(std::move(reader));
    if (!opened) return std::move(opened).error().in(input.name());
    return opened;
  }
  if (input.kind() == InputKind::matroska_file) {
    HOLO_ASSIGN(auto* module, media::load_video_module());
    auto opened = module->open_matroska(input.path());
    if (!opened) return std::move(opened).error().in(input.name());
    return opened;
  }
  return make_error(HOLO_CORRUPT, input.name() +
                                      " is not a .holo or .holovid file (its first bytes do not "
                                      "match); to make one, use 'holohost encode'");
}

Error about(const std::string& name, Error error) {
  // Errors of reading and writing name their file, which may be the output.
  if (error.code == HOLO_IO || error.code == HOLO_CANCELLED) return error;
  if (error.message.starts_with(name + ":") || error.message.starts_with(name + " ")) return error;
  return std::move(error).in(name);
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code failure;
  return a != "-" && b != "-" && std::filesystem::equivalent(a, b, failure) && !failure;
}

}  // namespace holo::jobs
