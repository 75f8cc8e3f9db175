// The codec as the host sees it: sizes, errors, row ranges, what is verbatim, pinned bytes, damage.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "plugins/phi-weights/float_types.hpp"
#include "plugins/phi-weights/memory_job.hpp"

namespace phi_weights {
namespace {

constexpr DLDataType kF32 = {kDLFloat, 32, 1};
constexpr DLDataType kF16 = {kDLFloat, 16, 1};
constexpr DLDataType kBf16 = {kDLBfloat, 16, 1};
constexpr DLDataType kI32 = {kDLInt, 32, 1};

// Sums of 12 uniform numbers: near enough to normal, and the same on every machine.
NamedTensor noise(std::string name, DLDataType dtype, std::vector<std::int64_t> shape,
                  std::uint32_t seed) {
  NamedTensor tensor = make_tensor(std::move(name), dtype, std::move(shape));
  std::mt19937 random(seed);
  const FloatType type = float_type(dtype).value();
  for (std::size_t i = 0; i < tensor.bytes.size() / tensor.element_bytes(); ++i) {
    std::int64_t sum = 0;
    for (int k = 0; k < 12; ++k) sum += static_cast<std::int64_t>(random() >> 8);
    const double unit = static_cast<double>(sum) / (1 << 24) - 6.0;
    store(type, tensor.bytes.data(), i, static_cast<float>(unit * 0.0625));
  }
  return tensor;
}

std::uint64_t fingerprint(const std::vector<std::uint8_t>& bytes) {
  std::uint64_t hash = 14695981039346656037u;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 1099511628211u;
  return hash;
}

std::uint64_t fingerprint(const Chunks& chunks) {
  std::vector<std::uint8_t> all;
  for (const auto& [name, bytes] : chunks) all.insert(all.end(), bytes.begin(), bytes.end());
  return fingerprint(all);
}

double snr_db(const NamedTensor& tensor, const std::vector<std::uint8_t>& decoded) {
  const FloatType type = float_type(tensor.dtype).value();
  double signal = 0, error = 0;
  for (std::size_t i = 0; i < decoded.size() / tensor.element_bytes(); ++i) {
    const double a = load(type, tensor.bytes.data(), i), b = load(type, decoded.data(), i);
    signal += a * a;
    error += (a - b) * (a - b);
  }
  return 10 * std::log10(signal / error);
}

TEST_CASE("normal weights take 13 bits at 65 dB, and the figures say so") {
  MemoryJob job({noise("w", kF32, {300, 400}, 1)});
  job.encode({});
  const double snr = snr_db(job.tensors()[0], job.render(0));
  REQUIRE(snr == Approx(65).margin(0.7));
  const auto figures = job.inspect();
  REQUIRE(figures.at("bits_per_weight") == Approx(13).margin(0.01));
  REQUIRE(figures.at("compression_vs_f32") == Approx(2.46).margin(0.01));
  REQUIRE(figures.at("snr_db") == Approx(snr).margin(1e-6));
  REQUIRE(figures.at("relative_rms_error") == Approx(std::pow(10, -snr / 20)).epsilon(1e-6));
  REQUIRE(figures.at("coded_weights") == 120000);
}

TEST_CASE("only the three float types are coded") {
  REQUIRE(float_type({kDLFloat, 32, 1}) == FloatType::kF32);
  REQUIRE(float_type({kDLFloat, 16, 1}) == FloatType::kF16);
  REQUIRE(float_type({kDLBfloat, 16, 1}) == FloatType::kBf16);
  REQUIRE_FALSE(float_type({kDLFloat, 64, 1}).has_value());
  REQUIRE_FALSE(float_type({kDLInt, 32, 1}).has_value());
  REQUIRE_FALSE(float_type({kDLFloat, 32, 2}).has_value());
}

TEST_CASE("entropy coding changes no value and takes about 12 bits") {
  MemoryJob job({noise("w", kF32, {300, 400}, 1)});
  job.encode({});
  const std::vector<std::uint8_t> fixed = job.render(0);
  job.encode({.entropy = true});
  REQUIRE(job.render(0) == fixed);
  REQUIRE(job.inspect().at("bits_per_weight") == Approx(12.05).margin(0.08));
}

TEST_CASE("each deviation bit is worth six decibels, 64 levels reach further down") {
  double previous = 0;
  for (const std::int64_t bits : {1, 2, 4, 8, 12}) {
    MemoryJob job({noise("w", kF32, {100, 200}, 2)});
    job.encode({.levels = "64", .deviation_bits = bits});
    const double snr = snr_db(job.tensors()[0], job.render(0));
    REQUIRE(snr == Approx(17 + 6.02 * static_cast<double>(bits)).margin(1.0));
    REQUIRE(snr > previous);
    previous = snr;
    REQUIRE(job.inspect().at("bits_per_weight") == Approx(6 + bits).margin(0.1));
  }
}

TEST_CASE("f16 and bf16 come back in their own type, near to what they were") {
  MemoryJob job({noise("h", kF16, {40, 50}, 3), noise("b", kBf16, {40, 50}, 4)});
  job.encode({});
  REQUIRE(snr_db(job.tensors()[0], job.render(0)) > 60);
  REQUIRE(snr_db(job.tensors()[1], job.render(1)) > 45);
}

TEST_CASE("any range of rows equals those rows of the whole, and reads little") {
  for (const bool entropy : {false, true}) {
    for (const std::string scale : {"tensor", "row"}) {
      MemoryJob job({noise("w", kF32, {700, 333}, 5)});
      job.encode({.scale = scale, .entropy = entropy});
      const std::vector<std::uint8_t> whole = job.render(0);
      const std::size_t row = job.tensors()[0].row_bytes();
      for (const auto& [first, count] : std::vector<std::pair<int, int>>{
               {0, 1}, {195, 1}, {196, 1}, {197, 1}, {150, 300}, {699, 1}, {0, 700}, {393, 0}}) {
        job.bytes_read = 0;
        const std::vector<std::uint8_t> rows = job.render(0, first, count);
        const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(row) * first;
        REQUIRE(std::equal(rows.begin(), rows.end(), begin));
        if (count == 1 && !entropy) REQUIRE(job.bytes_read < 333 * 13 / 8 + 100);
      }
    }
  }
}

TEST_CASE("a scale per row suits rows of different size") {
  NamedTensor tensor = noise("w", kF32, {64, 300}, 6);
  for (std::size_t i = 0; i < 64 * 300; ++i) {
    const float factor = std::ldexp(1.0f, -static_cast<int>(i / 300) / 2);
    store(FloatType::kF32, tensor.bytes.data(), i,
          load(FloatType::kF32, tensor.bytes.data(), i) * factor);
  }
  MemoryJob job({tensor});
  const auto last_row_snr = [&](const std::string& scale) {
    job.encode({.scale = scale});
    NamedTensor last = make_tensor("last", kF32, {1, 300});
    last.bytes.assign(tensor.bytes.end() - 1200, tensor.bytes.end());
    return snr_db(last, job.render(0, 63, 1));
  };
  REQUIRE(last_row_snr("row") == Approx(65).margin(2));
  REQUIRE(last_row_snr("tensor") < 10);
}

TEST_CASE("integers, tiny tensors, empty and scalar ones come back to the last bit") {
  std::vector<NamedTensor> tensors = {
      make_tensor("ids", kI32, {20, 30}), noise("bias", kF32, {255}, 7), noise("s", kF32, {}, 8),
      make_tensor("none", kF32, {0, 5}), make_tensor("empty", kF32, {5, 0})};
  for (std::size_t i = 0; i < tensors[0].bytes.size(); ++i) {
    tensors[0].bytes[i] = static_cast<std::uint8_t>(i * 7);
  }
  MemoryJob job(tensors);
  job.encode({});
  for (std::size_t i = 0; i < tensors.size(); ++i) REQUIRE(job.render(i) == tensors[i].bytes);
  REQUIRE(job.render(0, 7, 3) == std::vector<std::uint8_t>(tensors[0].bytes.begin() + 840,
                                                           tensors[0].bytes.begin() + 1200));
  REQUIRE(job.inspect().at("verbatim_tensors") == 5);
}

TEST_CASE("a code no shorter than the element leaves the tensor verbatim") {
  MemoryJob job({noise("h", kF16, {40, 50}, 3), noise("f", kF32, {40, 50}, 3)});
  job.encode({.levels = "64", .deviation_bits = 10});
  REQUIRE(job.render(0) == job.tensors()[0].bytes);
  REQUIRE(job.inspect().at("coded_tensors") == 1);
}

TEST_CASE("groups with NaN or infinity are verbatim, the others are coded on a finite scale") {
  NamedTensor tensor = noise("w", kF32, {600, 300}, 9);
  const float odd[] = {std::numeric_limits<float>::quiet_NaN(),
                       -std::numeric_limits<float>::infinity()};
  std::memcpy(tensor.bytes.data() + 4 * 300 * 250, odd, sizeof odd);
  MemoryJob job({tensor});
  job.encode({});
  const std::vector<std::uint8_t> whole = job.render(0);
  const std::size_t group = rows_per_group(300) * 1200;
  REQUIRE(std::equal(whole.begin() + static_cast<std::ptrdiff_t>(group),
                     whole.begin() + static_cast<std::ptrdiff_t>(2 * group),
                     tensor.bytes.begin() + static_cast<std::ptrdiff_t>(group)));
  NamedTensor first = make_tensor("first", kF32, {100, 300});
  first.bytes.assign(tensor.bytes.begin(), tensor.bytes.begin() + 120000);
  REQUIRE(snr_db(first, job.render(0, 0, 100)) > 64);
}

TEST_CASE("tensors of zeros and of subnormal numbers stay finite and zero stays zero") {
  NamedTensor zeros = make_tensor("z", kF32, {16, 32});
  NamedTensor small = make_tensor("t", kF32, {16, 32});
  for (std::size_t i = 0; i < 512; ++i) {
    store(FloatType::kF32, small.bytes.data(), i, static_cast<float>(i) * 1e-45f);
  }
  MemoryJob job({zeros, small});
  for (const bool entropy : {false, true}) {
    job.encode({.entropy = entropy});
    REQUIRE(job.render(0) == zeros.bytes);
    const std::vector<std::uint8_t> decoded = job.render(1);
    REQUIRE(load(FloatType::kF32, decoded.data(), 0) == 0);
    REQUIRE(snr_db(small, decoded) > 20);
  }
}

TEST_CASE("strided tensors are read and filled like packed ones") {
  NamedTensor wide = noise("w", kF32, {30, 40}, 10);
  MemoryJob packed({[&] {
    NamedTensor half = make_tensor("w", kF32, {30, 20});
    for (std::size_t i = 0; i < 600; ++i) {
      std::memcpy(half.bytes.data() + 4 * i, wide.bytes.data() + 8 * i, 4);
    }
    return half;
  }()});
  packed.encode({});
  // The same numbers as every second column of the wide tensor.
  std::vector<std::uint8_t> out(wide.bytes.size(), 0);
  UnitView view(packed.tensors()[0], 0, out.data(), 30);
  view.raw().strides[0] = 40;
  view.raw().strides[1] = 2;
  packed.render_into(0, 0, 30, view.unit());
  const std::vector<std::uint8_t> expected = packed.render(0);
  for (std::size_t i = 0; i < 600; ++i) {
    REQUIRE(std::memcmp(out.data() + 8 * i, expected.data() + 4 * i, 4) == 0);
    REQUIRE(load(FloatType::kF32, out.data(), 2 * i + 1) == 0);
  }
}

TEST_CASE("rows outside the tensor are refused") {
  MemoryJob job({noise("w", kF32, {30, 40}, 10)});
  job.encode({});
  REQUIRE_THROWS_AS(job.render(0, 30, 1), holo::Failure);
  REQUIRE_THROWS_AS(job.render(0, 0, 31), holo::Failure);
}

TEST_CASE("the worked example of spec.md holds") {
  NamedTensor tensor = make_tensor("w", kF32, {16, 16});
  const float weights[] = {0.5f, -0.3f, 0.1f, 0.0f};
  std::memcpy(tensor.bytes.data(), weights, sizeof weights);
  MemoryJob job({tensor});
  job.encode({});
  const std::vector<std::uint8_t>& rows = job.chunks.at({0, kRowsChunk, 0});
  REQUIRE(rows.size() == 1 + 256 * 13 / 8);
  const std::vector<std::uint8_t> begin(rows.begin(), rows.begin() + 8);
  REQUIRE(begin == std::vector<std::uint8_t>{1, 0x0F, 0xFC, 0x54, 0x88, 0x26, 0x08, 0x00});
  const std::vector<std::uint8_t> decoded = job.render(0);
  CHECK(load(FloatType::kF32, decoded.data(), 0) == 0.499813497f);
  CHECK(load(FloatType::kF32, decoded.data(), 1) == -0.299792767f);
  CHECK(load(FloatType::kF32, decoded.data(), 2) == 0.0999869406f);
  CHECK(load(FloatType::kF32, decoded.data(), 3) == 0.0f);
}

TEST_CASE("bytes and values are pinned: other ones would break files written before") {
  MemoryJob job({noise("a", kF32, {70, 90}, 11), noise("b", kF16, {70, 90}, 12),
                 noise("c", kBf16, {300}, 13)});
  job.encode({});
  CHECK(fingerprint(job.chunks) == 10935113524993587982u);
  CHECK(fingerprint(job.render(0)) == 15583039143146413593u);
  CHECK(fingerprint(job.render(1)) == 3071147814821078505u);
  job.encode({.levels = "64", .deviation_bits = 5, .scale = "row", .entropy = true});
  CHECK(fingerprint(job.chunks) == 11579227925714797012u);
  CHECK(fingerprint(job.render(0)) == 5736282198793931154u);
  CHECK(fingerprint(job.render(2)) == 13491434863490585445u);
}

TEST_CASE("thousands of damaged files are refused or give numbers, and never more") {
  std::mt19937 random(31);
  int refused = 0;
  for (const bool entropy : {false, true}) {
    MemoryJob job({noise("w", kF32, {40, 20}, 14), make_tensor("i", kI32, {9, 9})});
    job.encode({.deviation_bits = 3, .scale = "row", .entropy = entropy});
    const Chunks good = job.chunks;
    for (int round = 0; round < 2000; ++round) {
      job.chunks = good;
      auto victim = job.chunks.begin();
      std::advance(victim, static_cast<std::ptrdiff_t>(random() % job.chunks.size()));
      std::vector<std::uint8_t>& bytes = victim->second;
      for (std::uint32_t flips = 1 + random() % 3; flips > 0; --flips) {
        const std::size_t reach =
            random() % 2 == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 16);
        bytes[random() % reach] = static_cast<std::uint8_t>(random());
      }
      if (random() % 4 == 0) bytes.resize(random() % bytes.size());
      if (random() % 16 == 0) bytes.push_back(0);
      if (random() % 32 == 0) job.chunks.erase(victim);
      try {
        for (std::size_t unit = 0; unit < 2; ++unit) {
          (void)job.render(unit);
          (void)job.render(unit, 3, 2);
        }
        (void)job.inspect();
      } catch (const holo::Failure& failure) {
        ++refused;
        if (failure.status() != HOLO_CORRUPT && failure.status() != HOLO_NOT_FOUND) {
          FAIL("status " << failure.status() << ": " << failure.what());
        }
      }
    }
  }
  REQUIRE(refused > 500);
}

}  // namespace
}  // namespace phi_weights
