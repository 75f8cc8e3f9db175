// The AVX2 kernels against the portable ones, and products against their definition.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "plugins/kv-eigen/kernels.hpp"
#include "plugins/kv-eigen/multiply.hpp"

namespace holo::kv_eigen {
namespace {

std::vector<float> noise(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> out(count);
  for (float& v : out) v = static_cast<float>(random() % 2001) / 1000.0F - 1.0F;
  return out;
}

void expect_near(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(std::fabs(a[i] - b[i]) < 1e-4F);
}

const Kernels& avx2_or_skip() {
  if (avx2_kernels() == nullptr) WARN("this processor has no AVX2: nothing is compared");
  return avx2_kernels() != nullptr ? *avx2_kernels() : portable_kernels();
}

TEST_CASE("unpacking agrees and undoes packing, for every width in bits") {
  const std::vector<std::uint8_t> bits = {0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 1, 0, 4};
  std::mt19937 random(3);
  std::vector<std::uint8_t> row;
  std::vector<float> expected;
  for (const std::uint8_t width : bits) {
    if (width == 16) {
      for (int i = 0; i < 8; ++i) {  // 1 + i / 1024 in float16
        row.push_back(static_cast<std::uint8_t>(i));
        row.push_back(0x3C);
        expected.push_back(1.0F + static_cast<float>(i) / 1024.0F);
      }
      continue;
    }
    std::uint64_t word = 0;
    for (unsigned i = 0; i < 8; ++i) {
      const std::uint64_t number = random() & ((1u << width) - 1u);
      word |= number << (i * width);
      expected.push_back(static_cast<float>(number));
    }
    for (unsigned i = 0; i < width; ++i) row.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
  }
  row.resize(row.size() + kUnpackSlack);
  for (const Kernels* kernels : {&portable_kernels(), &avx2_or_skip()}) {
    std::vector<float> out(expected.size());
    kernels->unpack(row.data(), bits.data(), bits.size(), out.data());
    REQUIRE(out == expected);
  }
}

TEST_CASE("scores and mixtures agree for all numbers of heads and positions") {
  constexpr std::size_t kLength = 40, kStep = 48;
  const Kernels& fast = avx2_or_skip();
  for (std::size_t heads = 1; heads <= 13; ++heads) {
    for (const std::size_t positions : {1, 3, 4, 9}) {
      const auto queries = noise(heads * kStep, 1);
      const auto rows = noise(positions * kStep, 2);
      const std::size_t ld = positions + 3;
      auto a = noise(heads * ld, 3), b = a;
      portable_kernels().score(queries.data(), kStep, heads, rows.data(), kStep, positions, kLength,
                               a.data(), ld);
      fast.score(queries.data(), kStep, heads, rows.data(), kStep, positions, kLength, b.data(),
                 ld);
      expect_near(a, b);
      auto c = noise(heads * kStep, 4), d = c;
      portable_kernels().mix(a.data(), ld, heads, rows.data(), kStep, positions, kLength, c.data(),
                             kStep);
      fast.mix(a.data(), ld, heads, rows.data(), kStep, positions, kLength, d.data(), kStep);
      expect_near(c, d);
    }
  }
}

TEST_CASE("products of any shape, transposed or not, are those of the definition") {
  struct Shape {
    std::size_t rows, columns, depth;
  };
  for (const Shape s :
       {Shape{1, 1, 1}, Shape{7, 17, 300}, Shape{100, 250, 5}, Shape{97, 481, 33}}) {
    const auto a = noise(s.rows * s.depth, 5);
    const auto b = noise(s.depth * s.columns, 6);
    std::vector<float> expected(s.rows * s.columns);
    for (std::size_t i = 0; i < s.rows; ++i) {
      for (std::size_t j = 0; j < s.columns; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < s.depth; ++k) {
          sum += double{a[k * s.rows + i]} * b[k * s.columns + j];
        }
        expected[i * s.columns + j] = static_cast<float>(sum);
      }
    }
    for (const Kernels* kernels : {&portable_kernels(), &avx2_or_skip()}) {
      std::vector<float> c(s.rows * s.columns);
      multiply(s.rows, s.columns, s.depth, MatrixRef{a.data(), s.rows}.transposed(),
               {b.data(), s.columns}, c.data(), s.columns, serial_loop(), false, *kernels);
      expect_near(c, expected);
    }
  }
}

}  // namespace
}  // namespace holo::kv_eigen
