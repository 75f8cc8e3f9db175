// JPEG in, through libjpeg-turbo. libjpeg reports errors by longjmp: every call into it runs inside
// guarded(), whose body holds nothing that has a destructor. Its warnings are errors here.
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <jpeglib.h>

#include <jerror.h>

#include <array>
#include <bit>

#include "core/media/byte_cursor.hpp"
#include "core/media/exif.hpp"
#include "core/media/picture_codecs.hpp"

namespace holo::media {
namespace {

// A small file can hold thousands of progressive scans over a huge picture.
constexpr int kMostScans = 500;
// Cheap cameras pad the last scan with a few bytes before the end marker.
constexpr int kHarmlessPadding = 16;
constexpr int kEndMarker = 0xd9;

struct State {
  explicit State(ByteReader& reader) : cursor(reader) {}
  jpeg_error_mgr errors{};  // libjpeg holds pointers to these three
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};
  std::jmp_buf escape{};
  ByteCursor cursor;
  std::array<char, JMSG_LENGTH_MAX> message{};
  int code = 0;
};

State& state_of(j_common_ptr jpeg) { return *static_cast<State*>(jpeg->client_data); }
State& state_of(j_decompress_ptr jpeg) { return *static_cast<State*>(jpeg->client_data); }

[[noreturn]] void on_error(j_common_ptr jpeg) {
  State& state = state_of(jpeg);
  state.code = jpeg->err->msg_code;
  jpeg->err->format_message(jpeg, state.message.data());
  std::longjmp(state.escape, 1);
}

bool is_harmless(const jpeg_error_mgr& errors) {
  switch (errors.msg_code) {
    case JWRN_JFIF_MAJOR:
    case JWRN_ADOBE_XFORM:
      return true;
    case JWRN_EXTRANEOUS_DATA:
      return errors.msg_parm.i[0] <= kHarmlessPadding && errors.msg_parm.i[1] == kEndMarker;
    default:
      return false;
  }
}

void on_message(j_common_ptr jpeg, int level) {
  if (level < 0 && !is_harmless(*jpeg->err)) on_error(jpeg);
}

void on_progress(j_common_ptr jpeg) {
  if (!jpeg->is_decompressor) return;
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number <= kMostScans) return;
  State& state = state_of(jpeg);
  std::snprintf(state.message.data(), state.message.size(), "it has more than %d scans",
                kMostScans);
  std::longjmp(state.escape, 1);
}

void on_start(j_decompress_ptr) {}

boolean on_fill(j_decompress_ptr jpeg) {
  State& state = state_of(jpeg);
  const auto block = state.cursor.take_block();
  if (block.empty()) {
    jpeg->err->msg_code = JERR_INPUT_EOF;
    on_error(reinterpret_cast<j_common_ptr>(jpeg));
  }
  state.source.next_input_byte = block.data();
  state.source.bytes_in_buffer = block.size();
  return TRUE;
}

void on_skip(j_decompress_ptr jpeg, long count) {
  State& state = state_of(jpeg);
  auto left = static_cast<std::size_t>(count > 0 ? count : 0);
  while (left > state.source.bytes_in_buffer) {
    left -= state.source.bytes_in_buffer;
    on_fill(jpeg);
  }
  state.source.next_input_byte += left;
  state.source.bytes_in_buffer -= left;
}

// What libjpeg does not decode, though the file may be sound.
bool is_unsupported(int code) {
  return code == JERR_BAD_PRECISION || code == JERR_SOF_UNSUPPORTED ||
         code == JERR_CONVERSION_NOTIMPL || code == JERR_NOT_COMPILED ||
         code == JERR_ARITH_NOTIMPL || code == JERR_CCIR601_NOTIMPL || code == JERR_COMPONENT_COUNT;
}

constexpr std::string_view kExifHead("Exif\0\0", 6);

// Markers are a list of libjpeg's; EXIF is the first APP1 that begins with its head.
std::vector<std::uint8_t> exif_of(const jpeg_decompress_struct& jpeg) {
  for (auto marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
    if (marker->marker != JPEG_APP0 + 1 || marker->data_length <= kExifHead.size()) continue;
    if (std::memcmp(marker->data, kExifHead.data(), kExifHead.size()) != 0) continue;
    return {marker->data + kExifHead.size(), marker->data + marker->data_length};
  }
  return {};
}

