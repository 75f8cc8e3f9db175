// Patches on a toy attention: swapping between steps, and what becomes of the caches.
#include "core/host/kv_sequence.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <thread>

using namespace holo;
using namespace holo::host;

namespace {

constexpr holo_model kModel = {
    sizeof(holo_model), 2, "toy", 8, 4, 2, 2, 4096, 0, nullptr, 0, 0, nullptr, nullptr};
constexpr std::size_t kWidth = 4;  // kv_heads * head_dim

// What the patches of this file count: caches and patches alive, activations.
struct Counts {
  std::atomic<int> caches{0};
  std::atomic<int> patches{0};
  std::atomic<int> active{0};
};
Counts counts;

// A strategy that stores rows rounded to multiples of `step` (0: exactly).
struct ToyPatch {
  holo_patch table{};
  holo_kv_strategy kv{};
  float step = 0;
  std::int32_t on_swap = HOLO_SWAP_TRANSCODE;
  bool fails_append = false;
};

struct ToyCache {
  ToyPatch* patch;
  std::vector<float> rows;
};

ToyCache& cache_of(void* pointer) { return *static_cast<ToyCache*>(pointer); }
ToyPatch& patch_of(void* pointer) { return *static_cast<ToyPatch*>(pointer); }

holo_kv_strategy toy_strategy(bool products) {
  holo_kv_strategy kv{};
  kv.struct_size = sizeof(kv);
  kv.create = [](void* self, const holo_site*, void** out, holo_error*) -> holo_status {
    ++counts.caches;
    *out = new ToyCache{&patch_of(self), {}};
    return HOLO_OK;
  };
  kv.append = [](void* cache, const DLTensor* rows, holo_error*) -> holo_status {
    ToyCache& self = cache_of(cache);
    if (self.patch->fails_append) return HOLO_NO_MEMORY;
    const auto* data = static_cast<const float*>(rows->data);
    for (std::int64_t i = 0; i < rows->shape[0] * rows->shape[1]; ++i) {
      const float step = self.patch->step;
      self.rows.push_back(step == 0 ? data[i] : std::round(data[i] / step) * step);
    }
    return HOLO_OK;
  };
  kv.materialise = [](void* cache, std::uint64_t begin, std::uint64_t end, const DLTensor* out,
                      holo_error*) -> holo_status {
    std::copy_n(cache_of(cache).rows.begin() + static_cast<std::ptrdiff_t>(begin * kWidth),
                (end - begin) * kWidth, static_cast<float*>(out->data));
    return HOLO_OK;
  };
  kv.trim = [](void* cache, std::uint64_t positions, holo_error*) -> holo_status {
    cache_of(cache).rows.resize(positions * kWidth);
    return HOLO_OK;
  };
  kv.fork = [](void* cache, void** out, holo_error*) -> holo_status {
    ++counts.caches;
    *out = new ToyCache(cache_of(cache));
    return HOLO_OK;
  };
  kv.bytes = [](void* cache, holo_kv_bytes* out, holo_error*) -> holo_status {
    out->positions = cache_of(cache).rows.size() / kWidth;
    out->payload = out->positions * 2;
    return HOLO_OK;
  };
  kv.reset = [](void* cache, holo_error*) -> holo_status {
    cache_of(cache).rows.clear();
    return HOLO_OK;
  };
  kv.destroy = [](void* cache) {
    --counts.caches;
    delete static_cast<ToyCache*>(cache);
  };
  if (products) {
    // Query head h reads kv head h / 2: the model has four query heads on two kv heads.
    kv.score = [](void* cache, const DLTensor* query, const DLTensor* scores,
                  holo_error*) -> holo_status {
      const std::vector<float>& rows = cache_of(cache).rows;
      const auto* q = static_cast<const float*>(query->data);
      auto* out = static_cast<float*>(scores->data);
      for (std::size_t h = 0; h < 4; ++h) {
        for (std::size_t p = 0; p < rows.size() / kWidth; ++p) {
          const float* row = &rows[p * kWidth + h / 2 * 2];
          *out++ = q[h * 2] * row[0] + q[h * 2 + 1] * row[1];
        }
      }
      return HOLO_OK;
    };
  }
  return kv;
}

// A patch whose plan depends on the layer: KEEP for layer 0, what the patch says for others.
void fill_odd_table(ToyPatch& patch) {
  holo_patch& table = patch.table;
  table.struct_size = sizeof(table);
  table.self = &patch;
  table.supports = [](void*, const holo_model*, holo_error*) -> holo_status { return HOLO_OK; };
  table.plan = [](void* self, const holo_model*, const holo_site* site, holo_patch_plan* out,
                  holo_error*) -> holo_status {
    out->on_swap = site->layer == 0 ? HOLO_SWAP_KEEP : patch_of(self).on_swap;
    out->bytes_per_position = site->layer + 1;
    return HOLO_OK;
  };
  table.attach = [](void*, const holo_model*, const holo_site* const*, std::uint32_t,
                    holo_error*) -> holo_status { return HOLO_OK; };
  table.activate = [](void*, holo_error*) -> holo_status { return HOLO_OK; };
  table.deactivate = table.activate;
  table.get_interface = [](void* self, const char* id) -> const void* {
    return std::string(id) == HOLO_KV_STRATEGY_ID ? &patch_of(self).kv : nullptr;
  };
  table.destroy = [](void* self) {
    --counts.patches;
    delete static_cast<ToyPatch*>(self);
  };
}

std::shared_ptr<PatchSession> toy(const std::string& alias, float step, std::int32_t on_swap,
                                  std::vector<std::int32_t> layers = {0, 1}, bool products = false,
                                  std::int32_t calibration = 0, bool fails_append = false) {
  auto* patch = new ToyPatch;
  ++counts.patches;
  patch->step = step;
  patch->on_swap = on_swap;
  patch->fails_append = fails_append;
  patch->kv = toy_strategy(products);
  holo_patch& table = patch->table;
  table.struct_size = sizeof(table);
  table.self = patch;
  table.supports = [](void*, const holo_model* model, holo_error* error) -> holo_status {
    if (model->has_rope == 0) return HOLO_OK;
    error->code = HOLO_UNSUPPORTED;
    std::snprintf(error->message, sizeof(error->message), "rotated keys have no common basis");
    return HOLO_UNSUPPORTED;
  };
  if (calibration != 0) {
    table.plan = [](void* self, const holo_model*, const holo_site*, holo_patch_plan* out,
                    holo_error*) -> holo_status {
      out->on_swap = patch_of(self).on_swap;
      out->needs_calibration = 1;
      return HOLO_OK;
    };
  } else {
    table.plan = [](void* self, const holo_model*, const holo_site*, holo_patch_plan* out,
                    holo_error*) -> holo_status {
      out->on_swap = patch_of(self).on_swap;
      out->bytes_per_position = 2;
      return HOLO_OK;
    };
  }
  table.attach = [](void*, const holo_model*, const holo_site* const*, std::uint32_t,
                    holo_error*) -> holo_status { return HOLO_OK; };
  table.activate = [](void*, holo_error*) -> holo_status {
    ++counts.active;
    return HOLO_OK;
  };
  table.deactivate = [](void*, holo_error*) -> holo_status {
    --counts.active;
    return HOLO_OK;
  };
  table.get_interface = [](void* self, const char* id) -> const void* {
    return std::string(id) == HOLO_KV_STRATEGY_ID ? &patch_of(self).kv : nullptr;
  };
  table.destroy = [](void* self) {
    --counts.patches;
    delete static_cast<ToyPatch*>(self);
  };
  auto session = PatchSession::adopt(&table, {alias, alias + ".holo.so", 0});
  REQUIRE(session.ok());
  std::vector<Site> sites;
  for (const std::int32_t layer : layers) {
    sites.push_back({HOLO_SITE_K, layer, "h." + std::to_string(layer) + ".k", nullptr});
    sites.push_back({HOLO_SITE_V, layer, "h." + std::to_string(layer) + ".v", nullptr});
  }
  REQUIRE((*session)->attach(kModel, std::move(sites)).ok());
  return *session;
}

std::shared_ptr<const PatchSet> set_of(std::vector<std::shared_ptr<PatchSession>> patches) {
  auto set = PatchSet::create(std::move(patches));
  REQUIRE(set.ok());
  return *set;
}

// A decoder-only model in miniature: rows come from a seeded generator, attention is real.
class ToyRunner {
 public:
  explicit ToyRunner(std::shared_ptr<const PatchSet> set)
      : sequence_(KvSequence::create(kModel, std::move(set)).value()) {}

