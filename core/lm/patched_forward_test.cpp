// The forward pass over caches that patches keep: exact ones, ones with products of their own, ones
// that keep nothing and have their rows recomputed.
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "core/lm/forward.hpp"
#include "core/lm/lm_test_support.hpp"

using namespace holo;
using namespace holo::lm;

namespace {

struct TestPatch {
  holo_patch table{};
  holo_kv_strategy kv{};
  std::int32_t heads = 0;
  std::int32_t kv_heads = 0;
  std::int32_t head_dim = 0;
  std::int32_t recompute_from = HOLO_RECOMPUTE_NONE;
  std::int32_t on_swap = HOLO_SWAP_TRANSCODE;
  std::uint64_t window = UINT64_MAX;  // rows that stay; earlier ones are dropped
};

struct TestCache {
  const TestPatch* patch;
  std::uint64_t positions = 0;
  std::vector<float> rows;  // none if they are recomputed
  bool keys = false;
  [[nodiscard]] std::size_t width() const {
    return static_cast<std::size_t>(patch->kv_heads * patch->head_dim);
  }
  [[nodiscard]] bool drops(std::uint64_t position) const {
    return positions - position > patch->window;
  }
};

TestCache& cache_of(void* pointer) { return *static_cast<TestCache*>(pointer); }
TestPatch& patch_of(void* pointer) { return *static_cast<TestPatch*>(pointer); }

void fill_strategy(holo_kv_strategy& kv, bool products) {
  kv.struct_size = sizeof(kv);
  kv.create = [](void* self, const holo_site* site, void** out, holo_error*) -> holo_status {
    *out = new TestCache{&patch_of(self), 0, {}, site->kind == HOLO_SITE_K};
    return HOLO_OK;
  };
  kv.append = [](void* cache, const DLTensor* rows, holo_error*) -> holo_status {
    TestCache& self = cache_of(cache);
    self.positions += static_cast<std::uint64_t>(rows->shape[0]);
    if (self.patch->recompute_from != HOLO_RECOMPUTE_NONE) return HOLO_OK;
    const auto* data = static_cast<const float*>(rows->data);
    self.rows.insert(self.rows.end(), data, data + rows->shape[0] * rows->shape[1]);
    return HOLO_OK;
  };
  kv.materialise = [](void* cache, std::uint64_t begin, std::uint64_t end, const DLTensor* out,
                      holo_error*) -> holo_status {
    const TestCache& self = cache_of(cache);
    if (self.patch->recompute_from != HOLO_RECOMPUTE_NONE) return HOLO_UNSUPPORTED;
    std::copy(self.rows.begin() + static_cast<std::ptrdiff_t>(begin * self.width()),
              self.rows.begin() + static_cast<std::ptrdiff_t>(end * self.width()),
              static_cast<float*>(out->data));
    for (std::uint64_t p = begin; p < end && self.drops(p); ++p) {
      std::fill_n(static_cast<float*>(out->data) + (p - begin) * self.width(), self.width(),
                  self.keys ? NAN : 0.0F);
    }
    return HOLO_OK;
  };
  kv.trim = [](void* cache, std::uint64_t positions, holo_error*) -> holo_status {
    TestCache& self = cache_of(cache);
    self.positions = positions;
    if (!self.rows.empty()) self.rows.resize(positions * self.width());
    return HOLO_OK;
  };
  kv.fork = [](void* cache, void** out, holo_error*) -> holo_status {
    *out = new TestCache(cache_of(cache));
    return HOLO_OK;
  };
  kv.bytes = [](void* cache, holo_kv_bytes* out, holo_error*) -> holo_status {
    out->positions = cache_of(cache).positions;
    out->payload = cache_of(cache).rows.size() * sizeof(float);
    return HOLO_OK;
  };
  kv.reset = [](void* cache, holo_error*) -> holo_status {
    cache_of(cache).positions = 0;
    cache_of(cache).rows.clear();
    return HOLO_OK;
  };
  kv.destroy = [](void* cache) { delete static_cast<TestCache*>(cache); };
  if (!products) return;
  kv.score = [](void* cache, const DLTensor* query, const DLTensor* scores,
                holo_error*) -> holo_status {
    const TestCache& self = cache_of(cache);
    const auto* q = static_cast<const float*>(query->data);
    auto* out = static_cast<float*>(scores->data);
    for (std::int32_t h = 0; h < self.patch->heads; ++h) {
      for (std::uint64_t p = 0; p < self.positions; ++p) {
        const float* row = self.rows.data() + p * self.width() +
                           h * self.patch->kv_heads / self.patch->heads * self.patch->head_dim;
        double sum = 0;
        for (std::int32_t d = 0; d < self.patch->head_dim; ++d) {
          sum += static_cast<double>(q[h * self.patch->head_dim + d]) * static_cast<double>(row[d]);
        }
        *out++ = self.drops(p) ? -INFINITY : static_cast<float>(sum);
      }
    }
    return HOLO_OK;
  };
  kv.mix = [](void* cache, const DLTensor* weights, const DLTensor* out,
              holo_error*) -> holo_status {
    const TestCache& self = cache_of(cache);
    const auto* w = static_cast<const float*>(weights->data);
    auto* to = static_cast<float*>(out->data);
    for (std::int32_t h = 0; h < self.patch->heads; ++h) {
      for (std::int32_t d = 0; d < self.patch->head_dim; ++d) {
        double sum = 0;
        for (std::uint64_t p = 0; p < self.positions; ++p) {
          if (self.drops(p)) continue;
          const float* row = self.rows.data() + p * self.width() +
                             h * self.patch->kv_heads / self.patch->heads * self.patch->head_dim;
          sum += static_cast<double>(w[static_cast<std::uint64_t>(h) * self.positions + p]) *
                 static_cast<double>(row[d]);
        }
        to[h * self.patch->head_dim + d] = static_cast<float>(sum);
      }
    }
    return HOLO_OK;
  };
}

struct Options {
  bool products = false;
  std::int32_t recompute_from = HOLO_RECOMPUTE_NONE;
  bool keys = true;
  bool values = true;
  std::int32_t first_layer = 0;
  std::uint64_t window = UINT64_MAX;
};

std::shared_ptr<const host::PatchSet> patch_set(const Model& model, const Options& options) {
  auto* patch = new TestPatch;
  const holo_model& description = model.description();
  patch->heads = description.heads;
  patch->kv_heads = description.kv_heads;
  patch->head_dim = description.head_dim;
  patch->recompute_from = options.recompute_from;
  patch->window = options.window;
  if (options.recompute_from != HOLO_RECOMPUTE_NONE) patch->on_swap = HOLO_SWAP_FLUSH;
  fill_strategy(patch->kv, options.products);
  holo_patch& table = patch->table;
  table.struct_size = sizeof(table);
  table.self = patch;
  table.supports = [](void*, const holo_model*, holo_error*) -> holo_status { return HOLO_OK; };
  table.plan = [](void* self, const holo_model*, const holo_site*, holo_patch_plan* out,
                  holo_error*) -> holo_status {
    out->on_swap = patch_of(self).on_swap;
    out->recompute_from = patch_of(self).recompute_from;
    return HOLO_OK;
  };
  table.attach = [](void*, const holo_model*, const holo_site* const*, std::uint32_t,
                    holo_error*) -> holo_status { return HOLO_OK; };
  table.activate = [](void*, holo_error*) -> holo_status { return HOLO_OK; };
  table.deactivate = table.activate;
  table.get_interface = [](void* self, const char* id) -> const void* {
    return std::string(id) == HOLO_KV_STRATEGY_ID ? &patch_of(self).kv : nullptr;
  };
  table.destroy = [](void* self) { delete static_cast<TestPatch*>(self); };
  auto session = host::PatchSession::adopt(&table, {"test", "test.holo.so", 0});
  REQUIRE(session.ok());
  std::vector<host::Site> sites;
  for (std::int32_t layer = options.first_layer; layer < description.layers; ++layer) {
    const std::string at = "h." + std::to_string(layer);
    if (options.keys) sites.push_back({HOLO_SITE_K, layer, at + ".k", nullptr});
    if (options.values) sites.push_back({HOLO_SITE_V, layer, at + ".v", nullptr});
  }
  REQUIRE((*session)->attach(description, std::move(sites)).ok());
  auto set = host::PatchSet::create({*session});
  REQUIRE(set.ok());
  return *set;
}

struct Runner {
  explicit Runner(const ModelConfig& of) : config(of), tensors(7), job(two_jobs()) {
    auto built = Model::build(config, tensors.source(), {}, job);
    REQUIRE(built.ok());
    model = *built;
    forward = std::make_unique<Forward>(*model, job);
    std::mt19937 random(1);
    for (int i = 0; i < 50; ++i) {
      tokens.push_back(
          static_cast<std::int32_t>(random() % static_cast<unsigned>(config.vocabulary)));
    }
  }
  static host::JobOptions two_jobs() {
    host::JobOptions options;
    options.jobs = 2;
    return options;
  }
  Sequence sequence(std::shared_ptr<const host::PatchSet> set) const {
    auto created = Sequence::create(model, std::move(set));
    REQUIRE(created.ok());
    return std::move(created).value();
  }
  // Logits of tokens begin..end, in steps of `chunk`.
  std::vector<float> feed(Sequence& s, std::size_t begin, std::size_t end, std::size_t chunk) {
    std::vector<float> logits;
    for (std::size_t t = begin; t < end; t += chunk) {
      const Run run{&s, std::span(tokens).subspan(t, std::min(chunk, end - t))};
      auto part = forward->step(std::span(&run, 1), LogitRows::all);
      if (!part) FAIL(part.error().message);
      logits.insert(logits.end(), part->begin(), part->end());
    }
    return logits;
  }

