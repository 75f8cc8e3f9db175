// The static table and the two forms of a string.
#include "core/container/static_words.hpp"

#include <algorithm>
#include <array>

namespace holo::container {
namespace {

// The first 64 take one byte, the others two. Generic vocabulary only: nothing that only one
// plugin would say.
constexpr std::array<std::string_view, 128> kWords = {
    // 0: keys
    "quality", "effort", "tile", "components", "basis", "mode", "preset", "lossless", "block",
    "patch", "size", "bits", "step", "seed", "chroma", "color",
    // 16: keys
    "transform", "entropy", "gop", "keyint", "rate", "lambda", "scale", "levels", "layers", "rank",
    "variance", "threshold", "window", "group", "precision", "filter",
    // 32: values, versions and chunk types
    "auto", "none", "fixed", "image", "default", "fast", "medium", "slow", "best", "rgb", "ycbcr",
    "420", "444", "0.1.0", "1.0.0", "tile_size",
    // 48
    "head", "data", "base", "coef", "exif", "icc", "xmp", "main", "on", "off", "yes", "no", "dct",
    "klt", "pca", "k",
    // 64: two bytes from here
    "422", "400", "gray", "float16", "float32", "float64", "bfloat16", "int8", "int4", "uint8",
    "global", "local", "shared", "row", "column", "channel",
    // 80
    "tensor", "layer", "head_size", "sigma", "epsilon", "error", "target", "tolerance", "bitrate",
    "qp", "crf", "min", "max", "mean", "ratio", "strength",
    // 96
    "dither", "denoise", "deblock", "predict", "search", "range", "motion", "subpixel", "bframes",
    "references", "passes", "speed", "level", "method", "order", "degree",
    // 112
    "width", "height", "depth", "alpha", "linear", "cubic", "nearest", "haar", "wavelet", "fourier",
    "hadamard", "random", "0.2.0", "1.1.0", "1.0.1", "2.0.0"};

}  // namespace

std::span<const std::string_view> static_words() { return kWords; }

std::optional<std::uint64_t> find_static_word(std::string_view word) {
  const auto* found = std::find(kWords.begin(), kWords.end(), word);
  if (found == kWords.end()) return std::nullopt;
  return static_cast<std::uint64_t>(found - kWords.begin());
}

void write_string(ByteWriter& out, std::string_view text) {
  if (const auto index = find_static_word(text)) {
    out.varint(2 * *index + 1);
    return;
  }
  out.varint(2 * std::uint64_t{text.size()});
  out.text(text);
}

std::string read_string(ByteCursor& in, std::size_t limit) {
  const std::uint64_t code = in.varint();
  if ((code & 1) != 0) {
    if (code / 2 < kWords.size()) return std::string(kWords[code / 2]);
    in.fail();
    return {};
  }
  if (code / 2 > limit) in.fail();
  const auto data = in.bytes(code / 2);
  if (std::find(data.begin(), data.end(), 0) != data.end()) {
    in.fail();
    return {};
  }
  return std::string(data.begin(), data.end());
}

}  // namespace holo::container