  std::vector<float> step(std::uint64_t position) {
    std::vector<float> output;
    for (std::int32_t layer = 0; layer < kModel.layers; ++layer) {
      std::mt19937 random(static_cast<unsigned>(position * 10 + static_cast<unsigned>(layer)));
      const auto draw = [&random](std::size_t count) {
        std::vector<float> values(count);
        for (float& v : values) v = static_cast<float>(random() % 2001) / 1000.0F - 1.0F;
        return values;
      };
      REQUIRE(sequence_.keys(layer).append(draw(kWidth)).ok());
      REQUIRE(sequence_.values(layer).append(draw(kWidth)).ok());
      const std::vector<float> query = draw(8);
      const std::size_t positions = sequence_.positions();
      std::vector<float> weights(4 * positions);
      REQUIRE(sequence_.keys(layer).score(query, weights).ok());
      for (std::size_t head = 0; head < 4; ++head) {
        float sum = 0;
        for (std::size_t p = 0; p < positions; ++p) {
          float& w = weights[head * positions + p];
          w = std::exp(w);
          sum += w;
        }
        for (std::size_t p = 0; p < positions; ++p) weights[head * positions + p] /= sum;
      }
      std::vector<float> mixed(8);
      REQUIRE(sequence_.values(layer).mix(weights, mixed).ok());
      output.insert(output.end(), mixed.begin(), mixed.end());
    }
    return output;
  }
  KvSequence& sequence() { return sequence_; }

