// Where the samples come from: smooth shapes, edges, noise and flat parts, moving from frame to
// frame.
#include "sdk/check/media.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <holo/unit.hpp>

namespace holo_check {
namespace {

constexpr std::size_t kGuard = 64;
constexpr std::uint8_t kGuardByte = 0xA5;

std::uint32_t sample(Random& random, std::int64_t x, std::int64_t y, int plane, std::uint64_t t,
                     std::uint32_t max) {
  const double smooth =
      0.5 + 0.3 * std::sin(0.11 * static_cast<double>(x + 3 * std::int64_t(t)) + plane) +
      0.2 * std::cos(0.07 * static_cast<double>(y) - 0.5 * plane);
  double value = smooth;
  if ((x / 16 + y / 16) % 5 == 0) value = 0.25;                // flat
  if (x > 20 && x < 26) value = 1.0 - value;                   // an edge
  if (y > 30 && y < 36) value += 0.2 * (random.unit() - 0.5);  // noise
  return static_cast<std::uint32_t>(std::clamp(value, 0.0, 1.0) * max + 0.5);
}

void paint(TestUnit& unit, std::uint64_t seed) {
  Random random(seed);
  const holo::ImageShape shape(unit.image());
  const auto max = static_cast<std::uint32_t>(shape.max_sample());
  std::vector<std::uint8_t> bytes;
  for (int p = 0; p < shape.planes(); ++p) {
    for (std::int64_t y = 0; y < shape.height(p); ++y) {
      for (std::int64_t x = 0; x < shape.width(p); ++x) {
        const std::uint32_t v = sample(random, x, y, p, unit.view()->index, max);
        bytes.push_back(static_cast<std::uint8_t>(v));
        if (shape.sample_bytes() == 2) bytes.push_back(static_cast<std::uint8_t>(v >> 8));
      }
    }
  }
  unit.unpack(bytes);
}

template <class T>
void store(std::vector<std::uint8_t>& bytes, T value) {
  const auto at = bytes.size();
  bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

// Upper half of a float: exact for bfloat16, and for float16 a bit pattern of a moderate number.
std::uint16_t half_bits(double value) {
  const int exponent = value == 0 ? 0 : std::ilogb(value);
  if (value == 0 || exponent < -14) return 0;
  const auto mantissa =
      static_cast<std::uint16_t>((std::fabs(value) / std::ldexp(1.0, exponent) - 1.0) * 1024.0);
  return static_cast<std::uint16_t>((value < 0 ? 0x8000 : 0) | (std::min(exponent + 15, 30) << 10) |
                                    mantissa);
}

void fill_numbers(TestUnit& unit, std::uint64_t seed) {
  Random random(seed);
  const DLDataType dtype = unit.dtype();
  std::vector<std::uint8_t> bytes;
  const std::uint64_t count = unit.sample_bytes() / ((dtype.bits + 7u) / 8u);
  for (std::uint64_t i = 0; i < count; ++i) {
    const double value = (random.unit() + random.unit() + random.unit() - 1.5) *
                         (1.0 + std::cos(0.1 * static_cast<double>(i)));
    const auto whole = static_cast<std::int64_t>(value * 50.0);
    if (dtype.code == kDLFloat && dtype.bits == 32)
      store(bytes, static_cast<float>(value));
    else if (dtype.code == kDLFloat && dtype.bits == 64)
      store(bytes, value);
    else if (dtype.code == kDLFloat)
      store(bytes, half_bits(value));
    else if (dtype.code == kDLBfloat) {
      const auto f = static_cast<float>(value);
      std::uint32_t bits = 0;
      std::memcpy(&bits, &f, sizeof bits);
      store(bytes, static_cast<std::uint16_t>(bits >> 16));
    } else if (dtype.bits == 8)
      store(bytes, static_cast<std::uint8_t>(whole));
    else if (dtype.bits == 16)
      store(bytes, static_cast<std::uint16_t>(whole));
    else if (dtype.bits == 32)
      store(bytes, static_cast<std::uint32_t>(whole));
    else
      store(bytes, static_cast<std::uint64_t>(whole));
  }
  unit.unpack(bytes);
}

holo_image image_of(int width, int height, int model, bool alpha, int depth, int shift_x = 0,
                    int shift_y = 0) {
  return {sizeof(holo_image),
          width,
          height,
          model,
          alpha ? 1 : 0,
          depth,
          shift_x,
          shift_y,
          2,
          2,
          2,
          1,
          0,
          1};
}

Clip image_clip(std::string name, std::int32_t kind, const holo_image& image, int count) {
  Clip clip{std::move(name), kind, image, {}};
  for (int i = 0; i < count; ++i) {
    clip.units.push_back(std::make_shared<TestUnit>(kind, static_cast<std::uint64_t>(i), image));
    paint(*clip.units.back(), static_cast<std::uint64_t>(i) + 7);
  }
  return clip;
}

Clip tensor_clip(std::string name, std::int32_t kind, DLDataType dtype,
                 const std::vector<std::vector<std::int64_t>>& shapes, bool transposed = false) {
  Clip clip{std::move(name), kind, {}, {}};
  for (const auto& shape : shapes) {
    const auto index = clip.units.size();
    clip.units.push_back(std::make_shared<TestUnit>(kind, index, "layer." + std::to_string(index),
                                                    dtype, shape, transposed));
    fill_numbers(*clip.units.back(), index + 11);
  }
  return clip;
}

}  // namespace

std::uint64_t Random::next() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return state_ * 0x2545F4914F6CDD1Du;
}

TestUnit::TestUnit(std::int32_t kind, std::uint64_t index, const holo_image& image)
    : image_(image) {
  const holo::ImageShape shape(image);
  dtype_ = {kDLUInt, static_cast<std::uint8_t>(8 * shape.sample_bytes()), 1};
  for (int p = 0; p < shape.planes(); ++p) {
    const std::int64_t pitch = shape.width(p) + 5;  // rows may be padded
    add_block(dtype_, {shape.height(p), shape.width(p)}, {pitch, 1}, shape.height(p) * pitch);
  }
  unit_.unit = {sizeof(holo_unit),
                kind,
                index,
                static_cast<std::int64_t>(index) * 1001,
                1001,
                &image_,
                nullptr,
                static_cast<std::uint32_t>(pointers_.size()),
                0,
                pointers_.data()};
  fill(0);
}

TestUnit::TestUnit(std::int32_t kind, std::uint64_t index, std::string name, DLDataType dtype,
                   std::vector<std::int64_t> shape, bool transposed)
    : name_(std::move(name)), shape_(std::move(shape)), dtype_(dtype) {
  std::vector<std::int64_t> strides(shape_.size(), 1);
  std::int64_t count = 1;
  for (std::size_t a = shape_.size(); a-- > 0;) {
    strides[a] = count;
    count *= shape_[a];
  }
  if (transposed && shape_.size() >= 2) {
    strides[shape_.size() - 1] = shape_[shape_.size() - 2];
    strides[shape_.size() - 2] = 1;
  }
  add_block(dtype, shape_, strides, count);
  unit_.unit = {sizeof(holo_unit), kind,          index, 0, 0,
                nullptr,           name_.c_str(), 1,     0, pointers_.data()};
  fill(0);
}

void TestUnit::add_block(DLDataType dtype, std::vector<std::int64_t> shape,
                         std::vector<std::int64_t> strides, std::int64_t extent_elements) {
  auto block = std::make_unique<Block>();
  block->shape = std::move(shape);
  block->strides = std::move(strides);
  block->bytes.resize(2 * kGuard +
                      static_cast<std::size_t>(extent_elements) * ((dtype.bits + 7u) / 8u));
  block->tensor = {block->bytes.data(),
                   {kDLCPU, 0},
                   static_cast<int>(block->shape.size()),
                   dtype,
                   block->shape.data(),
                   block->strides.data(),
                   kGuard};
  blocks_.push_back(std::move(block));
  pointers_.push_back(&blocks_.back()->tensor);
}

// visit(block, index of the block, first byte, number of bytes) for every run of samples, in
// row-major order. A run is a row if the last dimension is contiguous, else one element.
template <class Visit>
void TestUnit::each_run(Visit&& visit) const {
  const std::size_t size = (dtype_.bits + 7u) / 8u;
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    const holo::Tensor tensor(&blocks_[b]->tensor);
    const int last = tensor.rank() - 1;
    const std::int64_t run = last >= 0 && tensor.stride(last) == 1 ? tensor.extent(last) : 1;
    const std::int64_t total = tensor.elements();
    for (std::int64_t i = 0; i < total; i += run) {
      std::int64_t rest = i;
      std::int64_t offset = 0;
      for (int a = last; a >= 0; --a) {
        offset += rest % tensor.extent(a) * tensor.stride(a);
        rest /= tensor.extent(a);
      }
      visit(*blocks_[b], b, kGuard + static_cast<std::size_t>(offset) * size,
            static_cast<std::size_t>(run) * size);
    }
  }
}

