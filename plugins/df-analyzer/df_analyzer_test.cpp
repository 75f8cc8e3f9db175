// The analyzer through its ABI: reports of pictures and tensors whose spectrum is known.
#include "plugins/df-analyzer/df_analyzer.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include <holo/abi/plugin.h>

extern "C" const holo_plugin_entry holo_plugin_entry_v1;

namespace df_analyzer {
namespace {

struct Settings {
  std::int64_t patch = 8, stride = 0;
  std::string colour = "rgb";
  bool center = true;
  std::int64_t max_samples = 1000000;
  double target = 0.95;
  std::string tensor = {};
};

struct Plain {
  std::map<std::string, double> numbers;
  std::map<std::string, std::vector<double>> series;
  std::map<std::string, std::string> texts;
};

// One analysis job, driven as the host would.
class Job {
 public:
  explicit Job(std::int32_t kind, const Settings& s = {}) {
    host_.struct_size = sizeof host_;
    image_.struct_size = sizeof image_;
    stream_.struct_size = sizeof stream_;
    stream_.kind = kind;
    if (kind != HOLO_TENSOR) stream_.image = &image_;
    constexpr std::uint32_t kSize = sizeof(holo_param_value);
    const holo_param_value values[] = {
        {kSize, HOLO_PARAM_INT, "patch", s.patch, 0, nullptr},
        {kSize, HOLO_PARAM_INT, "stride", s.stride, 0, nullptr},
        {kSize, HOLO_PARAM_CHOICE, "colour", 0, 0, s.colour.c_str()},
        {kSize, HOLO_PARAM_BOOL, "center", s.center ? 1 : 0, 0, nullptr},
        {kSize, HOLO_PARAM_INT, "max_samples", s.max_samples, 0, nullptr},
        {kSize, HOLO_PARAM_FLOAT, "target", 0, s.target, nullptr},
        {kSize, HOLO_PARAM_TEXT, "tensor", 0, 0, s.tensor.c_str()}};
    std::vector<const holo_param_value*> rows;
    for (const holo_param_value& value : values) rows.push_back(&value);
    const holo_params params = {sizeof params, static_cast<std::uint32_t>(rows.size()),
                                rows.data()};
    const auto* factory = static_cast<const holo_analyzer_factory*>(
        holo_plugin_entry_v1.get_factory(HOLO_ANALYZER_ID));
    REQUIRE(factory != nullptr);
    error_.struct_size = sizeof error_;
    REQUIRE(factory->create("org.holohost.df-analyzer", &host_, &params, &stream_, &analyzer_,
                            &error_) == HOLO_OK);
  }
  ~Job() { analyzer_->destroy(analyzer_->self); }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  holo_status push_tensor(const char* name, DLDataType dtype, std::vector<std::int64_t> shape,
                          void* data) {
    std::vector<std::int64_t> strides(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
    return push(name, {tensor_of(dtype, shape, strides, data)});
  }
  holo_status push_picture(const holo_image& image, const std::vector<std::uint8_t*>& planes) {
    image_ = image;
    const holo::ImageShape shape(image_);
    std::vector<std::vector<std::int64_t>> shapes, strides;
    for (int p = 0; p < shape.planes(); ++p) {
      shapes.push_back({shape.height(p), shape.width(p)});
      strides.push_back({shape.width(p), 1});
    }
    std::vector<DLTensor> tensors;
    const auto bits = static_cast<std::uint8_t>(8 * shape.sample_bytes());
    for (std::size_t p = 0; p < shapes.size(); ++p) {
      tensors.push_back(tensor_of({kDLUInt, bits, 1}, shapes[p], strides[p], planes[p]));
    }
    return push(nullptr, tensors);
  }
  holo_status report(Plain& out) {
    holo_report report{};
    report.struct_size = sizeof report;
    report.ctx = &out;
    report.integer = [](void* ctx, const char* key, std::int64_t value) {
      static_cast<Plain*>(ctx)->numbers[key] = static_cast<double>(value);
    };
    report.number = [](void* ctx, const char* key, double value) {
      static_cast<Plain*>(ctx)->numbers[key] = value;
    };
    report.text = [](void* ctx, const char* key, const char* value) {
      static_cast<Plain*>(ctx)->texts[key] = value;
    };
    report.series = [](void* ctx, const char* key, const double* values, std::uint64_t count) {
      static_cast<Plain*>(ctx)->series[key].assign(values, values + count);
    };
    return analyzer_->report(analyzer_->self, &report, &error_);
  }
  [[nodiscard]] const holo_error& error() const { return error_; }

 private:
  static DLTensor tensor_of(DLDataType dtype, std::vector<std::int64_t>& shape,
                            std::vector<std::int64_t>& strides, void* data) {
    DLTensor tensor{};
    tensor.data = data;
    tensor.device = {kDLCPU, 0};
    tensor.ndim = static_cast<std::int32_t>(shape.size());
    tensor.dtype = dtype;
    tensor.shape = shape.data();
    tensor.strides = strides.data();
    return tensor;
  }
  holo_status push(const char* name, const std::vector<DLTensor>& tensors) {
    std::vector<const DLTensor*> pointers;
    for (const DLTensor& tensor : tensors) pointers.push_back(&tensor);
    holo_unit unit{};
    unit.struct_size = sizeof unit;
    unit.kind = stream_.kind;
    unit.index = index_++;
    unit.image = stream_.image;
    unit.name = name;
    unit.tensor_count = static_cast<std::uint32_t>(pointers.size());
    unit.tensors = pointers.data();
    return analyzer_->push(analyzer_->self, &unit, &error_);
  }

  holo_host host_{};
  holo_image image_{};
  holo_stream stream_{};
  holo_error error_{};
  holo_analyzer* analyzer_ = nullptr;
  std::uint64_t index_ = 0;
};

constexpr DLDataType kF32 = {kDLFloat, 32, 1};

holo_image image_of(int width, int height, int model) {
  holo_image image{};
  image.struct_size = sizeof image;
  image.width = width;
  image.height = height;
  image.model = model;
  image.bit_depth = 8;
  image.full_range = 1;
  image.matrix = 2;
  image.orientation = 1;
  return image;
}

std::vector<float> normal_rows(std::size_t count, const std::vector<double>& deviations,
                               std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<float> rows;
  for (std::size_t i = 0; i < count; ++i) {
    for (const double d : deviations) rows.push_back(static_cast<float>(3 + d * normal(random)));
  }
  return rows;
}

TEST_CASE("a tensor of three equal directions among ten fills three") {
  std::vector<double> deviations(10, 0.0);
  deviations[1] = deviations[4] = deviations[7] = 2;
  std::vector<float> rows = normal_rows(20000, deviations, 1);
  Job job(HOLO_TENSOR);
  REQUIRE(job.push_tensor("x", kF32, {20000, 10}, rows.data()) == HOLO_OK);
  Plain plain;
  REQUIRE(job.report(plain) == HOLO_OK);
  for (const char* key : {"df", "df_corrected", "effective_rank", "entropy_rank"}) {
    REQUIRE(plain.numbers.at(key) == Approx(3).epsilon(0.01));
  }
  REQUIRE(plain.numbers.at("k90") == 3);
  REQUIRE(plain.numbers.at("k99") == 3);
  REQUIRE(plain.numbers.at("k_target") == 3);
  REQUIRE(plain.numbers.at("dimensions") == 10);
  REQUIRE(plain.numbers.at("samples") == 20000);
  REQUIRE(plain.numbers.at("variance") == Approx(12).epsilon(0.05));
  const std::vector<double>& curve = plain.series.at("explained_variance");
  REQUIRE(curve.size() == 10);
  REQUIRE(curve[1] == Approx(2 / 3.0).epsilon(0.02));
  REQUIRE(curve[2] == Approx(1));
}

TEST_CASE("the mean counts as a direction only without centring") {
  std::vector<float> rows = normal_rows(5000, std::vector<double>(8, 0.1), 2);
  Plain centred, raw;
  {
    Job job(HOLO_TENSOR);
    REQUIRE(job.push_tensor("x", kF32, {5000, 8}, rows.data()) == HOLO_OK);
    REQUIRE(job.report(centred) == HOLO_OK);
  }
  Job job(HOLO_TENSOR, {.center = false});
  REQUIRE(job.push_tensor("x", kF32, {5000, 8}, rows.data()) == HOLO_OK);
  REQUIRE(job.report(raw) == HOLO_OK);
  REQUIRE(centred.numbers.at("df") == Approx(8).epsilon(0.01));
  REQUIRE(raw.numbers.at("df") == Approx(1).epsilon(0.01));
}

TEST_CASE("few samples of noise read low and are corrected to the dimensions") {
  std::vector<float> rows = normal_rows(100, std::vector<double>(64, 1.0), 3);
  Job job(HOLO_TENSOR);
  REQUIRE(job.push_tensor("x", kF32, {100, 64}, rows.data()) == HOLO_OK);
  Plain plain;
  REQUIRE(job.report(plain) == HOLO_OK);
  REQUIRE(plain.numbers.at("df") == Approx(64.0 * 99 / (64 + 99)).epsilon(0.05));
  REQUIRE(plain.numbers.at("df_corrected") == Approx(64).epsilon(0.08));
}

TEST_CASE("several units and more dimensions of rows accumulate to the same report") {
  std::vector<float> rows = normal_rows(600, {1, 2, 3, 4}, 4);
  Plain one, several;
  {
    Job job(HOLO_TENSOR);
    REQUIRE(job.push_tensor("x", kF32, {600, 4}, rows.data()) == HOLO_OK);
    REQUIRE(job.report(one) == HOLO_OK);
  }
  Job job(HOLO_TENSOR);
  REQUIRE(job.push_tensor("a", kF32, {10, 20, 4}, rows.data()) == HOLO_OK);
  REQUIRE(job.push_tensor("bias", kF32, {4}, rows.data()) == HOLO_OK);
  REQUIRE(job.push_tensor("b", kF32, {400, 4}, rows.data() + 800) == HOLO_OK);
  REQUIRE(job.report(several) == HOLO_OK);
  REQUIRE(several.numbers.at("units") == 2);
  REQUIRE(several.numbers.at("df") == Approx(one.numbers.at("df")).epsilon(1e-10));
  REQUIRE(several.numbers.at("variance") == Approx(one.numbers.at("variance")).epsilon(1e-10));
}

TEST_CASE("every number type gives the same report for the same numbers") {
  std::mt19937 random(5);
  std::vector<std::int64_t> wide(300);
  for (std::int64_t& value : wide) value = static_cast<std::int64_t>(random() % 100);
  const auto df_of = [&](DLDataType dtype, void* data) {
    Job job(HOLO_TENSOR);
    REQUIRE(job.push_tensor("x", dtype, {100, 3}, data) == HOLO_OK);
    Plain plain;
    REQUIRE(job.report(plain) == HOLO_OK);
    return plain.numbers.at("df");
  };
  const double expected = df_of({kDLInt, 64, 1}, wide.data());
  const auto check = [&](auto sample, std::uint8_t code) {
    using T = decltype(sample);
    std::vector<T> narrow(wide.begin(), wide.end());
    REQUIRE(df_of({code, 8 * sizeof(T), 1}, narrow.data()) == expected);
  };
  check(std::uint8_t{}, kDLUInt);
  check(std::uint16_t{}, kDLUInt);
  check(std::int8_t{}, kDLInt);
  check(std::int16_t{}, kDLInt);
  check(std::int32_t{}, kDLInt);
  check(float{}, kDLFloat);
  check(double{}, kDLFloat);
}

TEST_CASE(
    "a tensor is chosen by name; without one those of another width are left out and counted") {
  std::vector<float> rows = normal_rows(50, {1, 1, 1, 1}, 6);
  Job chosen(HOLO_TENSOR, {.tensor = "b"});
  REQUIRE(chosen.push_tensor("a", kF32, {25, 8}, rows.data()) == HOLO_OK);
  REQUIRE(chosen.push_tensor("b", kF32, {50, 4}, rows.data()) == HOLO_OK);
  Plain plain;
  REQUIRE(chosen.report(plain) == HOLO_OK);
  REQUIRE(plain.numbers.at("dimensions") == 4);
  Job wrong(HOLO_TENSOR, {.tensor = "bias"});
  REQUIRE(wrong.push_tensor("bias", kF32, {50}, rows.data()) == HOLO_UNSUPPORTED);
  REQUIRE(std::string(wrong.error().param) == "tensor");
  Job all(HOLO_TENSOR);
  REQUIRE(all.push_tensor("a", kF32, {25, 8}, rows.data()) == HOLO_OK);
  REQUIRE(all.push_tensor("b", kF32, {50, 4}, rows.data()) == HOLO_OK);
  REQUIRE(all.report(plain) == HOLO_OK);
  REQUIRE(plain.numbers.at("dimensions") == 8);
  REQUIRE(plain.numbers.at("units") == 1);
  REQUIRE(plain.numbers.at("units_left_out") == 1);
  REQUIRE(plain.texts.count("note") == 1);
}

TEST_CASE("nothing to analyse and one sample report zeros and say so") {
  Job empty(HOLO_TENSOR), single(HOLO_TENSOR);
  std::vector<float> row = {1, 2, 3};
  REQUIRE(single.push_tensor("x", kF32, {1, 3}, row.data()) == HOLO_OK);
  for (Job* job : {&empty, &single}) {
    Plain plain;
    REQUIRE(job->report(plain) == HOLO_OK);
    REQUIRE(plain.numbers.at("df") == 0);
    REQUIRE(plain.numbers.at("k95") == 0);
    REQUIRE(plain.texts.at("note").find("too few samples") == 0);
  }
}

TEST_CASE("NaN and elements that are not numbers are refused and add nothing") {
  std::vector<float> rows(10000, 1.0f);
  rows[7] = std::numeric_limits<float>::quiet_NaN();
  Job job(HOLO_TENSOR);
  REQUIRE(job.push_tensor("x", kF32, {100, 100}, rows.data()) == HOLO_INVALID_ARG);
  REQUIRE(job.push_tensor("x", {kDLFloat, 8, 1}, {4, 4}, rows.data()) == HOLO_UNSUPPORTED);
  REQUIRE(job.push_tensor("x", kF32, {2, 5000}, rows.data()) == HOLO_OK);
  Plain plain;
  REQUIRE(job.report(plain) == HOLO_OK);
  REQUIRE(plain.numbers.at("samples") == 0);
  REQUIRE(plain.numbers.at("units_left_out") == 1);
}

TEST_CASE("a constant picture has no dimensions, a gray ramp one") {
  std::vector<std::uint8_t> flat(64 * 64, 77), ramp(64 * 64);
  for (std::size_t i = 0; i < ramp.size(); ++i)
    ramp[i] = static_cast<std::uint8_t>(i / 64 / 8 * 30);
  const holo_image gray = image_of(64, 64, HOLO_GRAY);
  Plain plain;
  Job still(HOLO_PICTURE);
  REQUIRE(still.push_picture(gray, {flat.data()}) == HOLO_OK);
  REQUIRE(still.report(plain) == HOLO_OK);
  REQUIRE(plain.numbers.at("df") == 0);
  REQUIRE(plain.numbers.at("k95") == 0);
  Job steps(HOLO_PICTURE);
  REQUIRE(steps.push_picture(gray, {ramp.data()}) == HOLO_OK);
  REQUIRE(steps.report(plain) == HOLO_OK);
  REQUIRE(plain.numbers.at("df") == Approx(1));
  REQUIRE(plain.numbers.at("dimensions") == 192);
  REQUIRE(plain.numbers.at("samples") == 64);
}

TEST_CASE("patch, stride, luma and the limit set dimensions and samples") {
  std::mt19937 random(9);
  std::vector<std::uint8_t> noise(100 * 50);
  for (std::uint8_t& value : noise) value = static_cast<std::uint8_t>(random());
  const holo_image gray = image_of(100, 50, HOLO_GRAY);
  const auto figures = [&](const Settings& settings) {
    Job job(HOLO_PICTURE, settings);
    REQUIRE(job.push_picture(gray, {noise.data()}) == HOLO_OK);
    Plain plain;
    REQUIRE(job.report(plain) == HOLO_OK);
    return plain.numbers;
  };
  auto luma = figures({.patch = 4, .stride = 1, .colour = "luma"});
  REQUIRE(luma.at("dimensions") == 16);
  REQUIRE(luma.at("samples") == 97 * 47);
  REQUIRE(luma.at("df") == Approx(16).epsilon(0.05));
  // Three equal planes: as many directions as one.
  auto rgb = figures({.patch = 4, .stride = 1});
  REQUIRE(rgb.at("dimensions") == 48);
  REQUIRE(rgb.at("df") == Approx(luma.at("df")).epsilon(1e-4));
  auto few = figures({.patch = 4, .stride = 1, .colour = "luma", .max_samples = 100});
  REQUIRE(few.at("samples") == 100);
}

TEST_CASE("the same scene as RGB and as Y'CbCr has the same dimensions") {
  constexpr int kSide = 48;
  std::mt19937 random(10);
  std::vector<std::uint8_t> rgb[3], ycc[3];
  for (int i = 0; i < kSide * kSide; ++i) {
    // Chroma that is constant over 2x2 blocks survives subsampling.
    static int red_shift = 0, blue_shift = 0;
    const int y = 80 + static_cast<int>(random() % 90);
    if (i % kSide % 2 == 0 && i / kSide % 2 == 0) {
      red_shift = static_cast<int>(random() % 40) - 20;
      blue_shift = static_cast<int>(random() % 40) - 20;
    }
    const std::size_t above = static_cast<std::size_t>(i / kSide / 2 * (kSide / 2) + i % kSide / 2);
    if (i / kSide % 2 == 1) {
      blue_shift = ycc[1][above] - 128;
      red_shift = ycc[2][above] - 128;
    } else if (i % 2 == 0) {
      ycc[1].push_back(static_cast<std::uint8_t>(128 + blue_shift));
      ycc[2].push_back(static_cast<std::uint8_t>(128 + red_shift));
    }
    ycc[0].push_back(static_cast<std::uint8_t>(y));
    const auto clip = [](double v) {
      return static_cast<std::uint8_t>(std::lround(std::min(std::max(v, 0.0), 255.0)));
    };
    rgb[0].push_back(clip(y + 1.402 * red_shift));
    rgb[1].push_back(clip(y - 0.344136 * blue_shift - 0.714136 * red_shift));
    rgb[2].push_back(clip(y + 1.772 * blue_shift));
  }
  holo_image subsampled = image_of(kSide, kSide, HOLO_YCBCR);
  subsampled.chroma_shift_x = subsampled.chroma_shift_y = 1;
  Plain a, b;
  Job first(HOLO_FRAME), second(HOLO_FRAME);
  REQUIRE(first.push_picture(image_of(kSide, kSide, HOLO_RGB),
                             {rgb[0].data(), rgb[1].data(), rgb[2].data()}) == HOLO_OK);
  REQUIRE(second.push_picture(subsampled, {ycc[0].data(), ycc[1].data(), ycc[2].data()}) ==
          HOLO_OK);
  REQUIRE(first.report(a) == HOLO_OK);
  REQUIRE(second.report(b) == HOLO_OK);
  REQUIRE(a.numbers.at("variance") == Approx(b.numbers.at("variance")).epsilon(0.01));
  REQUIRE(a.numbers.at("df") == Approx(b.numbers.at("df")).epsilon(0.01));
}

}  // namespace
}  // namespace df_analyzer
