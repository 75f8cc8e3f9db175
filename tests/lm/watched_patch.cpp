#include "tests/lm/watched_patch.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

namespace holo::lm::test {

namespace {

struct Patch {
  holo_patch table{};
  holo_kv_strategy kv{};
  Watch* watch = nullptr;
  std::size_t width = 0;
};

struct Cache {
  explicit Cache(Patch& of) : patch(&of) { ++patch->watch->caches; }
  Cache(const Cache& other) : patch(other.patch), rows(other.rows) { ++patch->watch->caches; }
  Cache& operator=(const Cache&) = delete;
  ~Cache() { --patch->watch->caches; }
  Patch* patch;
  std::vector<float> rows;
};

Patch& patch_of(void* self) { return *static_cast<Patch*>(self); }
Cache& cache_of(void* cache) { return *static_cast<Cache*>(cache); }

void fill(holo_kv_strategy& kv) {
  kv.struct_size = sizeof kv;
  kv.create = [](void* self, const holo_site*, void** out, holo_error*) -> holo_status {
    *out = new Cache(patch_of(self));
    return HOLO_OK;
  };
  kv.append = [](void* cache, const DLTensor* rows, holo_error*) -> holo_status {
    const auto* data = static_cast<const float*>(rows->data);
    auto& kept = cache_of(cache).rows;
    kept.insert(kept.end(), data, data + rows->shape[0] * rows->shape[1]);
    return HOLO_OK;
  };
  kv.materialise = [](void* cache, std::uint64_t begin, std::uint64_t end, const DLTensor* out,
                      holo_error*) -> holo_status {
    const Cache& self = cache_of(cache);
    const std::size_t width = self.patch->width;
    std::copy_n(self.rows.data() + begin * width, (end - begin) * width,
                static_cast<float*>(out->data));
    return HOLO_OK;
  };
  kv.trim = [](void* cache, std::uint64_t positions, holo_error*) -> holo_status {
    cache_of(cache).rows.resize(positions * cache_of(cache).patch->width);
    return HOLO_OK;
  };
  kv.fork = [](void* cache, void** out, holo_error*) -> holo_status {
    *out = new Cache(cache_of(cache));
    return HOLO_OK;
  };
  kv.bytes = [](void* cache, holo_kv_bytes* out, holo_error*) -> holo_status {
    out->positions = cache_of(cache).rows.size() / cache_of(cache).patch->width;
    out->payload = cache_of(cache).rows.size() * sizeof(float);
    return HOLO_OK;
  };
  kv.reset = [](void* cache, holo_error*) -> holo_status {
    cache_of(cache).rows.clear();
    return HOLO_OK;
  };
  kv.destroy = [](void* cache) { delete &cache_of(cache); };
}

void note(std::vector<std::string>& calls, std::vector<float>& values, const char* what,
          const holo_site* site, const DLTensor* rows) {
  calls.push_back(std::string(what) + " " + site->name + " " + std::to_string(rows->shape[0]) +
                  "x" + std::to_string(rows->shape[1]));
  const auto* data = static_cast<const float*>(rows->data);
  values.insert(values.end(), data, data + rows->shape[0] * rows->shape[1]);
}

void fill(holo_patch& table) {
  table.struct_size = sizeof table;
  table.supports = [](void*, const holo_model*, holo_error*) -> holo_status { return HOLO_OK; };
  table.plan = [](void*, const holo_model*, const holo_site*, holo_patch_plan* out,
                  holo_error*) -> holo_status {
    out->on_swap = HOLO_SWAP_TRANSCODE;
    return HOLO_OK;
  };
  table.attach = [](void*, const holo_model*, const holo_site* const*, std::uint32_t,
                    holo_error*) -> holo_status { return HOLO_OK; };
  table.calibrate_tokens = [](void* self, const std::int32_t*, std::uint64_t count,
                              holo_error*) -> holo_status {
    patch_of(self).watch->calls.push_back("tokens " + std::to_string(count));
    return HOLO_OK;
  };
  table.calibrate = [](void* self, const holo_site* site, const DLTensor* rows,
                       holo_error*) -> holo_status {
    Watch& watch = *patch_of(self).watch;
    note(watch.calls, watch.rows, "rows", site, rows);
    return HOLO_OK;
  };
  table.calibrate_loss = [](void* self, const holo_site* site, const DLTensor* rows,
                            holo_error*) -> holo_status {
    Watch& watch = *patch_of(self).watch;
    note(watch.calls, watch.gradients, "loss", site, rows);
    return HOLO_OK;
  };
  table.fit = [](void* self, holo_error*) -> holo_status {
    patch_of(self).watch->calls.emplace_back("fit");
    return HOLO_OK;
  };
  table.activate = [](void* self, holo_error*) -> holo_status {
    ++patch_of(self).watch->active;
    return HOLO_OK;
  };
  table.deactivate = [](void* self, holo_error*) -> holo_status {
    --patch_of(self).watch->active;
    return HOLO_OK;
  };
  table.get_interface = [](void* self, const char* id) -> const void* {
    return std::string(id) == HOLO_KV_STRATEGY_ID ? &patch_of(self).kv : nullptr;
  };
  table.destroy = [](void* self) {
    --patch_of(self).watch->patches;
    delete &patch_of(self);
  };
}

}  // namespace

std::shared_ptr<host::PatchSession> watched_patch(const Model& model, Watch& watch,
                                                  std::int32_t first_layer) {
  auto* patch = new Patch;
  ++watch.patches;
  patch->watch = &watch;
  patch->width = static_cast<std::size_t>(model.config().kv_width());
  fill(patch->kv);
  fill(patch->table);
  patch->table.self = patch;
  auto session = host::PatchSession::adopt(&patch->table, {"watched", "watched.holo.so", 0});
  REQUIRE(session.ok());
  std::vector<host::Site> sites;
  for (std::int32_t layer = first_layer; layer < model.config().layers; ++layer) {
    const std::string at = "h." + std::to_string(layer);
    sites.push_back({HOLO_SITE_K, layer, at + ".k", nullptr});
    sites.push_back({HOLO_SITE_V, layer, at + ".v", nullptr});
  }
  REQUIRE((*session)->attach(model.description(), std::move(sites)).ok());
  return *session;
}

}  // namespace holo::lm::test