  ModelConfig config;
  test::Tensors tensors;
  host::Job job;
  std::shared_ptr<const Model> model;
  std::unique_ptr<Forward> forward;
  std::vector<std::int32_t> tokens;
};

double difference(std::span<const float> a, std::span<const float> b) {
  REQUIRE(a.size() == b.size());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(d <= most)) most = d;
  }
  return most;
}

}  // namespace

TEST_CASE("a cache that keeps rows exactly gives the very bits of none") {
  for (const auto& config : {test::small_gpt2(), test::small_llama()}) {
    Runner r(config);
    for (const std::size_t chunk : {1, 4, 8, 25}) {
      Sequence plain = r.sequence(nullptr);
      Sequence patched = r.sequence(patch_set(*r.model, {}));
      Sequence half = r.sequence(patch_set(*r.model, {.values = false, .first_layer = 1}));
      const auto expected = r.feed(plain, 0, 50, chunk);
      CHECK(r.feed(patched, 0, 50, chunk) == expected);
      CHECK(r.feed(half, 0, 50, chunk) == expected);
    }
  }
}

TEST_CASE("a strategy's own products take part in the softmax with the step's rows") {
  for (const auto& config : {test::small_gpt2(), test::small_llama()}) {
    Runner r(config);
    for (const std::size_t chunk : {1, 3, 6}) {
      Sequence plain = r.sequence(nullptr);
      const auto expected = r.feed(plain, 0, 50, chunk);
      for (const Options& options :
           {Options{.products = true}, Options{.products = true, .keys = false},
            Options{.products = true, .values = false}}) {
        Sequence patched = r.sequence(patch_set(*r.model, options));
        CHECK(difference(r.feed(patched, 0, 50, chunk), expected) < 1e-4);
      }
    }
  }
}

