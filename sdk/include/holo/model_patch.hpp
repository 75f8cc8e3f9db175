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
#include <holo/chunks.hpp>
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
  // The ids of the positions that calibrate and calibrate_loss show next.
  virtual void calibrate_tokens(const std::int32_t*, std::uint64_t) {}
  // Gradients of the loss, one row for each row that calibrate showed.
  virtual void calibrate_loss(const holo_site&, const ConstMatrix&) {}
  virtual void fit() {}  // all samples were shown
  // What calibration found, as chunks of kSharedUnit, and back. A source is hostile.
  virtual void save(const Sink&) {
    throw Failure(HOLO_UNSUPPORTED, "this patch has nothing to save");
  }
  virtual void load(const Source&) {
    throw Failure(HOLO_UNSUPPORTED, "this patch has nothing to load");
  }
  virtual void activate() {}
  virtual void deactivate() {}

  // Patches whose PatchInfo says `projectors`: the linear code, see holo_projectors. What is handed
  // out lives until the next call.
  virtual std::uint32_t projector_count() { return 0; }
  virtual holo_projector projector(std::uint32_t) {
    throw Failure(HOLO_UNSUPPORTED, "this patch has no projectors");
  }
  virtual void set_projector(std::uint32_t, const holo_projector&) {
    throw Failure(HOLO_UNSUPPORTED, "this patch has no projectors");
  }

  // Patches whose PatchInfo says `sequences`: caches come from here, not from make_cache.
  virtual std::unique_ptr<KvSequence> begin_sequence() {
    throw Failure(HOLO_UNSUPPORTED, "this patch has no sequences");
  }

  // Whether this very patch, with the parameters that it has, has no score and mix of its own; so
  // for all patches of its type if PatchInfo says so. Asked once, after the constructor.
  [[nodiscard]] virtual bool materialises_only() const { return false; }
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
  // What the patch offers beside the plain life of a strategy.
  bool sequences = false;          // begin_sequence
  bool stores = false;             // KvCache::store and restore
  bool projectors = false;         // projector_count and its kin
  bool materialises_only = false;  // no score and mix of its own: the host works on rows
};

