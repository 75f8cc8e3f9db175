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
#include "sdk/check/store.hpp"

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
  const Store* saved = nullptr;  // to load instead of calibrating

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
  // False, with a reason kept, if no model suits it or it cannot be calibrated.
  bool attach();
  // False, with a reason kept, if the toy text does not suffice for the parameters.
  bool calibrate();
  [[nodiscard]] std::int64_t columns() const {
    return std::int64_t{model.kv_heads} * model.head_dim;
  }
  const holo_kv_strategy* kv();
  bool has_sequences();
};

// A cache with checked calls, in a sequence of its own if the strategy has sequences.
struct Cache {
  Attached& a;
  const holo_kv_strategy* s;
  void* sequence = nullptr;
  void* cache = nullptr;

  Cache(Attached& attached, const holo_site& site);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // Tokens of `count` rows to come, for a strategy that wants them.
  void tell(std::int64_t count);
  // Tells the tokens first.
  void append(Rows& rows);
  [[nodiscard]] std::unique_ptr<Cache> fork();
  [[nodiscard]] holo_kv_bytes bytes() const {
    holo_kv_bytes out{};
    out.struct_size = sizeof out;
    holo_error error = fresh_error();
    a.ok(s->bytes(cache, &out, &error), error, "bytes");
    return out;
  }
  // Dropped rows, NaN, are allowed with `may_drop`.
  [[nodiscard]] std::unique_ptr<Rows> materialise(std::uint64_t begin, std::uint64_t end,
                                                  bool may_drop = false) const;
  void trim(std::uint64_t positions) {
    holo_error error = fresh_error();
    a.ok(s->trim(cache, positions, &error), error, "trim");
  }

 private:
  explicit Cache(Attached& attached) : a(attached), s(attached.kv()) {}
};

// Calls `body` for each site of a patch with a key-value strategy; a part that was declined is
// noted as such.
void with_cache_sites(Context& c, const Values& values,
                      const std::function<void(Attached&, const holo_site&)>& body);
Values defaults_of(Context& c);

}  // namespace holo_check