 private:
  KvSequence sequence_;
};

std::vector<std::vector<float>> run(const std::shared_ptr<const PatchSet>& set,
                                    std::uint64_t steps) {
  ToyRunner runner(set);
  std::vector<std::vector<float>> outputs;
  for (std::uint64_t i = 0; i < steps; ++i) outputs.push_back(runner.step(i));
  return outputs;
}

}  // namespace

TEST_CASE("an identity patch changes nothing, with and without its own products") {
  const auto plain = run(nullptr, 40);
  CHECK(run(set_of({toy("exact", 0, HOLO_SWAP_TRANSCODE)}), 40) == plain);
  CHECK(run(set_of({toy("exact", 0, HOLO_SWAP_TRANSCODE, {0, 1}, true)}), 40) == plain);
  CHECK(run(set_of({toy("coarse", 0.25F, HOLO_SWAP_TRANSCODE)}), 40) != plain);
  CHECK(counts.caches == 0);
  CHECK(counts.patches == 0);
  CHECK(counts.active == 0);
}

TEST_CASE("a lossless swap in the middle keeps the output") {
  const auto plain = run(nullptr, 600);
  ToyRunner runner(nullptr);
  const auto exact = set_of({toy("exact", 0, HOLO_SWAP_TRANSCODE)});
  for (std::uint64_t i = 0; i < 600; ++i) {
    // 300 rows are more than one transcoding block.
    if (i == 300) {
      CHECK(*runner.sequence().adopt(exact) == KvSequence::Swap::carried);
    }
    if (i == 400) CHECK(*runner.sequence().adopt(exact) == KvSequence::Swap::unchanged);
    if (i == 450) CHECK(*runner.sequence().adopt(nullptr) == KvSequence::Swap::carried);
    CHECK(runner.step(i) == plain[i]);
  }
}

TEST_CASE("a flush in the middle equals a restart") {
  ToyRunner runner(nullptr);
  for (std::uint64_t i = 0; i < 20; ++i) runner.step(i);
  const auto coarse = set_of({toy("coarse", 0.5F, HOLO_SWAP_FLUSH)});
  CHECK(*runner.sequence().adopt(coarse) == KvSequence::Swap::flushed);
  CHECK(runner.sequence().positions() == 0);
  std::vector<std::vector<float>> again;
  for (std::uint64_t i = 0; i < 30; ++i) again.push_back(runner.step(i));
  CHECK(again == run(set_of({toy("coarse", 0.5F, HOLO_SWAP_FLUSH)}), 30));
}

