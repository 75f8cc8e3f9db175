// Model patches: derive Patch and KvCache, describe the patch, and name it in PatchFactory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <holo/abi/model_patch.h>
#include <holo/error.hpp>
#include <holo/factory.hpp>
#include <holo/host.hpp>
#include <holo/kv_cache.hpp>
#include <holo/params.hpp>
#include <holo/unit.hpp>

namespace holo {

// A patch. Defaults suit a KV strategy without calibration.
class Patch {
 public:
  virtual ~Patch() = default;
  // Throws UNSUPPORTED with the reason.
  virtual void supports(const holo_model&) {}
  virtual holo_patch_plan plan(const holo_model& model, const holo_site& site) = 0;
  // `sites` are borrowed for the call; their weights until the patch is destroyed.
  virtual void attach(const holo_model&, const std::vector<const holo_site*>&) {}
  virtual void calibrate(const holo_site&, const ConstMatrix&) {}
  virtual void activate() {}
  virtual void deactivate() {}

  // Patches of K and V sites: one cache of the site and a new sequence.
  virtual std::unique_ptr<KvCache> make_cache(const holo_site&) {
    throw Failure(HOLO_UNSUPPORTED, "this patch has no key-value strategy");
  }
  // Patches of WEIGHT sites: y {n, out} = x {n, in} . W.
  virtual void multiply(const holo_site&, const ConstMatrix&, const Matrix&) {
    throw Failure(HOLO_UNSUPPORTED, "this patch has no weight strategy");
  }
};

// What a constructor of a Patch gets.
struct PatchJob {
  Host host;
  Params params;
};

// What holo_patch_descriptor says. Texts are string literals.
struct PatchInfo {
  const char* id = nullptr;
  const char* alias = nullptr;
  const char* version = nullptr;
  const char* summary = nullptr;
  std::uint32_t site_kinds = 0;  // kind bits of HOLO_SITE_*
  ParamTable params;
};

// A plan with its size set.
inline holo_patch_plan make_plan(std::int32_t on_swap, double bytes_per_position,
                                 std::uint64_t fixed_bytes = 0, bool needs_calibration = false) {
  return {sizeof(holo_patch_plan),   on_swap, fixed_bytes, bytes_per_position,
          needs_calibration ? 1 : 0, 0};
}

namespace detail {

inline const holo_model& checked(const holo_model* model) {
  if (!HOLO_HAS(model, holo_model, has_rope)) {
    throw Failure(HOLO_ABI_MISMATCH, "the model description is shorter than version 1.0");
  }
  return *model;
}
inline const holo_site& checked(const holo_site* site) {
  if (!HOLO_HAS(site, holo_site, weight)) {
    throw Failure(HOLO_ABI_MISMATCH, "the site is shorter than version 1.0");
  }
  return *site;
}
struct PatchInstance {
  holo_patch abi{};
  std::unique_ptr<Patch> patch;
  std::uint32_t site_kinds;
  std::int64_t columns = 0;  // of a cache row, from the model attached last

  PatchInstance(std::unique_ptr<Patch> p, std::uint32_t kinds)
      : patch(std::move(p)), site_kinds(kinds) {
    abi = {sizeof abi, 0,         this,        &supports,      &plan,   &attach,
           &calibrate, &activate, &deactivate, &get_interface, &destroy};
  }
  static PatchInstance& of(void* self) { return *static_cast<PatchInstance*>(self); }