TEST_CASE("nobody attends to rows that a strategy drops") {
  for (const auto& config : {test::small_gpt2(), test::small_llama()}) {
    Runner r(config);
    for (const std::size_t chunk : {1, 3, 8}) {
      Sequence scored = r.sequence(patch_set(*r.model, {.products = true, .window = 6}));
      Sequence read = r.sequence(patch_set(*r.model, {.window = 6}));
      Sequence keys = r.sequence(patch_set(*r.model, {.values = false, .window = 6}));
      const auto expected = r.feed(scored, 0, 50, chunk);
      CHECK(difference(r.feed(read, 0, 50, chunk), expected) < 1e-4);
      CHECK(difference(r.feed(keys, 0, 50, chunk), expected) < 1e-4);
      Sequence plain = r.sequence(nullptr);
      CHECK(difference(r.feed(plain, 0, 50, chunk), expected) > 1e-3);
      const auto swap = scored.adopt(patch_set(*r.model, {}));
      REQUIRE(swap.ok());
      CHECK(*swap == host::KvSequence::Swap::flushed);
    }
  }
}

TEST_CASE("rows that no cache keeps are recomputed") {
  for (const auto& config : {test::small_gpt2(), test::small_llama()}) {
    Runner r(config);
    for (const std::int32_t source : {HOLO_RECOMPUTE_RESIDUAL, HOLO_RECOMPUTE_IDS}) {
      for (const Options& options :
           {Options{.recompute_from = source},
            Options{.recompute_from = source, .keys = false, .first_layer = 1},
            Options{.recompute_from = source, .values = false}}) {
        Sequence plain = r.sequence(nullptr);
        Sequence patched = r.sequence(patch_set(*r.model, options));
        for (const std::size_t chunk : {1, 7}) {
          CHECK(difference(r.feed(patched, 0, 20, chunk), r.feed(plain, 0, 20, chunk)) < 1e-4);
          REQUIRE(patched.trim(11).ok());
          REQUIRE(plain.trim(11).ok());
          auto fork = patched.fork();
          REQUIRE(fork.ok());
          const auto expected = r.feed(plain, 11, 30, chunk);
          CHECK(difference(r.feed(patched, 11, 30, chunk), expected) < 1e-4);
          CHECK(difference(r.feed(*fork, 11, 30, chunk), expected) < 1e-4);
          REQUIRE(patched.reset().ok());
          REQUIRE(plain.reset().ok());
        }
      }
    }
  }
}

