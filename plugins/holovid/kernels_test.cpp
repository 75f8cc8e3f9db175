// Kernels on their own: transforms, filters, prediction, levels, measures.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

#include "plugins/holovid/interpolate.hpp"
#include "plugins/holovid/levels.hpp"
#include "plugins/holovid/match.hpp"
#include "plugins/holovid/predict_intra.hpp"
#include "plugins/holovid/quantizer.hpp"
#include "plugins/holovid/syntax.hpp"
#include "plugins/holovid/test_file.hpp"
#include "plugins/holovid/transform.hpp"

namespace holo::holovid {
namespace {

using testing::Random;

TEST_CASE("Bases are orthogonal and have the stated norm", "[holovid]") {
  for (const Basis basis : {Basis::kDct, Basis::kIntra}) {
    for (int log2_size = 2; log2_size <= 5; ++log2_size) {
      const int n = 1 << log2_size;
      const std::int16_t* rows = basis_rows(basis, log2_size);
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) {
          double product = 0;
          for (int k = 0; k < n; ++k) product += double(rows[i * n + k]) * rows[j * n + k];
          product /= 65536.0 * n;
          CHECK(std::abs(product - (i == j ? 1 : 0)) < 0.004);
        }
      }
    }
  }
}

TEST_CASE("The inverse transform undoes the forward one", "[holovid]") {
  Random random(3);
  for (const int depth : {4, 8, 10, 12, 16}) {
    for (int log2_size = 2; log2_size <= 5; ++log2_size) {
      for (const Basis basis : {Basis::kDct, Basis::kIntra}) {
        const int n = 1 << log2_size;
        const int top = (1 << depth) - 1;
        std::vector<std::int32_t> residual(static_cast<std::size_t>(n * n));
        for (auto& r : residual) {
          r = static_cast<std::int32_t>(random.below(2 * static_cast<unsigned>(top) + 1)) - top;
        }
        std::vector<std::int32_t> coefficients(residual.size());
        std::vector<std::int32_t> back(residual.size());
        forward_transform(basis, log2_size, depth, residual.data(), coefficients.data());
        const std::int32_t limit = coefficient_limit(log2_size, depth);
        for (auto& c : coefficients) c = std::clamp(c, -limit, limit);
        inverse_transform(basis, log2_size, depth, n, n, coefficients.data(), back.data());
        double error = 0;
        for (std::size_t i = 0; i < back.size(); ++i) {
          error = std::max(error, std::abs(double(back[i]) - residual[i]));
        }
        CHECK(error <= 1.0 + 0.02 * top);
      }
    }
  }
}

TEST_CASE("Extreme coefficients stay within the range of residuals", "[holovid]") {
  Random random(4);
  for (const int depth : {1, 8, 10, 11, 16}) {
    for (int log2_size = 2; log2_size <= 5; ++log2_size) {
      const int n = 1 << log2_size;
      const std::int32_t limit = coefficient_limit(log2_size, depth);
      std::vector<std::int32_t> coefficients(static_cast<std::size_t>(n * n));
      std::vector<std::int32_t> residual(coefficients.size());
      for (int round = 0; round < 4; ++round) {
        for (auto& c : coefficients) c = round == 0 || random.below(2) == 0 ? limit : -limit;
        inverse_transform(Basis::kIntra, log2_size, depth, n, n, coefficients.data(),
                          residual.data());
        for (const auto r : residual) REQUIRE(std::abs(r) < 1 << (depth + 1));
      }
    }
  }
}

TEST_CASE("Coefficients outside the stated rectangle do not count", "[holovid]") {
  Random random(5);
  std::vector<std::int32_t> coefficients(256);
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 3; ++x) {
      coefficients[static_cast<std::size_t>(y * 16 + x)] =
          static_cast<std::int32_t>(random.below(4000)) - 2000;
    }
  }
  std::vector<std::int32_t> all(256);
  std::vector<std::int32_t> part(256);
  inverse_transform(Basis::kDct, 4, 8, 16, 16, coefficients.data(), all.data());
  inverse_transform(Basis::kDct, 4, 8, 3, 5, coefficients.data(), part.data());
  CHECK(all == part);
}

TEST_CASE("Steps double every sixteen quantizers", "[holovid]") {
  CHECK(step_4096(32, 8) == 4096);
  CHECK(step_4096(32, 10) == 4096 * 4);
  for (int q = 0; q + 16 < kQuantizerCount; ++q) {
    CHECK(std::abs(step_4096(q + 16, 8) - 2 * step_4096(q, 8)) <= 1);
    CHECK(step_4096(q + 1, 8) > step_4096(q, 8));
    CHECK(step_4096(q, 1) >= 1);
  }
  CHECK(dequantize(32767, step_4096(191, 16), 1000) == 1000);
  CHECK(dequantize(-32767, step_4096(191, 16), 1000) == -1000);
  CHECK(dequantize(3, step_4096(32, 8), 1000) == 12);
}