  static holo_status supports(void* self, const holo_model* model, holo_error* error) {
    return guard(error, [&] { of(self).patch->supports(checked(model)); });
  }
  static holo_status plan(void* self, const holo_model* model, const holo_site* site,
                          holo_patch_plan* out, holo_error* error) {
    return guard(error, [&] {
      if (!HOLO_HAS(out, holo_patch_plan, needs_calibration)) {
        throw Failure(HOLO_ABI_MISMATCH, "the plan is shorter than version 1.0");
      }
      const holo_patch_plan plan = of(self).patch->plan(checked(model), checked(site));
      out->on_swap = plan.on_swap;
      out->fixed_bytes = plan.fixed_bytes;
      out->bytes_per_position = plan.bytes_per_position;
      out->needs_calibration = plan.needs_calibration;
    });
  }
  static holo_status attach(void* self, const holo_model* model, const holo_site* const* sites,
                            std::uint32_t count, holo_error* error) {
    return guard(error, [&] {
      std::vector<const holo_site*> list;
      for (std::uint32_t i = 0; i < count; ++i) list.push_back(&checked(sites[i]));
      of(self).columns = std::int64_t{checked(model).kv_heads} * model->head_dim;
      of(self).patch->attach(*model, list);
    });
  }
  static holo_status calibrate(void* self, const holo_site* site, const DLTensor* rows,
                               holo_error* error) {
    return guard(error, [&] {
      of(self).patch->calibrate(checked(site), checked_matrix<const float>(rows, "rows", -1, -1));
    });
  }
  static holo_status activate(void* self, holo_error* error) {
    return guard(error, [&] { of(self).patch->activate(); });
  }
  static holo_status deactivate(void* self, holo_error* error) {
    return guard(error, [&] { of(self).patch->deactivate(); });
  }
  static holo_status make_cache(void* self, const holo_site* site, void** out, holo_error* error) {
    return guard(error, [&] {
      if (out == nullptr) throw Failure(HOLO_INVALID_ARG, "nowhere to put the cache");
      *out = nullptr;
      if (of(self).columns < 1) {
        throw Failure(HOLO_INVALID_ARG, "a cache was asked for before attach");
      }
      std::unique_ptr<KvCache> cache = of(self).patch->make_cache(checked(site));
      cache->set_columns(of(self).columns);
      *out = cache.release();
    });
  }
  static holo_status multiply(void* self, const holo_site* site, const DLTensor* x,
                              const DLTensor* y, holo_error* error) {
    return guard(error, [&] {
      const auto in = checked_matrix<const float>(x, "x", -1, -1);
      of(self).patch->multiply(checked(site), in, checked_matrix<float>(y, "y", in.height(), -1));
    });
  }
  static const void* get_interface(void* self, const char* id) {
    static const holo_kv_strategy kKv{sizeof kKv,
                                      0,
                                      &make_cache,
                                      &KvCalls::append,
                                      &KvCalls::materialise,
                                      &KvCalls::score,
                                      &KvCalls::mix,
                                      &KvCalls::trim,
                                      &KvCalls::fork,
                                      &KvCalls::bytes,
                                      &KvCalls::reset,
                                      &KvCalls::destroy};
    static const holo_weight_strategy kWeight{sizeof kWeight, 0, &multiply};
    constexpr std::uint32_t kKvKinds = (1u << HOLO_SITE_K) | (1u << HOLO_SITE_V);
    if (id == nullptr) return nullptr;
    const std::uint32_t kinds = of(self).site_kinds;
    if ((kinds & kKvKinds) != 0 && std::strcmp(id, HOLO_KV_STRATEGY_ID) == 0) return &kKv;
    if ((kinds & (1u << HOLO_SITE_WEIGHT)) != 0 && std::strcmp(id, HOLO_WEIGHT_ID) == 0) {
      return &kWeight;
    }
    return nullptr;
  }
  static void destroy(void* self) { destroy_instance(&of(self)); }
};

template <class Type>
struct PatchEntry {
  PatchInfo info = Type::info();
  holo_patch_descriptor descriptor{sizeof descriptor, info.site_kinds, info.id,          info.alias,
                                   info.version,      info.summary,    info.params.get()};
};

}  // namespace detail

// Serves one or several patches: types derived from Patch, constructed from PatchJob, with
//   static holo::PatchInfo info();
template <class... Patches>
class PatchFactory {
 public:
  static const char* interface_id() { return HOLO_MODEL_PATCH_ID; }
  static const void* get() {
    static const holo_patch_factory factory{sizeof factory, sizeof...(Patches), &descriptor,
                                            &create};
    return &factory;
  }

 private:
  static const holo_patch_descriptor* descriptor(std::uint32_t index) {
    const holo_patch_descriptor* found = nullptr;
    guard(nullptr, [&] {
      std::uint32_t i = 0;
      ((i++ == index ? void(found = &detail::entry<detail::PatchEntry<Patches>>().descriptor)
                     : void()),
       ...);
    });
    return found;
  }
  static holo_status create(const char* id, const holo_host* host, const holo_params* params,
                            holo_patch** out, holo_error* error) {
    return detail::create_instance<detail::PatchEntry, Patches...>(
        id, out, error, [&](auto tag) -> holo_patch* {
          using Made = typename decltype(tag)::type;
          const PatchJob job{Host(host), Params(params)};
          const std::uint32_t kinds = detail::entry<detail::PatchEntry<Made>>().info.site_kinds;
          return &(new detail::PatchInstance(std::make_unique<Made>(job), kinds))->abi;
        });
  }
};

}  // namespace holo
