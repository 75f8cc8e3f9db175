// Speed of attention over caches of the shape of GPT-2 124M at a context of 1024: rows in f32
// against coefficients read in place. `kv-eigen-bench` prints it. Never a gate.
//
// All 12 layers have caches and bases of their own, so that none stays in the nearest caches for
// longer than it would in a model.
#include <chrono>
#include <cstdio>
#include <random>
#include <vector>

#include "plugins/kv-eigen/group_store.hpp"
#include "plugins/kv-eigen/kernels.hpp"

namespace holo::kv_eigen {
namespace {

constexpr std::size_t kLayers = 12, kHeads = 12, kDim = 64, kContext = 1024;
constexpr std::size_t kWidth = kHeads * kDim;

std::vector<float> noise(std::size_t count, double scale, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> out(count);
  for (float& v : out) v = static_cast<float>((random() % 2001 / 1000.0 - 1.0) * scale);
  return out;
}

// Seconds of the fastest of some runs of each; they take turns, so that a busy machine is fair.
template <class One, class Other>
std::pair<double, double> seconds(One&& one, Other&& other) {
  const auto timed = [](auto&& body) {
    const auto start = std::chrono::steady_clock::now();
    body();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::pair<double, double> best = {1e9, 1e9};
  for (int round = 0; round < 12; ++round) {
    best.first = std::min(best.first, timed(one));
    best.second = std::min(best.second, timed(other));
  }
  return best;
}

struct Attention {
  std::vector<float> query = noise(kWidth, 1, 1);
  std::vector<float> scores = std::vector<float>(kHeads * kContext);
  std::vector<float> out = std::vector<float>(kWidth);
  ConstMatrix queries{query.data(), kDim, kHeads, kDim};
  Matrix score_view{scores.data(), kContext, kHeads, kContext};
  ConstMatrix weights{scores.data(), kContext, kHeads, kContext};
  Matrix out_view{out.data(), kDim, kHeads, kDim};
};

// Rows in f32, read head by head.
struct FullAttention {
  std::vector<std::vector<float>> rows;
  Attention a;
  FullAttention() {
    for (std::uint32_t i = 0; i < 2 * kLayers; ++i) rows.push_back(noise(kContext * kWidth, 1, i));
  }
  void operator()() {
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      std::fill(a.scores.begin(), a.scores.end(), 0.0F);
      std::fill(a.out.begin(), a.out.end(), 0.0F);
      for (std::size_t h = 0; h < kHeads; ++h) {
        kernels().score(a.query.data() + h * kDim, kDim, 1, rows[2 * layer].data() + h * kDim,
                        kWidth, kContext, kDim, a.scores.data() + h * kContext, kContext);
      }
      for (std::size_t h = 0; h < kHeads; ++h) {
        kernels().mix(a.scores.data() + h * kContext, kContext, 1,
                      rows[2 * layer + 1].data() + h * kDim, kWidth, kContext, kDim,
                      a.out.data() + h * kDim, kDim);
      }
    }
  }
};

// k components of `bits` bits, or entropy-coded where bits is 0.
std::shared_ptr<const Basis> made_up_basis(std::int32_t kind, std::size_t k, int bits,
                                           std::uint32_t seed) {
  Basis basis;
  basis.sites = {{kind, 0}};
  basis.width = kWidth;
  basis.components = k;
  basis.centre = noise(kWidth, 0.1, seed);
  basis.analysis = noise(k * kWidth, 0.2, seed + 1);
  basis.expansion = noise(Basis::lanes(k) * kWidth, 0.1, seed + 2);
  if (bits > 0) {
    basis.lane_bits.assign(Basis::lanes(k) / kLane, static_cast<std::uint8_t>(bits));
  } else {
    basis.coding = Coding::entropy;
    const FittedCode fitted = fit_code(noise(4000, 5, seed), 1, 0.1);
    basis.symbols = SymbolCoder(std::vector<ComponentCode>(k, fitted.code));
  }
  basis.finish();
  return std::make_shared<const Basis>(std::move(basis));
}

void report(std::size_t k, int bits, FullAttention& full_rows) {
  auto rules = std::make_shared<StoreRules>();
  rules->head_dim = kDim;
  rules->loop = serial_loop();
  std::vector<std::unique_ptr<GroupStore>> stores;
  std::uint64_t payload = 0;
  for (std::uint32_t i = 0; i < 2 * kLayers; ++i) {
    const std::int32_t kind = i % 2 == 0 ? HOLO_SITE_K : HOLO_SITE_V;
    const auto basis = made_up_basis(kind, k, bits, 3 * i);
    stores.push_back(std::make_unique<GroupStore>(basis, basis->sites, kWidth, rules, nullptr));
    const std::vector<float> rows = noise(kContext * kWidth, 1, i);
    stores.back()->append(0, {rows.data(), kWidth, kContext, kWidth});
    payload += stores.back()->bytes(0).payload;
  }
  Attention a;
  const auto [full, took] = seconds(full_rows, [&] {
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      stores[2 * layer]->score(0, a.queries, a.score_view);
      stores[2 * layer + 1]->mix(0, a.weights, a.out_view);
    }
  });
  char name[64];
  std::snprintf(name, sizeof name, bits == 0 ? "k=%zu entropy" : "k=%zu, %d bits", k, bits);
  const double f16 = 2.0 * 2 * kLayers * kContext * kWidth;
  std::printf(
      "%-16s %8.3f ms a token; rows in f32 %8.3f ms, %5.2f times as long; f16 is %.1fx larger\n",
      name, took * 1e3, full * 1e3, full / took, f16 / static_cast<double>(payload));
}

}  // namespace
}  // namespace holo::kv_eigen

int main() {
  using namespace holo::kv_eigen;
  std::printf("attention of GPT-2 124M, context %zu, one thread, %s kernels\n", kContext,
              &kernels() == &portable_kernels() ? "portable" : "AVX2");
  FullAttention full;
  for (const std::size_t k : {64, 128, 192}) {
    for (const int bits : {4, 16}) report(k, bits, full);
  }
  report(192, 0, full);
  return 0;
}
