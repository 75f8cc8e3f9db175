// Every set of kernels against sums in double precision.
#include "core/lm/kernels.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "core/lm/packed_matrix.hpp"
#include "core/spectral/half_float.hpp"

using namespace holo;
using namespace holo::lm;

namespace {

std::vector<float> random_values(std::size_t count, unsigned seed, float deviation = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(count);
  for (float& v : values) v = normal(random);
  return values;
}

double largest_difference(std::span<const float> a, std::span<const double> b) {
  REQUIRE(a.size() == b.size());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
    if (!(difference <= most)) most = difference;  // a NaN stays
  }
  return most;
}

host::JobOptions two_jobs() {
  host::JobOptions options;
  options.jobs = 2;
  return options;
}

}  // namespace

TEST_CASE("packed products agree with plain sums, for every shape and set of kernels") {
  const host::Job job(two_jobs());
  struct Shape {
    std::size_t in, out;
  };
  for (const Kernels* with : all_kernels()) {
    for (const Shape shape : {Shape{1, 1}, {7, 16}, {33, 50}, {300, 31}, {520, 64}}) {
      const auto weights = random_values(shape.in * shape.out, 1);
      const auto bias = random_values(shape.out, 2);
      for (const bool half : {false, true}) {
        WeightArena arena;
        const auto precision = half ? Precision::f16 : Precision::f32;
        PackedMatrix a(arena, shape.in, shape.out, precision);
        a.fill(0, shape.out, weights, MatrixLayout::in_out, job);
        PackedMatrix b(arena, shape.in, shape.out, precision);
        std::vector<float> transposed(weights.size());
        for (std::size_t i = 0; i < weights.size(); ++i) {
          transposed[i % shape.out * shape.in + i / shape.out] = weights[i];
        }
        b.fill(0, shape.out, transposed, MatrixLayout::out_in, job);
        for (const std::size_t rows : {1, 2, 3, 5, 7, 15, 16, 18, 40}) {
          const std::size_t stride = shape.in + 3;
          const auto x = random_values(rows * stride, 3);
          std::vector<double> expected(rows * shape.out);
          for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t o = 0; o < shape.out; ++o) {
              double sum = static_cast<double>(bias[o]);
              for (std::size_t k = 0; k < shape.in; ++k) {
                float w = weights[k * shape.out + o];
                if (half) w = spectral::half_to_float(spectral::float_to_half(w));
                sum += static_cast<double>(x[r * stride + k]) * static_cast<double>(w);
              }
              expected[r * shape.out + o] = sum;
            }
          }
          INFO(with->name << " " << shape.in << "x" << shape.out << " rows " << rows);
          std::vector<float> y(expected.size(), NAN);
          std::vector<float> scratch;
          a.multiply(*with, job, x.data(), stride, rows, bias, y.data(), scratch);
          CHECK(largest_difference(y, expected) < 2e-4);
          b.multiply(*with, job, x.data(), stride, rows, bias, y.data(), scratch);
          CHECK(largest_difference(y, expected) < 2e-4);
        }
      }
    }
  }
}

TEST_CASE("matrices fill a packed one side by side, and panel by panel in turns") {
  const host::Job job(two_jobs());
  WeightArena arena;
  const std::size_t in = 5;
  const auto a = random_values(in * 21, 4);
  const auto b = random_values(in * 30, 5);
  PackedMatrix beside(arena, in, 51, Precision::f32);
  beside.fill(0, 21, a, MatrixLayout::out_in, job);
  beside.fill(21, 30, b, MatrixLayout::out_in, job);
  PackedMatrix turns(arena, in, 64, Precision::f32);
  turns.fill(0, 21, a, MatrixLayout::out_in, job, 2);
  turns.fill(16, 30, b, MatrixLayout::out_in, job, 2);
  std::vector<float> row(in);
  const auto matches = [&](const PackedMatrix& matrix, std::size_t output,
                           std::span<const float> expected) {
    matrix.read_output(output, row.data());
    return std::equal(row.begin(), row.end(), expected.begin());
  };
  for (std::size_t o = 0; o < 21; ++o) {
    CHECK(matches(beside, o, std::span(a).subspan(o * in, in)));
    CHECK(matches(turns, o / 16 * 32 + o % 16, std::span(a).subspan(o * in, in)));
  }
  for (std::size_t o = 0; o < 30; ++o) {
    CHECK(matches(beside, 21 + o, std::span(b).subspan(o * in, in)));
    CHECK(matches(turns, o / 16 * 32 + 16 + o % 16, std::span(b).subspan(o * in, in)));
  }
}

