// Tests of model patches: the life cycle, and key-value strategies on toy attention layers.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sdk/check/context.hpp"
#include "sdk/check/session.hpp"

namespace holo_check {
namespace {

// A matrix of f32 with a guard behind it.
struct Rows {
  std::vector<float> values;
  std::int64_t shape[2];
  std::int64_t strides[2];
  DLTensor tensor{};
  static constexpr float kGuard = 12345.0F;

  Rows(std::int64_t rows, std::int64_t columns, float fill = 0)
      : values(static_cast<std::size_t>(rows * columns), fill),
        shape{rows, columns},
        strides{columns, 1} {
    values.insert(values.end(), 16, kGuard);
    tensor = {values.data(), {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape, strides, 0};
  }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  float& at(std::int64_t r, std::int64_t c) {
    return values[static_cast<std::size_t>(r * shape[1] + c)];
  }
  [[nodiscard]] bool guarded() const {
    return std::all_of(values.end() - 16, values.end(), [](float v) { return v == kGuard; });
  }
};

void fill(Rows& rows, Random& random) {
  for (std::int64_t r = 0; r < rows.shape[0]; ++r) {
    for (std::int64_t k = 0; k < rows.shape[1]; ++k) {
      // A few strong directions and noise, as caches have.
      rows.at(r, k) = static_cast<float>(
          2.0 * std::sin(0.3 * static_cast<double>(k) + 0.1 * static_cast<double>(r)) +
          random.unit() - 0.5);
    }
  }
}

holo_model model_of(std::int32_t heads, std::int32_t kv_heads, std::int32_t head_dim) {
  return {sizeof(holo_model), 2, "gpt2", heads * head_dim, heads, kv_heads, head_dim, 1024, 0};
}
const holo_model kModels[] = {model_of(4, 2, 8), model_of(4, 4, 16), model_of(12, 12, 64)};

// A patch, attached to the K and V sites of the first model that it supports.
struct Attached {
  Context& c;
  TestHost host{2};
  const holo_patch_factory* factory;
  const holo_patch_descriptor* descriptor;
  holo_patch* patch = nullptr;
  holo_model model{};
  std::vector<holo_site> sites;
  std::vector<std::string> names;
  std::vector<holo_patch_plan> plans;

  explicit Attached(Context& context)
      : c(context),
        factory(context.plugin().patches()),
        descriptor(factory->descriptor(context.component().index)) {}
  ~Attached() { destroy(); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  void destroy() {
    if (patch != nullptr) patch->destroy(patch->self);
    patch = nullptr;
  }

  void ok(holo_status status, const holo_error& error, const char* call) const {
    check_record(c, status, error, call);
    c.require(status == HOLO_OK,
              std::string(call) + " returned " + status_word(status) + ": " + error.message);
  }
  void create(const Values& values) {
    const ParamView params(values);
    holo_error error = fresh_error();
    ok(factory->create(descriptor->id, host.table(), params.get(), &patch, &error), error,
       "create");
    c.require(HOLO_HAS(patch, holo_patch, destroy), "the patch is too short");
  }
  // False, with a reason kept, if no model suits it.
  bool attach() {
    std::string reason = "no model was tried";
    bool found = false;
    for (const holo_model& candidate : kModels) {
      holo_error error = fresh_error();
      const holo_status status = patch->supports(patch->self, &candidate, &error);
      check_record(c, status, error, "supports");
      c.require(status == HOLO_OK || status == HOLO_UNSUPPORTED,
                "supports returned " + status_word(status));
      reason = error.message;
      if (status == HOLO_OK) {
        model = candidate;
        found = true;
        break;
      }
    }
    if (!found) {
      c.skip_part("supports: " + reason);
      return false;
    }
    names.reserve(8);
    for (std::int32_t layer = 0; layer < model.layers; ++layer) {
      for (const std::int32_t kind : {HOLO_SITE_K, HOLO_SITE_V}) {
        if ((descriptor->site_kinds & (1u << kind)) == 0) continue;
        names.push_back("h." + std::to_string(layer) + (kind == HOLO_SITE_K ? ".k" : ".v"));
        sites.push_back({sizeof(holo_site), kind, layer, 0, names.back().c_str(), nullptr});
      }
    }
    std::vector<const holo_site*> pointers;
    for (const holo_site& site : sites) {
      holo_patch_plan plan{};
      plan.struct_size = sizeof plan;
      holo_error error = fresh_error();
      ok(patch->plan(patch->self, &model, &site, &plan, &error), error, "plan");
      c.require(plan.on_swap >= HOLO_SWAP_KEEP && plan.on_swap <= HOLO_SWAP_FLUSH,
                "the plan has an unknown on_swap");
      c.require(std::isfinite(plan.bytes_per_position) && plan.bytes_per_position >= 0,
                "the plan has no sensible bytes_per_position");
      plans.push_back(plan);
      pointers.push_back(&site);
    }
    holo_error error = fresh_error();
    ok(patch->attach(patch->self, &model, pointers.data(),
                     static_cast<std::uint32_t>(pointers.size()), &error),
       error, "attach");
    calibrate();
    error = fresh_error();
    ok(patch->activate(patch->self, &error), error, "activate");
    return true;
  }
  void calibrate() {
    Random random(3);
    for (std::size_t i = 0; i < sites.size(); ++i) {
      if (plans[i].needs_calibration == 0) continue;
      c.require(patch->calibrate != nullptr, "the plan needs calibration, but calibrate is NULL");
      for (int batch = 0; batch < 4; ++batch) {
        Rows rows(64, columns());
        fill(rows, random);
        holo_error error = fresh_error();
        ok(patch->calibrate(patch->self, &sites[i], &rows.tensor, &error), error, "calibrate");
      }
    }
  }
  [[nodiscard]] std::int64_t columns() const {
    return std::int64_t{model.kv_heads} * model.head_dim;
  }
  const holo_kv_strategy* kv() {
    const auto* s = static_cast<const holo_kv_strategy*>(
        patch->get_interface(patch->self, HOLO_KV_STRATEGY_ID));
    c.require(s == nullptr || HOLO_HAS(s, holo_kv_strategy, destroy),
              "the key-value strategy is too short");
    return s;
  }
};

// A cache with checked calls.
struct Cache {
  Attached& a;
  const holo_kv_strategy* s;
  void* cache = nullptr;

