// Tests of model patches: the life cycle, and key-value strategies on toy attention layers.
#include <string>
#include <vector>

#include "sdk/check/patch_bench.hpp"
#include "sdk/check/store.hpp"

namespace holo_check {
namespace {

void life_cycle(Context& c) {
  Attached a(c);
  a.create(defaults_of(c));
  c.require(a.patch->get_interface(a.patch->self, "org.holohost.unknown/1") == nullptr,
            "an unknown interface is not NULL");
  c.require(a.patch->get_interface(a.patch->self, HOLO_KV_STRATEGY_ID "x") == nullptr,
            "an id with a character more is not NULL");
  if (a.attach()) {
    for (int i = 0; i < 3; ++i) {
      holo_error error = fresh_error();
      a.ok(a.patch->deactivate(a.patch->self, &error), error, "deactivate");
      error = fresh_error();
      a.ok(a.patch->activate(a.patch->self, &error), error, "activate again");
    }
    c.part_done();
  }
  a.destroy();
  c.require(a.host.bytes_held() == 0, "memory of the host is held after destroy");
  holo_error error = fresh_error();
  holo_patch* none = nullptr;
  const Values empty;
  const ParamView params(empty);
  const holo_status status =
      a.factory->create("org.holohost.no-such-patch", a.host.table(), params.get(), &none, &error);
  c.require(status != HOLO_OK && none == nullptr, "create took an unknown id");
  check_record(c, status, error, "create");
  c.finish_parts();
}

void rows_come_back(Context& c) {
  with_cache_sites(c, defaults_of(c), [&](Attached& a, const holo_site& site) {
    Random random(5);
    Cache whole(a, site);
    Cache pieces(a, site);
    Rows all(70, a.columns());
    fill(all, random);
    whole.append(all);
    for (std::int64_t r = 0; r < 70; ++r) {  // as decoding does, a row at a time
      Rows one(1, a.columns());
      for (std::int64_t k = 0; k < a.columns(); ++k) one.at(0, k) = all.at(r, k);
      pieces.append(one);
    }
    c.require(whole.bytes().positions == 70 && pieces.bytes().positions == 70,
              "bytes does not count 70 rows");
    const auto from_pieces = pieces.materialise(0, 70);
    const auto from_whole = whole.materialise(0, 70);
    c.require(distance(all, *from_whole) < 0.5,
              "the rows that come back are not those that went in");
    c.require(distance(all, *from_pieces) < 0.5, "rows appended one by one do not come back");
    const auto part = whole.materialise(10, 20);
    for (std::int64_t r = 0; r < 10; ++r) {
      for (std::int64_t k = 0; k < a.columns(); ++k) {
        c.require(part->at(r, k) == from_whole->at(10 + r, k),
                  "rows 10 to 20 alone differ from those of the whole");
      }
    }
    (void)whole.materialise(5, 5);
    Rows out(1, a.columns());
    holo_error error = fresh_error();
    c.require(whole.s->materialise(whole.cache, 70, 71, &out.tensor, &error) != HOLO_OK,
              "materialise past the end succeeded");
  });
  c.finish_parts();
}

void products_agree(Context& c) {
  with_cache_sites(c, defaults_of(c), [&](Attached& a, const holo_site& site) {
    Random random(6);
    Cache cache(a, site);
    Rows rows(40, a.columns());
    fill(rows, random);
    cache.append(rows);
    const auto seen = cache.materialise(0, 40);
    const std::int64_t heads = a.model.heads;
    const std::int64_t d = a.model.head_dim;
    const std::int64_t group = heads / a.model.kv_heads;
    const bool k_site = site.kind == HOLO_SITE_K;
    auto* function = k_site ? cache.s->score : cache.s->mix;
    if (function == nullptr) return;
    Rows left(heads, k_site ? d : 40);
    fill(left, random);
    Rows want(heads, k_site ? 40 : d);
    Rows got(heads, k_site ? 40 : d, -77.0F);
    for (std::int64_t h = 0; h < heads; ++h) {
      for (std::int64_t i = 0; i < want.shape[1]; ++i) {
        double sum = 0;
        for (std::int64_t j = 0; j < left.shape[1]; ++j) {
          const std::int64_t row = k_site ? i : j;
          const std::int64_t column = (h / group) * d + (k_site ? j : i);
          sum += double{left.at(h, j)} * seen->at(row, column);
        }
        want.at(h, i) = static_cast<float>(sum);
      }
    }
    holo_error error = fresh_error();
    const char* name = k_site ? "score" : "mix";
    a.ok(function(cache.cache, &left.tensor, &got.tensor, &error), error, name);
    c.require(got.guarded(), std::string(name) + " wrote past its result");
    const double off = distance(want, got);
    c.require(off < 1e-3, std::string(name) + " is off the product with the materialised rows by " +
                              std::to_string(off) + ", expected at most 0.001");
  });
  c.finish_parts();
}

void trim_fork_reset(Context& c) {
  with_cache_sites(c, defaults_of(c), [&](Attached& a, const holo_site& site) {
    Random random(7);
    Cache cache(a, site);
    Rows rows(32, a.columns());
    fill(rows, random);
    cache.append(rows);
    const std::unique_ptr<Cache> copy = cache.fork();
    const auto before = copy->materialise(0, 32);
    cache.trim(20);
    c.require(cache.bytes().positions == 20, "trim(20) does not leave 20 rows");
    c.require(copy->bytes().positions == 32, "trimming a cache trims its fork");
    cache.append(rows);
    c.require(cache.bytes().positions == 52, "rows appended after trim are not counted");
    const auto after = copy->materialise(0, 32);
    c.require(before->values == after->values, "changing a cache changes its fork");
    holo_error error = fresh_error();
    c.require(cache.s->trim(cache.cache, 53, &error) == HOLO_INVALID_ARG,
              "trim to more rows than there are is not INVALID_ARG");
    c.require(cache.bytes().positions == 52, "a refused trim changes the cache");
    const holo_kv_bytes full = cache.bytes();
    c.require(full.payload > 0, "52 rows take no payload");
    error = fresh_error();
    a.ok(cache.s->reset(cache.cache, &error), error, "reset");
    const holo_kv_bytes empty = cache.bytes();
    c.require(empty.positions == 0, "reset leaves rows");
    c.require(empty.payload < full.payload, "reset leaves the payload as large as it was");
    cache.append(rows);
    c.require(cache.bytes().positions == 32, "rows appended after reset are not counted");
  });
  c.finish_parts();
}

// A file of caches.
Store cache_store(std::size_t units) {
  Store store;
  store.units.resize(units);
  store.stream.struct_size = sizeof store.stream;
  store.stream.kind = HOLO_KV;
  return store;
}

void store_restore(Context& c) {
  bool any = false;
  with_cache_sites(c, defaults_of(c), [&](Attached& a, const holo_site& site) {
    const holo_kv_strategy* s = a.kv();
    if (!HOLO_HAS(s, holo_kv_strategy, restore) || s->store == nullptr) return;
    any = true;
    c.require(s->restore != nullptr, "store comes without restore");
    Random random(11);
    Cache cache(a, site);
    Rows rows(70, a.columns());
    fill(rows, random);
    cache.append(rows);
    Store store = cache_store(6);
    const StoreSink sink(store);
    holo_error error = fresh_error();
    a.ok(s->store(cache.cache, sink.table(), 5, &error), error, "store");
    c.require(store.violations.empty(),
              store.violations.empty() ? "" : "store: " + store.violations.front());
    for (const auto& [key, chunk] : store.chunks) {
      c.require(key.unit == 5, "store wrote " + chunk_word(key) + ", expected unit 5");
    }
    Cache copy(a, site);
    copy.tell(70);
    error = fresh_error();
    a.ok(s->restore(copy.cache, StoreSource(store).table(), 5, &error), error, "restore");
    c.require(copy.bytes().positions == 70, "a restored cache does not hold the 70 rows");
    const auto before = cache.materialise(0, 70);
    const auto after = copy.materialise(0, 70);
    c.require(before->values == after->values, "restored rows differ from those stored");
    error = fresh_error();
    c.require(s->restore(copy.cache, StoreSource(store).table(), 5, &error) != HOLO_OK,
              "restore into a cache with rows succeeded");
    for (const auto& [key, chunk] : store.chunks) {
      Store cut = store;
      StoredChunk& part = cut.chunks[key];
      if (part.bytes.empty()) continue;
      part.bytes.resize(part.bytes.size() - 1);
      Cache other(a, site);
      other.tell(70);
      error = fresh_error();
      const holo_status status = s->restore(other.cache, StoreSource(cut).table(), 5, &error);
      check_record(c, status, error, "restore");
      c.require(status != HOLO_OK, "restore took " + chunk_word(key) + " cut by a byte");
    }
  });
  if (!any) c.skip("the strategy has no storage format of its own");
  c.finish_parts();
}

void save_load(Context& c) {
  Attached a(c);
  a.create(defaults_of(c));
  if (!a.attach()) c.skip("no model suits the patch");
  if (!HOLO_HAS(a.patch, holo_patch, load) || a.patch->save == nullptr) {
    c.skip("the patch has nothing to save");
  }
  Store store = cache_store(0);
  const StoreSink sink(store);
  holo_error error = fresh_error();
  const holo_status saved = a.patch->save(a.patch->self, sink.table(), &error);
  check_record(c, saved, error, "save");
  if (saved == HOLO_UNSUPPORTED) c.skip("the patch has nothing to save");
  a.ok(saved, error, "save");
  c.require(store.violations.empty(),
            store.violations.empty() ? "" : "save: " + store.violations.front());
  for (const auto& [key, chunk] : store.chunks) {
    c.require(key.unit == HOLO_SHARED_UNIT, "save wrote " + chunk_word(key) + " to a unit");
  }
  Attached b(c);
  b.saved = &store;
  b.create(defaults_of(c));
  c.require(b.attach(), "the model is not supported the second time");
  if (a.kv() != nullptr) {
    for (std::size_t i = 0; i < a.sites.size(); ++i) {
      Random random(12);
      Rows rows(70, a.columns());
      fill(rows, random);
      Cache first(a, a.sites[i]);
      Cache second(b, b.sites[i]);
      first.append(rows);
      second.append(rows);
      const auto want = first.materialise(0, 70);
      const auto got = second.materialise(0, 70);
      c.require(want->values == got->values,
                "rows of a patch that was loaded differ from those of the one that was saved");
    }
  }
  c.part_done();
  c.finish_parts();
}

void declared_bytes(Context& c) {
  with_cache_sites(c, defaults_of(c), [&](Attached& a, const holo_site& site) {
    Random random(8);
    Cache cache(a, site);
    Rows rows(1024, a.columns());
    fill(rows, random);
    cache.append(rows);
    const holo_patch_plan& plan = a.plans[static_cast<std::size_t>(&site - a.sites.data())];
    const double each = static_cast<double>(cache.bytes().payload) / 1024.0;
    c.require(plan.on_swap == HOLO_SWAP_FLUSH || each <= 2.0 * plan.bytes_per_position + 64.0,
              "1024 rows take " + std::to_string(each) + " bytes each, the plan says " +
                  std::to_string(plan.bytes_per_position));
  });
  c.finish_parts();
}

void wrong_shapes(Context& c) {
  with_cache_sites(c, defaults_of(c), [&](Attached& a, const holo_site& site) {
    Cache cache(a, site);
    Rows narrow(3, a.columns() + 1);
    holo_error error = fresh_error();
    const holo_status status = cache.s->append(cache.cache, &narrow.tensor, &error);
    check_record(c, status, error, "append");
    c.require(status == HOLO_INVALID_ARG,
              "rows that are too wide are not INVALID_ARG but " + status_word(status));
    c.require(cache.bytes().positions == 0, "refused rows are counted");
  });
  c.finish_parts();
}

void parameters(Context& c) {
  const auto all = variations(c.plugin().patches()->descriptor(c.component().index)->params, false);
  if (all.empty()) c.skip("the patch has no parameters");
  for (const Variation& v : all) {
    with_cache_sites(c, v.values, [&](Attached& a, const holo_site& site) {
      c.stage(v.name + ", " + site.name);
      Random random(9);
      Cache cache(a, site);
      Rows rows(16, a.columns());
      fill(rows, random);
      cache.append(rows);
      (void)cache.materialise(0, 16, true);
    });
  }
  c.finish_parts();
}

void hundred_lives(Context& c) {
  const std::size_t threads = thread_count();
  std::uint64_t heap = 0;
  for (int i = 0; i < 100; ++i) {
    if (i == 20) heap = heap_bytes();
    with_cache_sites(c, defaults_of(c), [&](Attached& a, const holo_site& site) {
      Random random(10);
      Cache cache(a, site);
      Rows rows(4, a.columns());
      fill(rows, random);
      cache.append(rows);
    });
  }
  c.require(thread_count() <= threads, "threads of the plugin outlive destroy");
  const std::uint64_t now = heap_bytes();
  c.require(now <= heap + 64 * 1024,
            "80 lives more leave " + std::to_string(now - heap) + " bytes of the heap behind");
  c.finish_parts();
}

}  // namespace
std::vector<Test> patch_tests() {
  return {
      {"patch-life", "model_patch",
       "supports, plan, attach, calibrate, activate, deactivate, activate, destroy.", life_cycle},
      {"patch-parameters", "model_patch",
       "Every parameter at its minimum, maximum and each choice.", parameters},
      {"kv-materialise", "model_patch",
       "Rows come back, as a whole, in part and appended one by one.", rows_come_back},
      {"kv-products", "model_patch", "score and mix agree with the product over materialised rows.",
       products_agree},
      {"kv-trim-fork-reset", "model_patch",
       "trim, fork, reset and bytes keep count, and forks are independent.", trim_fork_reset},
      {"kv-store", "model_patch", "store and restore give the same rows; what is cut is refused.",
       store_restore},
      {"patch-save", "model_patch",
       "What calibration found, saved and loaded, gives the same rows; no second calibration.",
       save_load},
      {"kv-plan", "model_patch", "The bytes a row takes are those that the plan announced.",
       declared_bytes},
      {"kv-shapes", "model_patch", "Rows of the wrong width are INVALID_ARG.", wrong_shapes},
      {"patch-leftovers", "model_patch", "100 lives leave no thread and no memory behind.",
       hundred_lives},
  };
}

}  // namespace holo_check
