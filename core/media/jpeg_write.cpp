// JPEG out, through libjpeg-turbo: 4:4:4, with EXIF in APP1 and ICC in as many APP2 segments as it
// takes. Every call that can longjmp runs inside guarded(), whose body holds nothing that has a
// destructor.
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include <jpeglib.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/media/picture_codecs.hpp"

namespace holo::media {
namespace {

constexpr std::string_view kExifHead("Exif\0\0", 6);
constexpr std::size_t kLargestSegment = 65533;
constexpr std::size_t kLargestIcc = std::size_t{255} * 65519;

struct State {
  AtomicFile* file;
  jpeg_error_mgr errors{};  // libjpeg holds pointers to these two
  jpeg_destination_mgr target{};
  std::jmp_buf escape{};
  std::optional<Error> error;  // of the file
  std::array<char, JMSG_LENGTH_MAX> message{};
  std::array<std::uint8_t, 65536> buffer{};
};

[[noreturn]] void on_error(j_common_ptr jpeg) {
  auto& state = *static_cast<State*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, state.message.data());
  std::longjmp(state.escape, 1);
}

void on_message(j_common_ptr, int) {}

bool flush(State& state, std::size_t count) {
  Status status = state.file->write(std::span(state.buffer.data(), count));
  if (!status.ok()) state.error = std::move(status).error();
  state.target.next_output_byte = state.buffer.data();
  state.target.free_in_buffer = state.buffer.size();
  return status.ok();
}

void on_start(j_compress_ptr jpeg) {
  auto& state = *static_cast<State*>(jpeg->client_data);
  state.target.next_output_byte = state.buffer.data();
  state.target.free_in_buffer = state.buffer.size();
}

// libjpeg asks for the whole buffer to be written, whatever free_in_buffer says.
boolean on_full(j_compress_ptr jpeg) {
  auto& state = *static_cast<State*>(jpeg->client_data);
  if (!flush(state, state.buffer.size())) std::longjmp(state.escape, 1);
  return TRUE;
}

void on_end(j_compress_ptr jpeg) {
  auto& state = *static_cast<State*>(jpeg->client_data);
  const std::size_t used = state.buffer.size() - state.target.free_in_buffer;
  if (!flush(state, used)) std::longjmp(state.escape, 1);
}

Status check(const UnitBuffer& unit, const Metadata* icc, const Metadata* exif) {
  const holo_image& image = *unit.image;
  const auto refuse = [](const std::string& what) {
    return make_error(HOLO_UNSUPPORTED, "JPEG cannot hold " + what + "; use .png");
  };
  if (image.has_alpha != 0) return refuse("an alpha channel");
  if (image.bit_depth > 8)
    return refuse(std::to_string(image.bit_depth) + " bits a sample, only 8");
  if (std::max(image.width, image.height) > JPEG_MAX_DIMENSION) {
    return refuse(std::to_string(image.width) + "x" + std::to_string(image.height) +
                  " samples, only 65500 a side");
  }
  if (icc != nullptr && icc->bytes.size() > kLargestIcc) {
    return refuse("an ICC profile of " + std::to_string(icc->bytes.size()) + " bytes");
  }
  if (exif != nullptr && exif->bytes.size() > kLargestSegment - kExifHead.size()) {
    return refuse("an EXIF block of " + std::to_string(exif->bytes.size()) + " bytes, only 65527");
  }
  return {};
}

class JpegWriter {
 public:
  explicit JpegWriter(AtomicFile& file) { state_.file = &file; }
  ~JpegWriter() {
    if (created_) jpeg_destroy_compress(&jpeg_);
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  Status write(const UnitBuffer& unit, const Metadata* icc, const Metadata* exif, int quality) {
    std::vector<std::uint8_t> app1;
    if (exif != nullptr) {
      app1.resize(kExifHead.size() + exif->bytes.size());
      std::copy(kExifHead.begin(), kExifHead.end(), app1.begin());
      std::copy(exif->bytes.begin(), exif->bytes.end(), app1.begin() + kExifHead.size());
    }
    const bool started = guarded([this, &unit, quality, &app1, icc] {
      start(*unit.image, quality);
      if (!app1.empty()) {
        jpeg_write_marker(&jpeg_, JPEG_APP0 + 1, app1.data(),
                          static_cast<unsigned int>(app1.size()));
      }
      if (icc != nullptr && !icc->bytes.empty()) {
        jpeg_write_icc_profile(&jpeg_, icc->bytes.data(),
                               static_cast<unsigned int>(icc->bytes.size()));
      }
    });
    if (!started) return failure();
    return write_rows(unit);
  }

 private:
  template <class Body>
  [[gnu::noinline]] bool guarded(const Body& body) {
    if (setjmp(state_.escape) != 0) return false;
    body();
    return true;
  }

  void start(const holo_image& image, int quality) {
    jpeg_.err = jpeg_std_error(&state_.errors);
    state_.errors.error_exit = on_error;
    state_.errors.emit_message = on_message;
    jpeg_.client_data = &state_;
    jpeg_create_compress(&jpeg_);
    created_ = true;
    state_.target.init_destination = on_start;
    state_.target.empty_output_buffer = on_full;
    state_.target.term_destination = on_end;
    jpeg_.dest = &state_.target;
    jpeg_.image_width = static_cast<JDIMENSION>(image.width);
    jpeg_.image_height = static_cast<JDIMENSION>(image.height);
    jpeg_.input_components = image.model == HOLO_RGB ? 3 : 1;
    jpeg_.in_color_space = image.model == HOLO_RGB ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg_);
    jpeg_set_quality(&jpeg_, quality, TRUE);
    for (int c = 0; c < jpeg_.num_components; ++c) {
      jpeg_.comp_info[c].h_samp_factor = 1;
      jpeg_.comp_info[c].v_samp_factor = 1;
    }
    jpeg_.optimize_coding = TRUE;
    jpeg_start_compress(&jpeg_, TRUE);
  }

  Status write_rows(const UnitBuffer& unit) {
    std::vector<std::uint8_t> row(interleaved_row_bytes(*unit.image));
    for (std::int64_t y = 0; y < unit.image->height; ++y) {
      interleave_row(unit, y, row.data());
      scale_row(*unit.image, 255, row.data());
      JSAMPROW in = row.data();
      if (!guarded([this, &in] { jpeg_write_scanlines(&jpeg_, &in, 1); })) return failure();
    }
    if (!guarded([this] { jpeg_finish_compress(&jpeg_); })) return failure();
    return {};
  }

  Error failure() const {
    if (state_.error) return *state_.error;
    return make_error(HOLO_INTERNAL, std::string("writing JPEG: ") + state_.message.data());
  }

  State state_{};
  jpeg_compress_struct jpeg_{};
  bool created_ = false;
};

}  // namespace

Status write_jpeg(AtomicFile& file, const UnitBuffer& unit, std::span<const Metadata> metadata,
                  int quality) {
  const Metadata* icc = find_metadata(metadata, "icc");
  const Metadata* exif = find_metadata(metadata, "exif");
  if (quality < 1 || quality > 100) {
    return make_error(HOLO_INVALID_ARG, "JPEG quality is 1 to 100, not " + std::to_string(quality));
  }
  HOLO_TRY(check(unit, icc, exif));
  return JpegWriter(file).write(unit, icc, exif, quality);
}

}  // namespace holo::media
