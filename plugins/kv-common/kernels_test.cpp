// Kernels against sums in double, those of every processor and those of this one.
#include "plugins/kv-common/kernels.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace holo::kv;

namespace {

std::vector<float> numbers(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

template <class Element>
void check_rows_of(const Kernels& kernels, std::size_t dim) {
  constexpr std::size_t kCount = 5;
  const std::size_t stride = dim + 3;
  std::vector<Element> rows;
  for (const float value : numbers(kCount * stride, 1)) rows.push_back(from_float<Element>(value));
  const std::vector<float> query = numbers(dim, 2);
  std::vector<float> scores(kCount);
  kernels.rows<Element>().score(query.data(), rows.data(), stride, kCount, dim, scores.data());
  for (std::size_t p = 0; p < kCount; ++p) {
    double sum = 0;
    for (std::size_t d = 0; d < dim; ++d) sum += double{query[d]} * to_float(rows[p * stride + d]);
    CHECK(scores[p] == Approx(sum).margin(1e-4));
  }
  const std::vector<float> weights = numbers(kCount, 3);
  std::vector<float> out(dim, 0.5F);
  kernels.rows<Element>().mix(weights.data(), rows.data(), stride, kCount, dim, out.data());
  for (std::size_t d = 0; d < dim; ++d) {
    double sum = 0.5;
    for (std::size_t p = 0; p < kCount; ++p) {
      sum += double{weights[p]} * to_float(rows[p * stride + d]);
    }
    CHECK(out[d] == Approx(sum).margin(1e-4));
  }
}

void check_levels(const Kernels& kernels, std::size_t bits, std::size_t octets) {
  constexpr std::size_t kCount = 4;
  constexpr std::size_t kGroup = 2;  // octets
  const std::size_t groups = (octets + kGroup - 1) / kGroup;
  const std::size_t stride = octets * bits + 1;
  std::mt19937 random(4);
  std::vector<std::uint8_t> rows(kCount * stride);
  std::vector<unsigned> levels;
  for (std::size_t p = 0; p < kCount; ++p) {
    for (std::size_t o = 0; o < octets; ++o) {
      std::uint64_t word = 0;
      for (std::size_t i = 0; i < 8; ++i) {
        levels.push_back(static_cast<unsigned>(random() & ((1u << bits) - 1u)));
        word |= std::uint64_t{levels.back()} << (i * bits);
      }
      for (std::size_t i = 0; i < bits; ++i) {
        rows[p * stride + o * bits + i] = static_cast<std::uint8_t>(word >> (8 * i));
      }
    }
  }
  const std::size_t dim = octets * 8;
  const std::vector<float> query = numbers(dim, 5);
  std::vector<float> scores(kCount);
  const LevelProducts& products = kernels.levels[bits];
  products.score(query.data(), rows.data(), stride, kCount, octets, 0.25F, scores.data());
  for (std::size_t p = 0; p < kCount; ++p) {
    double sum = 0.25;
    for (std::size_t d = 0; d < dim; ++d) sum += double{query[d]} * levels[p * dim + d];
    CHECK(scores[p] == Approx(sum).epsilon(1e-4).margin(1e-2));
  }
  const std::vector<float> scales = numbers(kCount * groups, 6);
  const std::vector<float> minima = numbers(kCount * groups, 7);
  std::vector<float> out(dim, 1.0F);
  products.mix(scales.data(), minima.data(), groups, kGroup, rows.data(), stride, kCount, octets,
               out.data());
  for (std::size_t d = 0; d < dim; ++d) {
    double sum = 1;
    for (std::size_t p = 0; p < kCount; ++p) {
      const std::size_t g = p * groups + d / 8 / kGroup;
      sum += double{scales[g]} * levels[p * dim + d] + double{minima[g]};
    }
    CHECK(out[d] == Approx(sum).epsilon(1e-4).margin(1e-3));
  }
}

}  // namespace

TEST_CASE("products over rows agree with sums in double", "[kv-common]") {
  for (const Kernels* kernels : all_kernels()) {
    INFO(kernels->name);
    for (const std::size_t dim : {1u, 8u, 12u, 48u, 64u, 100u, 128u}) {
      check_rows_of<float>(*kernels, dim);
      check_rows_of<Half>(*kernels, dim);
      check_rows_of<Bfloat>(*kernels, dim);
    }
  }
}

TEST_CASE("products over packed levels agree with sums in double", "[kv-common]") {
  for (const Kernels* kernels : all_kernels()) {
    INFO(kernels->name);
    for (const std::size_t bits : {2u, 3u, 4u, 8u}) {
      for (const std::size_t octets : {1u, 2u, 5u, 16u}) check_levels(*kernels, bits, octets);
    }
  }
}