std::uint64_t TestUnit::sample_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& block : blocks_) {
    bytes += static_cast<std::uint64_t>(holo::Tensor(&block->tensor).elements()) *
             ((dtype_.bits + 7u) / 8u);
  }
  return bytes;
}

void TestUnit::fill(std::uint8_t byte) {
  for (const auto& block : blocks_) std::fill(block->bytes.begin(), block->bytes.end(), kGuardByte);
  each_run([&](Block& block, std::size_t, std::size_t at, std::size_t size) {
    std::memset(block.bytes.data() + at, byte, size);
  });
}

bool TestUnit::guards_intact() const {
  std::vector<std::vector<std::uint8_t>> guards;
  for (const auto& block : blocks_) guards.push_back(block->bytes);
  each_run([&](Block&, std::size_t b, std::size_t at, std::size_t size) {
    std::memset(guards[b].data() + at, kGuardByte, size);
  });
  for (const auto& bytes : guards) {
    for (const std::uint8_t byte : bytes) {
      if (byte != kGuardByte) return false;
    }
  }
  return true;
}

std::vector<std::uint8_t> TestUnit::packed() const {
  std::vector<std::uint8_t> out;
  out.reserve(sample_bytes());
  each_run([&](Block& block, std::size_t, std::size_t at, std::size_t size) {
    out.insert(out.end(), block.bytes.begin() + static_cast<std::ptrdiff_t>(at),
               block.bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
  });
  return out;
}

void TestUnit::unpack(const std::vector<std::uint8_t>& bytes) {
  std::size_t from = 0;
  each_run([&](Block& block, std::size_t, std::size_t at, std::size_t size) {
    std::memcpy(block.bytes.data() + at, bytes.data() + from, size);
    from += size;
  });
}

void TestUnit::pretend_future() {
  unit_.unit.struct_size = sizeof unit_;
  std::fill(std::begin(unit_.future), std::end(unit_.future), std::uint8_t{0x5A});
}

holo_stream Clip::stream() const {
  const bool images = kind == HOLO_PICTURE || kind == HOLO_FRAME;
  return {sizeof(holo_stream),         kind, units.size(), images ? &image : nullptr, 1001, 30000,
          kind == HOLO_FRAME ? 30 : 0, 1};
}

std::uint64_t Clip::sample_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& unit : units) bytes += unit->sample_bytes();
  return bytes;
}

