// Attaches a patch the way a host does, and checks every call on the way.
#include "sdk/check/patch_bench.hpp"

#include <algorithm>
#include <cmath>

namespace holo_check {
namespace {

constexpr std::int32_t kVocabulary = 256;

std::vector<std::int32_t> some_ids(std::uint64_t begin, std::int64_t count) {
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < count; ++i) {
    ids.push_back(static_cast<std::int32_t>((begin + static_cast<std::uint64_t>(i)) * 37 % 256));
  }
  return ids;
}

holo_model model_of(std::int32_t heads, std::int32_t kv_heads, std::int32_t head_dim) {
  holo_model model{};
  model.struct_size = sizeof model;
  model.layers = 2;
  model.architecture = "gpt2";
  model.hidden = heads * head_dim;
  model.heads = heads;
  model.kv_heads = kv_heads;
  model.head_dim = head_dim;
  model.max_positions = 1024;
  model.vocabulary = kVocabulary;
  return model;
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
    c.require(plan.recompute_from >= HOLO_RECOMPUTE_NONE &&
                  plan.recompute_from <= HOLO_RECOMPUTE_RESIDUAL,
              "the plan has an unknown recompute_from");
    plans.push_back(plan);
    pointers.push_back(&site);
  }
  holo_error error = fresh_error();
  ok(patch->attach(patch->self, &model, pointers.data(),
                   static_cast<std::uint32_t>(pointers.size()), &error),
     error, "attach");
  if (saved == nullptr) {
    if (!calibrate()) return false;
  } else {
    error = fresh_error();
    ok(patch->load(patch->self, StoreSource(*saved).table(), &error), error, "load");
  }
  error = fresh_error();
  ok(patch->activate(patch->self, &error), error, "activate");
  return true;
}

bool Attached::calibrate() {
  const bool needed = std::any_of(plans.begin(), plans.end(), [](const holo_patch_plan& plan) {
    return plan.needs_calibration != 0;
  });
  if (!needed) return true;
  c.require(patch->calibrate != nullptr, "the plan needs calibration, but calibrate is NULL");
  constexpr std::int64_t kText = 256;
  Random random(3);
  for (int text = 0; text < 4; ++text) {
    const std::vector<std::int32_t> ids = some_ids(static_cast<std::uint64_t>(text), kText);
    holo_error error = fresh_error();
    if (HOLO_HAS(patch, holo_patch, calibrate_tokens) && patch->calibrate_tokens != nullptr) {
      ok(patch->calibrate_tokens(patch->self, ids.data(), ids.size(), &error), error,
         "calibrate_tokens");
    }
    for (const holo_site& site : sites) {
      Rows rows(kText, columns());
      fill(rows, random);
      error = fresh_error();
      ok(patch->calibrate(patch->self, &site, &rows.tensor, &error), error, "calibrate");
    }
    if (!HOLO_HAS(patch, holo_patch, calibrate_loss) || patch->calibrate_loss == nullptr) continue;
    for (const holo_site& site : sites) {
      Rows gradients(kText, columns());
      fill(gradients, random);
      error = fresh_error();
      ok(patch->calibrate_loss(patch->self, &site, &gradients.tensor, &error), error,
         "calibrate_loss");
    }
  }
  if (!HOLO_HAS(patch, holo_patch, fit) || patch->fit == nullptr) return true;
  holo_error error = fresh_error();
  const holo_status status = patch->fit(patch->self, &error);
  if (status == HOLO_INVALID_ARG) {  // parameters may ask for more text than there is
    check_record(c, status, error, "fit");
    c.skip_part(std::string("fit: ") + error.message);
    return false;
  }
  ok(status, error, "fit");
  return true;
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

bool Attached::has_sequences() {
  const holo_kv_strategy* s = kv();
  if (!HOLO_HAS(s, holo_kv_strategy, end) || s->begin == nullptr) return false;
  c.require(s->create_in != nullptr && s->fork_sequence != nullptr && s->fork_in != nullptr &&
                s->end != nullptr,
            "begin comes without create_in, fork_sequence, fork_in or end");
  return true;
}

void Attached::ok(holo_status status, const holo_error& error, const char* call) const {
  check_record(c, status, error, call);
  c.require(status == HOLO_OK,
            std::string(call) + " returned " + status_word(status) + ": " + error.message);
}

Cache::Cache(Attached& attached, const holo_site& site) : a(attached), s(attached.kv()) {
  holo_error error = fresh_error();
  if (!a.has_sequences()) {
    a.ok(s->create(a.patch->self, &site, &cache, &error), error, "create of a cache");
    return;
  }
  a.ok(s->begin(a.patch->self, &sequence, &error), error, "begin of a sequence");
  error = fresh_error();
  a.ok(s->create_in(sequence, &site, &cache, &error), error, "create_in");
}

Cache::~Cache() {
  if (cache != nullptr) s->destroy(cache);
  if (sequence != nullptr) s->end(sequence);
}

void Cache::tell(std::int64_t count) {
  if (sequence == nullptr || s->tokens == nullptr) return;
  const std::uint64_t begin = bytes().positions;
  const std::vector<std::int32_t> ids = some_ids(begin, count);
  holo_error error = fresh_error();
  a.ok(s->tokens(sequence, begin, ids.data(), ids.size(), &error), error, "tokens");
}

void Cache::append(Rows& rows) {
  tell(rows.shape[0]);
  holo_error error = fresh_error();
  a.ok(s->append(cache, &rows.tensor, &error), error, "append");
}

std::unique_ptr<Cache> Cache::fork() {
  std::unique_ptr<Cache> copy(new Cache(a));
  holo_error error = fresh_error();
  if (sequence == nullptr) {
    a.ok(s->fork(cache, &copy->cache, &error), error, "fork");
  } else {
    a.ok(s->fork_sequence(sequence, &copy->sequence, &error), error, "fork_sequence");
    error = fresh_error();
    a.ok(s->fork_in(cache, copy->sequence, &copy->cache, &error), error, "fork_in");
    a.c.require(copy->sequence != nullptr && copy->sequence != sequence,
                "fork_sequence gave no sequence of its own");
  }
  a.c.require(copy->cache != nullptr && copy->cache != cache, "fork gave no cache of its own");
  return copy;
}

std::unique_ptr<Rows> Cache::materialise(std::uint64_t begin, std::uint64_t end,
                                         bool may_drop) const {
  auto out = std::make_unique<Rows>(static_cast<std::int64_t>(end - begin), a.columns(), -77.0F);
  holo_error error = fresh_error();
  a.ok(s->materialise(cache, begin, end, &out->tensor, &error), error, "materialise");
  a.c.require(out->guarded(), "materialise wrote past its rows");
  for (std::size_t i = 0; i + 16 < out->values.size(); ++i) {
    if (may_drop && std::isnan(out->values[i])) continue;
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
  for (std::size_t i = 0; i < a.sites.size(); ++i) {
    if (a.plans[i].recompute_from != HOLO_RECOMPUTE_NONE) {
      c.skip_part("the host recomputes the rows, so that there are no caches");
      return;
    }
    c.stage(a.sites[i].name);
    body(a, a.sites[i]);
  }
  c.stage("");
  c.part_done();
}

Values defaults_of(Context& c) {
  return default_values(c.plugin().patches()->descriptor(c.component().index)->params, false);
}

}  // namespace holo_check