TEST_CASE("kernels of attention agree with plain sums") {
  for (const Kernels* with : all_kernels()) {
    for (const std::size_t dim : {1, 4, 8, 20, 64, 80, 128}) {
      const std::size_t stride = dim + 5;
      const std::size_t count = 37;
      const auto rows = random_values(count * stride, 6);
      const auto query = random_values(dim, 7);
      const auto weights = random_values(count, 8);
      std::vector<double> scores(count);
      std::vector<double> mixed(dim, 0.5);
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t d = 0; d < dim; ++d) {
          const auto v = static_cast<double>(rows[i * stride + d]);
          scores[i] += static_cast<double>(query[d]) * v;
          mixed[d] += static_cast<double>(weights[i]) * v;
        }
      }
      INFO(with->name << " dim " << dim);
      std::vector<float> out(count);
      with->scores(query.data(), rows.data(), stride, count, dim, out.data());
      CHECK(largest_difference(out, scores) < 1e-4);
      std::vector<float> sum(dim, 0.5F);
      with->mix(weights.data(), rows.data(), stride, count, dim, sum.data());
      CHECK(largest_difference(sum, mixed) < 1e-4);

      // Cut in two, the same bits.
      std::vector<float> again(dim, 0.5F);
      with->mix(weights.data(), rows.data(), stride, 11, dim, again.data());
      with->mix(weights.data() + 11, rows.data() + 11 * stride, stride, count - 11, dim,
                again.data());
      CHECK(again == sum);
    }
  }
}

TEST_CASE("elementwise kernels agree with the standard library") {
  for (const Kernels* with : all_kernels()) {
    INFO(with->name);
    for (const std::size_t count : {1, 3, 8, 29, 64}) {
      const auto x = random_values(count, 9, 4);
      const auto y = random_values(count, 10);
      std::vector<double> expected(count);
      const auto each = [&](auto function) {
        for (std::size_t i = 0; i < count; ++i) {
          expected[i] = function(static_cast<double>(x[i]), static_cast<double>(y[i]));
        }
      };
      double most = -1e30;
      for (const float v : x) most = std::max(most, static_cast<double>(v));
      CHECK(static_cast<double>(with->maximum(x.data(), count)) == most);

      auto out = x;
      const double sum =
          static_cast<double>(with->exp_sum(out.data(), count, static_cast<float>(most), 0.5F));
      each([&](double v, double) { return std::exp(0.5 * (v - most)); });
      CHECK(largest_difference(out, expected) < 1e-6);
      double exact = 0;
      for (const double v : expected) exact += v;
      CHECK(sum == Approx(exact).epsilon(1e-6));

      out = x;
      with->gelu(out.data(), count);
      each([](double v, double) {
        return 0.5 * v * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
      });
      CHECK(largest_difference(out, expected) < 5e-6);

      with->swiglu(x.data(), y.data(), out.data(), count);
      each([](double v, double u) { return v / (1 + std::exp(-v)) * u; });
      CHECK(largest_difference(out, expected) < 5e-6);

      out = x;
      with->add(out.data(), y.data(), count);
      with->scale(out.data(), count, 3);
      each([](double v, double u) { return 3 * (v + u); });
      CHECK(largest_difference(out, expected) < 1e-5);
    }
    // Far out, where exp would overflow.
    std::vector<float> far = {-1e4F, 1e4F, 0};
    with->gelu(far.data(), far.size());
    CHECK(std::abs(far[0]) < 1e-20F);
    CHECK(far[1] == 1e4F);
    CHECK(far[2] == 0);
  }
}

TEST_CASE("half floats of the kernels are those of the integer conversion") {
  for (const Kernels* with : all_kernels()) {
    INFO(with->name);
    std::vector<std::uint16_t> half;
    for (std::uint32_t bits = 0; bits < 65536; ++bits) {
      if ((bits & 0x7C00) != 0x7C00) half.push_back(static_cast<std::uint16_t>(bits));
    }
    half.pop_back();  // a count that is no multiple of the lanes
    std::vector<float> wide(half.size());
    with->widen(half.data(), half.size(), wide.data());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < half.size(); ++i) {
      if (wide[i] != spectral::half_to_float(half[i])) ++wrong;
    }
    CHECK(wrong == 0);
    std::vector<std::uint16_t> back(half.size());
    with->narrow(wide.data(), wide.size(), back.data());
    CHECK(back == half);
    const std::vector<std::uint16_t> infinite = {0x7C00, 0xFC00, 0x7E00, 0x0001};
    std::vector<float> values(infinite.size());
    with->widen(infinite.data(), infinite.size(), values.data());
    CHECK(values[0] == INFINITY);
    CHECK(values[1] == -INFINITY);
    CHECK(std::isnan(values[2]));
    CHECK(values[3] == 0x1p-24F);
  }
}