std::vector<Clip> clips_of(std::int32_t kind) {
  std::vector<Clip> clips;
  const auto image = [&](const char* name, const holo_image& description) {
    clips.push_back(image_clip(name, kind, description, kind == HOLO_FRAME ? 5 : 1));
  };
  const auto tensor = [&](const char* name, DLDataType dtype,
                          const std::vector<std::vector<std::int64_t>>& shapes,
                          bool transposed = false) {
    clips.push_back(tensor_clip(name, kind, dtype, shapes, transposed));
  };
  if (kind == HOLO_PICTURE || kind == HOLO_FRAME) {
    image("RGB 8 bit 96x64", image_of(96, 64, HOLO_RGB, false, 8));
    image("YCbCr 4:2:0 8 bit 96x64", image_of(96, 64, HOLO_YCBCR, false, 8, 1, 1));
    image("YCbCr 4:2:0 8 bit 71x43", image_of(71, 43, HOLO_YCBCR, false, 8, 1, 1));
    image("YCbCr 4:2:2 10 bit 64x33", image_of(64, 33, HOLO_YCBCR, false, 10, 1, 0));
    image("YCbCr 4:4:4 8 bit 40x40", image_of(40, 40, HOLO_YCBCR, false, 8));
    image("grey 8 bit 71x43", image_of(71, 43, HOLO_GRAY, false, 8));
    image("grey 16 bit 65x37", image_of(65, 37, HOLO_GRAY, false, 16));
    image("RGB with alpha 8 bit 33x17", image_of(33, 17, HOLO_RGB, true, 8));
    image("RGB 16 bit 40x24", image_of(40, 24, HOLO_RGB, false, 16));
    image("RGB 8 bit 1x1", image_of(1, 1, HOLO_RGB, false, 8));
    image("YCbCr 4:2:0 8 bit 1x1", image_of(1, 1, HOLO_YCBCR, false, 8, 1, 1));
    image("grey 8 bit 1x100", image_of(1, 100, HOLO_GRAY, false, 8));
    image("grey 8 bit 300x2", image_of(300, 2, HOLO_GRAY, false, 8));
    image("grey with alpha 8 bit 17x9", image_of(17, 9, HOLO_GRAY, true, 8));
  } else {
    tensor("f32 48x32 and 16x64", {kDLFloat, 32, 1}, {{48, 32}, {16, 64}});
    tensor("f32 rank 1", {kDLFloat, 32, 1}, {{257}});
    tensor("f32 rank 0", {kDLFloat, 32, 1}, {{}});
    tensor("f32 rank 3", {kDLFloat, 32, 1}, {{5, 6, 7}});
    tensor("f32 rank 4", {kDLFloat, 32, 1}, {{4, 3, 5, 5}});
    tensor("f32 40x24 transposed in memory", {kDLFloat, 32, 1}, {{40, 24}}, true);
    tensor("f32 without elements", {kDLFloat, 32, 1}, {{0, 8}});
    tensor("f16 32x48", {kDLFloat, 16, 1}, {{32, 48}});
    tensor("bf16 32x48", {kDLBfloat, 16, 1}, {{32, 48}});
    tensor("f64 20x20", {kDLFloat, 64, 1}, {{20, 20}});
    tensor("i8 64x16", {kDLInt, 8, 1}, {{64, 16}});
    tensor("u8 64x16", {kDLUInt, 8, 1}, {{64, 16}});
    tensor("i16 10x20", {kDLInt, 16, 1}, {{10, 20}});
    tensor("u16 10x20", {kDLUInt, 16, 1}, {{10, 20}});
    tensor("i32 10x20", {kDLInt, 32, 1}, {{10, 20}});
    tensor("i64 10x20", {kDLInt, 64, 1}, {{10, 20}});
  }
  return clips;
}

std::string kind_word(std::int32_t kind) {
  switch (kind) {
    case HOLO_PICTURE:
      return "picture";
    case HOLO_FRAME:
      return "frame";
    case HOLO_TENSOR:
      return "tensor";
    case HOLO_KV:
      return "kv";
    default:
      return "kind " + std::to_string(kind);
  }
}

std::string dtype_word(DLDataType dtype) {
  const char* code = dtype.code == kDLFloat    ? "f"
                     : dtype.code == kDLBfloat ? "bf"
                     : dtype.code == kDLInt    ? "i"
                                               : "u";
  return code + std::to_string(dtype.bits);
}

}  // namespace holo_check