// A plan with its size set.
inline holo_patch_plan make_plan(std::int32_t on_swap, double bytes_per_position,
                                 std::uint64_t fixed_bytes = 0, bool needs_calibration = false,
                                 std::int32_t recompute_from = HOLO_RECOMPUTE_NONE) {
  return {sizeof(holo_patch_plan),   on_swap,       fixed_bytes, bytes_per_position,
          needs_calibration ? 1 : 0, recompute_from};
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
  bool projectors;
  holo_kv_strategy kv{};
  std::int64_t columns = 0;  // of a cache row, from the model attached last

  PatchInstance(std::unique_ptr<Patch> p, const PatchInfo& info)
      : patch(std::move(p)), site_kinds(info.site_kinds), projectors(info.projectors) {
    abi = {sizeof abi,      0,         this,        &supports,      &plan,    &attach,
           &calibrate,      &activate, &deactivate, &get_interface, &destroy, &calibrate_tokens,
           &calibrate_loss, &fit,      &save,       &load};
    const bool rows_only = info.materialises_only || patch->materialises_only();
    kv = {sizeof kv,
          0,
          &make_cache,
          &KvCalls::append,
          &KvCalls::materialise,
          rows_only ? nullptr : &KvCalls::score,
          rows_only ? nullptr : &KvCalls::mix,
          &KvCalls::trim,
          &KvCalls::fork,
          &KvCalls::bytes,
          &KvCalls::reset,
          &KvCalls::destroy,
          info.sequences ? &begin : nullptr,
          info.sequences ? &SequenceInstance::create_in : nullptr,
          info.sequences ? &SequenceInstance::tokens : nullptr,
          info.sequences ? &SequenceInstance::fork : nullptr,
          info.sequences ? &SequenceInstance::fork_in : nullptr,
          info.sequences ? &SequenceInstance::end : nullptr,
          info.stores ? &KvCalls::store : nullptr,
          info.stores ? &KvCalls::restore : nullptr};
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
      out->recompute_from = plan.recompute_from;
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
  static holo_status calibrate_tokens(void* self, const std::int32_t* ids, std::uint64_t count,
                                      holo_error* error) {
    return guard(error, [&] {
      if (ids == nullptr && count > 0) throw Failure(HOLO_INVALID_ARG, "no token ids");
      of(self).patch->calibrate_tokens(ids, count);
    });
  }
  static holo_status calibrate_loss(void* self, const holo_site* site, const DLTensor* gradients,
                                    holo_error* error) {
    return guard(error, [&] {
      of(self).patch->calibrate_loss(
          checked(site), checked_matrix<const float>(gradients, "gradients", -1, of(self).columns));
    });
  }
  static holo_status fit(void* self, holo_error* error) {
    return guard(error, [&] { of(self).patch->fit(); });
  }
  static holo_status save(void* self, const holo_sink* sink, holo_error* error) {
    return guard(error, [&] { of(self).patch->save(Sink(sink)); });
  }
  static holo_status load(void* self, const holo_source* source, holo_error* error) {
    return guard(error, [&] { of(self).patch->load(Source(source)); });
  }
  static holo_status projector_count(void* self, std::uint32_t* out, holo_error* error) {
    return guard(error, [&] {
      if (out == nullptr) throw Failure(HOLO_INVALID_ARG, "nowhere to put the count");
      *out = of(self).patch->projector_count();
    });
  }
  static holo_status get_projector(void* self, std::uint32_t index, holo_projector* out,
                                   holo_error* error) {
    return guard(error, [&] {
      if (!HOLO_HAS(out, holo_projector, limits)) {
        throw Failure(HOLO_ABI_MISMATCH, "the projector is shorter than version 1.2");
      }
      check_projector(self, index);
      const std::uint32_t size = out->struct_size;
      *out = of(self).patch->projector(index);
      out->struct_size = size;
    });
  }
  static holo_status set_projector(void* self, std::uint32_t index, const holo_projector* projector,
                                   holo_error* error) {
    return guard(error, [&] {
      if (!HOLO_HAS(projector, holo_projector, limits)) {
        throw Failure(HOLO_ABI_MISMATCH, "the projector is shorter than version 1.2");
      }
      check_projector(self, index);
      of(self).patch->set_projector(index, *projector);
    });
  }
  static void check_projector(void* self, std::uint32_t index) {
    const std::uint32_t count = of(self).patch->projector_count();
    if (index < count) return;
    throw Failure(HOLO_INVALID_ARG,
                  "projector " + std::to_string(index) + " of " + std::to_string(count));
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
  static holo_status begin(void* self, void** out, holo_error* error) {
    return guard(error, [&] {
      if (out == nullptr) throw Failure(HOLO_INVALID_ARG, "nowhere to put the sequence");
      *out = nullptr;
      if (of(self).columns < 1) {
        throw Failure(HOLO_INVALID_ARG, "a sequence was begun before attach");
      }
      *out = new SequenceInstance{of(self).patch->begin_sequence(), of(self).columns};
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
    static const holo_projectors kProjectors{sizeof kProjectors, 0, &projector_count,
                                             &get_projector, &set_projector};
    static const holo_weight_strategy kWeight{sizeof kWeight, 0, &multiply};
    constexpr std::uint32_t kKvKinds = (1u << HOLO_SITE_K) | (1u << HOLO_SITE_V);
    if (id == nullptr) return nullptr;
    const std::uint32_t kinds = of(self).site_kinds;
    if ((kinds & kKvKinds) != 0 && std::strcmp(id, HOLO_KV_STRATEGY_ID) == 0) {
      return &of(self).kv;
    }
    if (of(self).projectors && std::strcmp(id, HOLO_PROJECTORS_ID) == 0) return &kProjectors;
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
          const PatchInfo& info = detail::entry<detail::PatchEntry<Made>>().info;
          return &(new detail::PatchInstance(std::make_unique<Made>(job), info))->abi;
        });
  }
};

}  // namespace holo