class JpegReader {
 public:
  explicit JpegReader(ByteReader& reader) : state_(reader) {}
  ~JpegReader() {
    if (created_) jpeg_destroy_decompress(&jpeg_);
    std::free(icc_);
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  Result<Picture> read(const Limits& limits) {
    if (!guarded([this] { read_header(); })) return failure();
    const bool grey = jpeg_.num_components == 1;
    if (!grey && jpeg_.num_components != 3) return unsupported_components();
    const holo_image image =
        make_image(static_cast<int>(jpeg_.image_width), static_cast<int>(jpeg_.image_height),
                   grey ? HOLO_GRAY : HOLO_RGB, false, 8);
    HOLO_TRY(check_claim("JPEG", jpeg_.image_width, jpeg_.image_height, holo::plane_count(image), 1,
                         limits));
    HOLO_ASSIGN(auto unit, UnitBuffer::planes(HOLO_PICTURE, image, limits.max_bytes));
    Picture picture{std::move(unit), {}};
    HOLO_TRY(take_metadata(picture));
    jpeg_.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    HOLO_TRY(read_rows(picture.unit));
    return picture;
  }

 private:
  template <class Body>
  [[gnu::noinline]] bool guarded(const Body& body) {
    if (setjmp(state_.escape) != 0) return false;
    body();
    return true;
  }

  void read_header() {
    jpeg_.err = jpeg_std_error(&state_.errors);
    state_.errors.error_exit = on_error;
    state_.errors.emit_message = on_message;
    jpeg_.client_data = &state_;
    jpeg_create_decompress(&jpeg_);
    created_ = true;
    state_.progress.progress_monitor = on_progress;
    jpeg_.progress = &state_.progress;
    state_.source.init_source = on_start;
    state_.source.fill_input_buffer = on_fill;
    state_.source.skip_input_data = on_skip;
    state_.source.resync_to_restart = jpeg_resync_to_restart;
    state_.source.term_source = on_start;
    jpeg_.src = &state_.source;
    jpeg_save_markers(&jpeg_, JPEG_APP0 + 1, 0xffff);
    jpeg_save_markers(&jpeg_, JPEG_APP0 + 2, 0xffff);
    jpeg_read_header(&jpeg_, TRUE);
  }

  Status take_metadata(Picture& picture) {
    JOCTET* icc = nullptr;
    unsigned int size = 0;
    bool found = false;
    const bool sound = guarded(
        [this, &icc, &size, &found] { found = jpeg_read_icc_profile(&jpeg_, &icc, &size) != 0; });
    icc_ = icc;
    if (!sound) return failure();
    if (found) picture.metadata.push_back({"icc", {icc, icc + size}});
    if (auto exif = exif_of(jpeg_); !exif.empty()) {
      picture.unit.image->orientation = exif_orientation(exif).value_or(1);
      picture.metadata.push_back({"exif", std::move(exif)});
    }
    return {};
  }

  Status read_rows(UnitBuffer& unit) {
    if (!guarded([this] { jpeg_start_decompress(&jpeg_); })) return failure();
    std::vector<std::uint8_t> row(interleaved_row_bytes(*unit.image));
    for (std::int64_t y = 0; y < unit.image->height; ++y) {
      JSAMPROW out = row.data();
      if (!guarded([this, &out] { jpeg_read_scanlines(&jpeg_, &out, 1); })) return failure();
      deinterleave_row(unit, y, row.data());
    }
    if (!guarded([this] { jpeg_finish_decompress(&jpeg_); })) return failure();
    return {};
  }

  Error unsupported_components() const {
    const bool cmyk = jpeg_.num_components == 4;
    return make_error(HOLO_UNSUPPORTED,
                      "this JPEG file has " + std::to_string(jpeg_.num_components) +
                          " colour components" + (cmyk ? " (CMYK or YCCK, for printing)" : "") +
                          ", expected grey or three; convert it to RGB first, for example with "
                          "`magick IN.jpg -colorspace sRGB OUT.png`");
  }

  Error failure() const {
    if (state_.cursor.error()) return *state_.cursor.error();
    if (is_unsupported(state_.code)) {
      return make_error(HOLO_UNSUPPORTED,
                        "this kind of JPEG file cannot be read: " + std::string(message()) +
                            "; convert it to PNG or to an 8-bit baseline JPEG first");
    }
    if (state_.cursor.ended()) {
      return damaged("JPEG", "it is truncated, it ends after " +
                                 std::to_string(state_.cursor.size()) + " bytes");
    }
    return damaged("JPEG", message());
  }

  [[nodiscard]] std::string_view message() const { return state_.message.data(); }

  State state_;
  jpeg_decompress_struct jpeg_{};
  bool created_ = false;
  JOCTET* icc_ = nullptr;  // from libjpeg's malloc
};

}  // namespace

Result<Picture> read_jpeg(ByteReader& reader, const Limits& limits) {
  return JpegReader(reader).read(limits);
}

}  // namespace holo::media