  Cache(Attached& attached, const holo_site& site) : a(attached), s(attached.kv()) {
    holo_error error = fresh_error();
    a.ok(s->create(a.patch->self, &site, &cache, &error), error, "create of a cache");
  }
  Cache(Attached& attached, void* existing) : a(attached), s(attached.kv()), cache(existing) {}
  ~Cache() { s->destroy(cache); }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  void append(Rows& rows) {
    holo_error error = fresh_error();
    a.ok(s->append(cache, &rows.tensor, &error), error, "append");
  }
  [[nodiscard]] holo_kv_bytes bytes() const {
    holo_kv_bytes out{};
    out.struct_size = sizeof out;
    holo_error error = fresh_error();
    a.ok(s->bytes(cache, &out, &error), error, "bytes");
    return out;
  }
  [[nodiscard]] std::unique_ptr<Rows> materialise(std::uint64_t begin, std::uint64_t end) const {
    auto out = std::make_unique<Rows>(static_cast<std::int64_t>(end - begin), a.columns(), -77.0F);
    holo_error error = fresh_error();
    a.ok(s->materialise(cache, begin, end, &out->tensor, &error), error, "materialise");
    a.c.require(out->guarded(), "materialise wrote past its rows");
    for (std::size_t i = 0; i + 16 < out->values.size(); ++i) {
      a.c.require(std::isfinite(out->values[i]), "materialise gave a value that is not finite");
    }
    return out;
  }
  void trim(std::uint64_t positions) {
    holo_error error = fresh_error();
    a.ok(s->trim(cache, positions, &error), error, "trim");
  }
};

double distance(const Rows& a, const Rows& b) {
  double error = 0;
  double energy = 1e-30;
  for (std::size_t i = 0; i + 16 < a.values.size(); ++i) {
    error += std::pow(double{a.values[i]} - b.values[i], 2);
    energy += std::pow(double{a.values[i]}, 2);
  }
  return std::sqrt(error / energy);
}

void with_cache_sites(Context& c, const Values& values,
                      const std::function<void(Attached&, const holo_site&)>& body) {
  Attached a(c);
  a.create(values);
  if (!a.attach()) return;
  if (a.kv() == nullptr) {
    c.require((a.descriptor->site_kinds & 6u) == 0,
              "patches K or V sites, but has no key-value strategy");
    c.skip_part("the patch has no key-value strategy");
    return;
  }
  for (const holo_site& site : a.sites) {
    c.stage(site.name);
    body(a, site);
  }
  c.stage("");
  c.part_done();
}
Values defaults_of(Context& c) {
  return default_values(c.plugin().patches()->descriptor(c.component().index)->params, false);
}

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
    void* raw = nullptr;
    holo_error error = fresh_error();
    a.ok(cache.s->fork(cache.cache, &raw, &error), error, "fork");
    c.require(raw != nullptr && raw != cache.cache, "fork gave no cache of its own");
    Cache copy(a, raw);
    const auto before = copy.materialise(0, 32);
    cache.trim(20);
    c.require(cache.bytes().positions == 20, "trim(20) does not leave 20 rows");
    c.require(copy.bytes().positions == 32, "trimming a cache trims its fork");
    cache.append(rows);
    c.require(cache.bytes().positions == 52, "rows appended after trim are not counted");
    const auto after = copy.materialise(0, 32);
    c.require(before->values == after->values, "changing a cache changes its fork");
    error = fresh_error();
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
      (void)cache.materialise(0, 16);
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
      {"kv-plan", "model_patch", "The bytes a row takes are those that the plan announced.",
       declared_bytes},
      {"kv-shapes", "model_patch", "Rows of the wrong width are INVALID_ARG.", wrong_shapes},
      {"patch-leftovers", "model_patch", "100 lives leave no thread and no memory behind.",
       hundred_lives},
  };
}

}  // namespace holo_check