TEST_CASE("Interpolation keeps flat areas and extreme samples within range", "[holovid]") {
  for (const int top : {255, 65535}) {
    std::vector<std::uint16_t> source(90 * 90, static_cast<std::uint16_t>(top));
    std::vector<std::uint16_t> out(64 * 64);
    for (int fy = 0; fy < 8; ++fy) {
      for (int fx = 0; fx < 8; ++fx) {
        if (fx < 4 && fy < 4) {
          interpolate_luma(source.data() + 10 * 90 + 10, 90, fx, fy, 64, 64, top, out.data(), 64);
          CHECK(std::all_of(out.begin(), out.end(), [&](auto v) { return v == top; }));
        }
        interpolate_chroma(source.data() + 10 * 90 + 10, 90, fx, fy, 64, 64, top, out.data(), 64);
        CHECK(std::all_of(out.begin(), out.end(), [&](auto v) { return v == top; }));
      }
    }
    for (std::size_t i = 0; i < source.size(); ++i) {
      source[i] = static_cast<std::uint16_t>((i / 90 + i) % 3 == 0 ? 0 : top);
    }
    interpolate_luma(source.data() + 10 * 90 + 10, 90, 2, 1, 8, 8, top, out.data(), 8);
    CHECK(std::all_of(out.begin(), out.begin() + 64, [&](auto v) { return v <= top; }));
  }
}

TEST_CASE("Interpolation follows a ramp", "[holovid]") {
  std::vector<std::uint16_t> source(40 * 40);
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 40; ++x) {
      source[static_cast<std::size_t>(y * 40 + x)] =
          static_cast<std::uint16_t>(100 + 8 * x + 16 * y);
    }
  }
  std::uint16_t out[64];
  for (int fy = 0; fy < 4; ++fy) {
    for (int fx = 0; fx < 4; ++fx) {
      interpolate_luma(source.data() + 10 * 40 + 10, 40, fx, fy, 8, 8, 4095, out, 8);
      CHECK(std::abs(out[0] - (340 + 2 * fx + 4 * fy)) <= 1);
    }
  }
}