TEST_CASE("one site that flushes empties the whole sequence, and an empty one need not flush") {
  const auto mixed = set_of({toy("coarse", 0.5F, HOLO_SWAP_FLUSH, {1})});
  ToyRunner runner(set_of({toy("exact", 0, HOLO_SWAP_TRANSCODE, {0})}));
  CHECK(*runner.sequence().adopt(mixed) == KvSequence::Swap::carried);
  CHECK(*runner.sequence().adopt(nullptr) == KvSequence::Swap::carried);
  runner.step(0);
  CHECK(*runner.sequence().adopt(mixed) == KvSequence::Swap::flushed);
  CHECK(runner.sequence().keys(0).positions() == 0);
  CHECK(runner.sequence().values(1).positions() == 0);
}

TEST_CASE("KEEP hands the cache of the same component over, and transcodes another's") {
  ToyRunner runner(set_of({toy("exact", 0, HOLO_SWAP_KEEP)}));
  for (std::uint64_t i = 0; i < 5; ++i) runner.step(i);
  const int before = counts.caches;
  CHECK(*runner.sequence().adopt(set_of({toy("exact", 0, HOLO_SWAP_KEEP)})) ==
        KvSequence::Swap::carried);
  CHECK(counts.caches == before);
  CHECK(runner.step(5) == run(nullptr, 6)[5]);
  CHECK(*runner.sequence().adopt(set_of({toy("other", 0, HOLO_SWAP_KEEP)})) ==
        KvSequence::Swap::carried);
  CHECK(runner.step(6) == run(nullptr, 7)[6]);
}

TEST_CASE("a swap that fails changes nothing") {
  ToyRunner runner(nullptr);
  for (std::uint64_t i = 0; i < 5; ++i) runner.step(i);
  const auto broken = set_of({toy("broken", 0, HOLO_SWAP_TRANSCODE, {0, 1}, false, 0, true)});
  const auto result = runner.sequence().adopt(broken);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == HOLO_NO_MEMORY);
  CHECK_THAT(result.error().message, Catch::Contains("plugin 'broken'"));
  CHECK(runner.sequence().set() == nullptr);
  CHECK(runner.step(5) == run(nullptr, 6)[5]);
}

TEST_CASE("a hundred swaps leave nothing behind") {
  {
    ToyRunner runner(nullptr);
    for (std::uint64_t i = 0; i < 100; ++i) {
      runner.step(i);
      const float step = i % 2 == 0 ? 0.0F : 0.125F;
      REQUIRE(runner.sequence().adopt(set_of({toy("swap", step, HOLO_SWAP_TRANSCODE)})).ok());
      CHECK(counts.patches == 1);
      CHECK(counts.caches == 4);
      CHECK(counts.active == 1);
    }
  }
  CHECK(counts.patches == 0);
  CHECK(counts.caches == 0);
  CHECK(counts.active == 0);
}

TEST_CASE("trim, fork, reset and bytes agree with the rows") {
  ToyRunner runner(set_of({toy("exact", 0, HOLO_SWAP_TRANSCODE, {0})}));
  for (std::uint64_t i = 0; i < 8; ++i) runner.step(i);
  auto copy = runner.sequence().fork();
  REQUIRE(copy.ok());
  REQUIRE(runner.sequence().trim(3).ok());
  CHECK(runner.sequence().positions() == 3);
  CHECK(copy->positions() == 8);
  CHECK_FALSE(runner.sequence().trim(4).ok());
  const auto bytes = runner.sequence().bytes();
  REQUIRE(bytes.ok());
  CHECK(bytes->positions == 3);
  CHECK(bytes->payload == 2 * (3 * 2) + 2 * (3 * kWidth * sizeof(float)));
  std::vector<float> out(kWidth * 4);
  CHECK(runner.sequence().keys(0).materialise(0, out).error().code == HOLO_INVALID_ARG);
  CHECK(runner.sequence().keys(1).materialise(2, out).error().code == HOLO_INVALID_ARG);
  REQUIRE(runner.sequence().reset().ok());
  CHECK(runner.sequence().positions() == 0);
}

