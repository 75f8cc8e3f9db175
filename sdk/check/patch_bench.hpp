// A bench for model patches: one attached to a toy model, its caches with checked calls, and rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sdk/check/context.hpp"
#include "sdk/check/session.hpp"

namespace holo_check {

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

// A few strong directions and noise, as caches have.
void fill(Rows& rows, Random& random);
// Of two matrices of one shape: the norm of the difference over that of `a`.
double distance(const Rows& a, const Rows& b);

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

  void ok(holo_status status, const holo_error& error, const char* call) const;
  void create(const Values& values);
  // False, with a reason kept, if no model suits it.
  bool attach();
  void calibrate();
  [[nodiscard]] std::int64_t columns() const {
    return std::int64_t{model.kv_heads} * model.head_dim;
  }
  const holo_kv_strategy* kv();
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
  [[nodiscard]] std::unique_ptr<Rows> materialise(std::uint64_t begin, std::uint64_t end) const;
  void trim(std::uint64_t positions) {
    holo_error error = fresh_error();
    a.ok(s->trim(cache, positions, &error), error, "trim");
  }
};

// Calls `body` for each site of a patch with a key-value strategy; a part that was declined is
// noted as such.
void with_cache_sites(Context& c, const Values& values,
                      const std::function<void(Attached&, const holo_site&)>& body);
Values defaults_of(Context& c);

}  // namespace holo_check