TEST_CASE("Intra modes continue what surrounds a block", "[holovid]") {
  Edge edge;
  std::uint16_t out[32 * 32];
  for (int log2_size = 2; log2_size <= 5; ++log2_size) {
    const int n = 1 << log2_size;
    edge.fill(77);
    for (int mode = 0; mode < kIntraModes; ++mode) {
      predict_intra(mode, log2_size, edge, true, out, n);
      CHECK(std::all_of(out, out + n * n, [](auto v) { return v == 77; }));
    }
    for (int i = 0; i <= 4 * n; ++i) {
      edge[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>(i * 10);
    }
    predict_intra(26, log2_size, edge, false, out, n);  // straight down
    for (int x = 0; x < n; ++x) CHECK(out[(n - 1) * n + x] == (2 * n + 1 + x) * 10);
    predict_intra(10, log2_size, edge, false, out, n);  // straight right
    for (int y = 0; y < n; ++y) CHECK(out[y * n + n - 1] == (2 * n - 1 - y) * 10);
    predict_intra(18, log2_size, edge, false, out, n);  // along the diagonal
    for (int i = 0; i < n; ++i) CHECK(out[i * n + i] == 2 * n * 10);
    predict_intra(34, log2_size, edge, false, out, n);  // from the upper right
    CHECK(out[0] == (2 * n + 2) * 10);
  }
}

TEST_CASE("Levels come back as they were written", "[holovid]") {
  Random random(6);
  for (int log2_size = 2; log2_size <= 5; ++log2_size) {
    const int count = 1 << (2 * log2_size);
    for (int round = 0; round < 40; ++round) {
      std::vector<std::int16_t> levels(static_cast<std::size_t>(count));
      const unsigned density = 1 + random.below(40);
      for (auto& level : levels) {
        if (random.below(40) >= density) continue;
        const std::uint32_t size = random.below(16);
        level =
            static_cast<std::int16_t>(static_cast<int>(random.below(1u << size)) - (1 << size) / 2);
      }
      levels[random.below(static_cast<unsigned>(count))] = round % 3 == 0 ? 32767 : -1;
      Contexts contexts = initial_contexts(true);
      entropy::BinaryEncoder encoder;
      Writer writer{encoder, contexts};
      const int set = level_set(log2_size, round % 2 == 0, true);
      code_levels(writer, set, log2_size, levels.data());
      const auto bytes = encoder.finish();
      Contexts again = initial_contexts(true);
      entropy::BinaryDecoder decoder(bytes);
      Reader reader{decoder, again};
      std::vector<std::int16_t> read(levels.size());
      code_levels(reader, set, log2_size, read.data());
      REQUIRE(read == levels);
      REQUIRE_FALSE(reader.invalid);
    }
  }
}

TEST_CASE("Vectors come back as they were written", "[holovid]") {
  Random random(8);
  std::vector<std::pair<Vector, Vector>> pairs;
  for (int i = 0; i < 500; ++i) {
    const auto part = [&] {
      return static_cast<std::int16_t>(static_cast<int>(random.below(65536)) - 32768);
    };
    pairs.push_back({{part(), part()}, {part(), part()}});
  }
  Contexts contexts = initial_contexts(false);
  entropy::BinaryEncoder encoder;
  Writer writer{encoder, contexts};
  for (const auto& [predicted, vector] : pairs) code_vector(writer, predicted, vector);
  const auto bytes = encoder.finish();
  Contexts again = initial_contexts(false);
  entropy::BinaryDecoder decoder(bytes);
  Reader reader{decoder, again};
  for (const auto& [predicted, vector] : pairs) {
    REQUIRE(code_vector(reader, predicted, {}) == vector);
  }
  CHECK_FALSE(reader.invalid);
}

TEST_CASE("Chosen levels cost what they are said to cost", "[holovid]") {
  Random random(9);
  CostTable costs;
  fill_costs(initial_contexts(true), costs);
  for (const double step : {8.0, 40.0, 200.0}) {
    std::vector<std::int32_t> coefficients(64);
    for (auto& c : coefficients) c = static_cast<std::int32_t>(random.below(600)) - 300;
    std::vector<std::int16_t> levels(64);
    const int set = level_set(3, false, false);
    const double lambda = 0.11 * step * step / 16;
    const Chosen chosen =
        choose_levels(costs, set, 3, coefficients.data(), step, lambda, levels.data());
    double error = 0;
    double plain = 0;
    for (std::size_t i = 0; i < 64; ++i) {
      error += std::pow(coefficients[i] - levels[i] * step, 2) / 16;
      plain += std::pow(coefficients[i], 2) / 16;
    }
    CHECK(chosen.energy == Approx(plain));
    REQUIRE(chosen.coded);
    CHECK(chosen.distortion == Approx(error));
    Coster coster{costs};
    code_levels(coster, set, 3, levels.data());
    CHECK(coster.total == chosen.cost);
    CHECK(error + lambda * chosen.cost / 256 < plain);
  }
}

TEST_CASE("Measures of a match agree with their definitions", "[holovid]") {
  Random random(10);
  std::vector<std::uint16_t> a(64 * 64);
  std::vector<std::uint16_t> b(64 * 64);
  for (auto& v : a) v = static_cast<std::uint16_t>(random.below(65536));
  for (auto& v : b) v = static_cast<std::uint16_t>(random.below(65536));
  for (const int n : {8, 16, 32, 64}) {
    std::uint64_t absolute = 0;
    std::uint64_t squares = 0;
    for (int y = 0; y < n; ++y) {
      for (int x = 0; x < n; ++x) {
        const std::int64_t d =
            a[static_cast<std::size_t>(y * 64 + x)] - b[static_cast<std::size_t>(y * 64 + x)];
        absolute += static_cast<std::uint64_t>(d < 0 ? -d : d);
        squares += static_cast<std::uint64_t>(d * d);
      }
    }
    CHECK(sum_absolute({a.data(), 64}, {b.data(), 64}, n, n) == absolute);
    CHECK(sum_squares({a.data(), 64}, {b.data(), 64}, n, n) == squares);
  }
  CHECK(sum_hadamard({a.data(), 64}, {a.data(), 64}, 16, 16) == 0);
  for (std::size_t i = 0; i < a.size(); ++i) b[i] = static_cast<std::uint16_t>(a[i] / 2 + 5);
  std::vector<std::uint16_t> c = b;
  for (auto& v : c) v = static_cast<std::uint16_t>(v + 4);
  CHECK(sum_hadamard({b.data(), 64}, {c.data(), 64}, 8, 8) == 64);  // 64 * 4 / 4
}

TEST_CASE("Planes repeat their edges", "[holovid]") {
  Format format;
  format.width = 5;
  format.height = 3;
  Picture picture(format);
  const std::uint8_t samples[15] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  Plane& plane = picture.planes[0];
  load_plane(format, 0, {samples, 5}, plane);
  plane.extend_border();
  CHECK(plane.width() == 8);
  CHECK(plane.height() == 8);
  CHECK(*plane.at(7, 0) == 5);
  CHECK(*plane.at(2, 7) == 13);
  CHECK(*plane.at(-kBorder, -kBorder) == 1);
  CHECK(*plane.at(7 + kBorder, 7 + kBorder) == 15);
}

}  // namespace
}  // namespace holo::holovid
