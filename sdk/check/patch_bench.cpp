// Attaches a patch the way a host does, and checks every call on the way.
#include "sdk/check/patch_bench.hpp"

#include <cmath>

namespace holo_check {
namespace {

holo_model model_of(std::int32_t heads, std::int32_t kv_heads, std::int32_t head_dim) {
  return {sizeof(holo_model), 2, "gpt2", heads * head_dim, heads, kv_heads, head_dim, 1024, 0};
}
const holo_model kModels[] = {model_of(4, 2, 8), model_of(4, 4, 16), model_of(12, 12, 64)};

}  // namespace

void fill(Rows& rows, Random& random) {
  for (std::int64_t r = 0; r < rows.shape[0]; ++r) {
    for (std::int64_t k = 0; k < rows.shape[1]; ++k) {
      rows.at(r, k) = static_cast<float>(
          2.0 * std::sin(0.3 * static_cast<double>(k) + 0.1 * static_cast<double>(r)) +
          random.unit() - 0.5);
    }
  }
}

double distance(const Rows& a, const Rows& b) {
  double error = 0;
  double energy = 1e-30;
  for (std::size_t i = 0; i + 16 < a.values.size(); ++i) {
    error += std::pow(double{a.values[i]} - b.values[i], 2);
    energy += std::pow(double{a.values[i]}, 2);
  }
  return std::sqrt(error / energy);
}

bool Attached::attach() {
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

void Attached::calibrate() {
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

void Attached::create(const Values& values) {
  const ParamView params(values);
  holo_error error = fresh_error();
  ok(factory->create(descriptor->id, host.table(), params.get(), &patch, &error), error, "create");
  c.require(HOLO_HAS(patch, holo_patch, destroy), "the patch is too short");
}

const holo_kv_strategy* Attached::kv() {
  const auto* s =
      static_cast<const holo_kv_strategy*>(patch->get_interface(patch->self, HOLO_KV_STRATEGY_ID));
  c.require(s == nullptr || HOLO_HAS(s, holo_kv_strategy, destroy),
            "the key-value strategy is too short");
  return s;
}

void Attached::ok(holo_status status, const holo_error& error, const char* call) const {
  check_record(c, status, error, call);
  c.require(status == HOLO_OK,
            std::string(call) + " returned " + status_word(status) + ": " + error.message);
}

std::unique_ptr<Rows> Cache::materialise(std::uint64_t begin, std::uint64_t end) const {
  auto out = std::make_unique<Rows>(static_cast<std::int64_t>(end - begin), a.columns(), -77.0F);
  holo_error error = fresh_error();
  a.ok(s->materialise(cache, begin, end, &out->tensor, &error), error, "materialise");
  a.c.require(out->guarded(), "materialise wrote past its rows");
  for (std::size_t i = 0; i + 16 < out->values.size(); ++i) {
    a.c.require(std::isfinite(out->values[i]), "materialise gave a value that is not finite");
  }
  return out;
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

}  // namespace holo_check
