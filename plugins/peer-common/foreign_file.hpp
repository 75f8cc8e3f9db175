// What the peers share: a picture as packed pixels, and codecs whose one chunk a picture is a
// complete file of a foreign format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <holo/abi/foreign.h>
#include <holo/codec.hpp>

namespace holo::peer {

// Interleaved samples: bytes up to 8 bits, words in the machine's order above.
struct Pixels {
  int width = 0;
  int height = 0;
  int channels = 0;  // 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA
  int depth = 8;
  std::vector<std::uint8_t> bytes;

  Pixels() = default;
  explicit Pixels(const holo_image& image)
      : width(image.width),
        height(image.height),
        channels(ImageShape(image).planes()),
        depth(image.bit_depth),
        bytes(static_cast<std::size_t>(height) * row_bytes()) {}

  [[nodiscard]] std::size_t sample_bytes() const { return depth > 8 ? 2 : 1; }
  [[nodiscard]] std::size_t row_bytes() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(channels) * sample_bytes();
  }
  [[nodiscard]] std::uint8_t* row(int y) {
    return bytes.data() + static_cast<std::size_t>(y) * row_bytes();
  }
  [[nodiscard]] const std::uint8_t* row(int y) const {
    return bytes.data() + static_cast<std::size_t>(y) * row_bytes();
  }
};

// What a format holds; anything else is refused as UNSUPPORTED before it is encoded.
struct Limits {
  const char* format;
  bool grey;  // as one plane; if not, grey travels as RGB with three equal planes
  bool alpha;
  bool sixteen_bit;
  int longest_side;
};

inline void check_picture(const holo_image& image, const Limits& limits) {
  const auto refuse = [&](const std::string& what) {
    fail(HOLO_UNSUPPORTED, std::string(limits.format) + " does not take " + what);
  };
  if (image.model == HOLO_YCBCR) refuse("YCbCr planes here, only RGB and grey");
  if (image.has_alpha != 0 && !limits.alpha) refuse("an alpha channel");
  if (image.bit_depth != 8 && !(limits.sixteen_bit && image.bit_depth == 16)) {
    refuse(std::to_string(image.bit_depth) + " bits a sample");
  }
  if (image.width > limits.longest_side || image.height > limits.longest_side) {
    refuse("a side of more than " + std::to_string(limits.longest_side) + " samples");
  }
}

// The description of the pixels that travel in the file.
inline holo_image stored_image(holo_image image, const Limits& limits) {
  if (!limits.grey) image.model = HOLO_RGB;
  return image;
}

template <class T>
Pixels interleave(const Unit& unit, const holo_image& stored) {
  Pixels pixels(stored);
  const int colours = unit.image().model == HOLO_GRAY ? 1 : 3;
  for (int c = 0; c < pixels.channels; ++c) {
    const bool alpha = ImageShape(stored).is_alpha(c);
    const Plane<const T> plane = unit.plane<const T>(alpha ? colours : colours == 1 ? 0 : c);
    for (int y = 0; y < pixels.height; ++y) {
      T* out = reinterpret_cast<T*>(pixels.row(y)) + c;
      const T* in = plane.row(y);
      for (int x = 0; x < pixels.width; ++x) out[x * pixels.channels] = in[x];
    }
  }
  return pixels;
}

// Fills the planes of `out` with the region `r` of the pixels.
template <class T>
void deinterleave(const Pixels& pixels, const holo_image& stored, const Region& r,
                  const holo_image& image, const Unit& out) {
  for (int p = 0; p < out.planes(); ++p) {
    const int c = ImageShape(image).is_alpha(p) ? ImageShape(stored).planes() - 1 : p;
    const Plane<T> plane = out.plane<T>(p);
    for (std::int64_t y = 0; y < r.height; ++y) {
      const T* in = reinterpret_cast<const T*>(pixels.row(static_cast<int>(r.y + y))) +
                    r.x * pixels.channels + c;
      T* to = plane.row(y);
      for (std::int64_t x = 0; x < r.width; ++x) to[x] = in[x * pixels.channels];
    }
  }
}

// `Format` has
//   static constexpr Limits kLimits;
//   static std::vector<std::uint8_t> compress(const Params&, const Pixels&);
//   static void decompress(const std::vector<std::uint8_t>& file, Pixels& pixels);
// decompress gets pixels of the size that the stream states, and throws CORRUPT if the file's
// header states another; it allocates nothing in the size of the picture before.
template <class Format>
class ForeignEncoder : public Encoder {
 public:
  explicit ForeignEncoder(const EncodeJob& job) : job_(job) {
    check_picture(job_.stream.image(), Format::kLimits);
  }
  void push(const Unit& unit) override {
    check_picture(unit.image(), Format::kLimits);
    const holo_image stored = stored_image(unit.image(), Format::kLimits);
    const Pixels pixels = stored.bit_depth > 8 ? interleave<std::uint16_t>(unit, stored)
                                               : interleave<std::uint8_t>(unit, stored);
    job_.sink.write(HOLO_CHUNK_FILE, unit.index(), 0, HOLO_CHUNK_KEY,
                    Format::compress(job_.params, pixels));
  }

 private:
  EncodeJob job_;
};

// The whole picture is decoded once and kept for the next region of it.
template <class Format>
class ForeignDecoder : public Decoder {
 public:
  explicit ForeignDecoder(const DecodeJob& job) : job_(job), image_(job.source.stream().image()) {
    try {
      check_picture(image_, Format::kLimits);
    } catch (const Failure& failure) {
      fail(HOLO_CORRUPT, failure.message());
    }
    stored_ = stored_image(image_, Format::kLimits);
  }
  void render(const RenderRequest& request, const Unit& out) override {
    if (!pixels_ || unit_ != request.unit()) {
      pixels_.reset();
      const std::vector<std::uint8_t> file = job_.source.read(HOLO_CHUNK_FILE, request.unit(), 0);
      Pixels pixels;
      pixels.width = stored_.width;
      pixels.height = stored_.height;
      pixels.channels = ImageShape(stored_).planes();
      pixels.depth = stored_.bit_depth;
      Format::decompress(file, pixels);
      pixels_ = std::move(pixels);
      unit_ = request.unit();
    }
    const Region r = request.region(image_);
    stored_.bit_depth > 8 ? deinterleave<std::uint16_t>(*pixels_, stored_, r, image_, out)
                          : deinterleave<std::uint8_t>(*pixels_, stored_, r, image_, out);
  }

 private:
  DecodeJob job_;
  holo_image image_;
  holo_image stored_{};
  std::uint64_t unit_ = 0;
  std::optional<Pixels> pixels_;
};

// To be called by decompress once the file's own header is read: allocates the samples.
inline void allocate(Pixels& pixels, std::uint64_t width, std::uint64_t height) {
  if (width != static_cast<std::uint64_t>(pixels.width) ||
      height != static_cast<std::uint64_t>(pixels.height)) {
    fail(HOLO_CORRUPT, "the foreign file is " + std::to_string(width) + "x" +
                           std::to_string(height) + ", expected " + std::to_string(pixels.width) +
                           "x" + std::to_string(pixels.height));
  }
  pixels.bytes.resize(static_cast<std::size_t>(pixels.height) * pixels.row_bytes());
}

// The description that all peers share. They encode only when they are asked for by name.
inline CodecInfo peer_info(const char* id, const char* alias, const char* version,
                           const char* summary, std::uint32_t capabilities, ParamTable params) {
  CodecInfo info = codec_info(id, alias, version, summary, capabilities, kind_bit(HOLO_PICTURE),
                              std::move(params));
  info.priority = -100;
  return info;
}

}  // namespace holo::peer