TEST_CASE("kept residuals and ids count as bytes of the cache") {
  Runner r(test::small_gpt2());
  const auto bytes_with = [&](const Options& options) {
    Sequence s = r.sequence(patch_set(*r.model, options));
    r.feed(s, 0, 20, 20);
    auto bytes = s.bytes();
    REQUIRE(bytes.ok());
    return bytes->payload;
  };
  const std::uint64_t row = 40 * sizeof(float);
  CHECK(bytes_with({}) == 20 * 6 * row);
  CHECK(bytes_with({.recompute_from = HOLO_RECOMPUTE_RESIDUAL}) == 20 * 3 * row);
  CHECK(bytes_with({.recompute_from = HOLO_RECOMPUTE_RESIDUAL, .first_layer = 1}) == 20 * 4 * row);
  CHECK(bytes_with({.recompute_from = HOLO_RECOMPUTE_IDS}) == 20 * sizeof(std::int32_t));
}

TEST_CASE("a swap in the middle of a text goes on with the same logits") {
  for (const auto& config : {test::small_gpt2(), test::small_llama()}) {
    Runner r(config);
    Sequence plain = r.sequence(nullptr);
    const auto expected = r.feed(plain, 0, 50, 5);
    const auto exact = patch_set(*r.model, {});
    const auto residual = patch_set(*r.model, {.recompute_from = HOLO_RECOMPUTE_RESIDUAL});
    const auto ids = patch_set(*r.model, {.recompute_from = HOLO_RECOMPUTE_IDS});
    Sequence s = r.sequence(nullptr);
    std::vector<float> logits;
    std::size_t at = 0;
    for (const auto& next : {exact, residual, ids, std::shared_ptr<const host::PatchSet>(),
                             residual, exact, exact, ids, residual}) {
      const auto part = r.feed(s, at, at + 5, 5);
      logits.insert(logits.end(), part.begin(), part.end());
      at += 5;
      const auto swap = s.adopt(next);
      REQUIRE(swap.ok());
      const bool recomputed = next == residual || next == ids;
      if (recomputed) CHECK(*swap == host::KvSequence::Swap::flushed);
      CHECK(s.tokens().size() == at);
    }
    const auto part = r.feed(s, at, 50, 5);
    logits.insert(logits.end(), part.begin(), part.end());
    CHECK(difference(logits, expected) < 1e-4);
    CHECK(s.positions() == 50);
  }
}