TEST_CASE("two patches at one site, or one that is not ready, make no set") {
  auto refused = PatchSet::create(
      {toy("a", 0, HOLO_SWAP_TRANSCODE, {0}), toy("b", 0, HOLO_SWAP_TRANSCODE, {0, 1})});
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.error().message, Catch::Contains("site h.0.k is claimed by both"));
  CHECK(counts.active == 0);
  auto shy = toy("shy", 0, HOLO_SWAP_TRANSCODE, {0}, false, 1);
  CHECK_THAT(PatchSet::create({shy}).error().message, Catch::Contains("calibration samples"));
  const std::vector<float> rows(kWidth);
  const MatrixView view(rows.data(), 1, kWidth);
  REQUIRE(shy->calibrate(shy->sites()[0], *view.get()).ok());
  const auto set = set_of({shy});
  CHECK(set->fingerprint() == "h.0.k=shy h.0.v=shy");
  CHECK(set->find(HOLO_SITE_K, 1) == nullptr);
}

TEST_CASE("a patch says why it does not support a model") {
  holo_model rotated = kModel;
  rotated.has_rope = 1;
  auto patch = toy("exact", 0, HOLO_SWAP_TRANSCODE);
  CHECK(patch->supports(kModel).ok());
  const Status refused = patch->supports(rotated);
  CHECK(refused.error().code == HOLO_UNSUPPORTED);
  CHECK_THAT(refused.error().message, Catch::Contains("rotated keys have no common basis"));
}

TEST_CASE("a strategy that is too short is refused") {
  auto* patch = new ToyPatch;
  ++counts.patches;
  patch->kv = toy_strategy(false);
  patch->kv.struct_size = 8;
  fill_odd_table(*patch);
  CHECK_THAT(PatchSession::adopt(&patch->table, {"odd", "odd", 0}).error().message,
             Catch::Contains("a strategy is too short"));
}

TEST_CASE("an impossible plan is refused when the patch is attached, and leaves nothing behind") {
  auto* patch = new ToyPatch;
  ++counts.patches;
  patch->kv = toy_strategy(false);
  patch->on_swap = 9;
  fill_odd_table(*patch);
  auto session = PatchSession::adopt(&patch->table, {"odd", "odd", 0});
  REQUIRE(session.ok());
  const Site first{HOLO_SITE_K, 0, "h.0.k", nullptr};
  const Site second{HOLO_SITE_K, 1, "h.1.k", nullptr};
  CHECK_THAT((*session)->attach(kModel, {first, second}).error().message,
             Catch::Contains("the plan for h.1.k has on_swap 9"));
  patch->on_swap = HOLO_SWAP_TRANSCODE;
  REQUIRE((*session)->attach(kModel, {second}).ok());
  CHECK((*session)->plan_of(0).bytes_per_position == 2);
}

TEST_CASE("sets that share a patch may come and go in different threads") {
  auto shared = toy("shared", 0, HOLO_SWAP_TRANSCODE);
  const int before = counts.active;
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        if (!PatchSet::create({shared}).ok()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(counts.active == before);
}

TEST_CASE("a set is taken once a step, and publishing another one is safe from any thread") {
  PatchSlot slot;
  CHECK(slot.take() == nullptr);
  std::atomic<bool> stop{false};
  // The sets are made and destroyed here; the other thread only takes them.
  std::vector<std::shared_ptr<const PatchSet>> sets;
  for (int i = 0; i < 4; ++i) sets.push_back(set_of({toy("s", 0, HOLO_SWAP_TRANSCODE)}));
  std::atomic<int> empty{0};
  std::thread runner([&] {
    while (!stop) {
      const auto set = slot.take();
      if (set != nullptr && set->entries().size() != 4) ++empty;
    }
  });
  for (int i = 0; i < 2000; ++i) slot.publish(sets[static_cast<std::size_t>(i) % sets.size()]);
  stop = true;
  runner.join();
  CHECK(empty == 0);
  CHECK(slot.take() != nullptr);
}
