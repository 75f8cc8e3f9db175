// One model patch behind the boundary.
#include "core/host/patch_session.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

namespace holo::host {

holo_site Site::view() const { return {sizeof(holo_site), kind, layer, 0, name.c_str(), weight}; }

struct PatchSession::State {
  ~State() {
    if (patch != nullptr) destroy_instance(callee, [this] { patch->destroy(patch->self); });
  }

  template <class Call>
  Status run(std::string_view what, Call&& call) {
    return call_plugin(callee, what, -1, std::forward<Call>(call));
  }

  Status read_strategies() {
    if (patch->get_interface == nullptr) return {};
    HOLO_TRY(run("get_interface", [this](holo_error*) -> holo_status {
      kv = static_cast<const holo_kv_strategy*>(
          patch->get_interface(patch->self, HOLO_KV_STRATEGY_ID));
      weight = static_cast<const holo_weight_strategy*>(
          patch->get_interface(patch->self, HOLO_WEIGHT_ID));
      projectors = static_cast<const holo_projectors*>(
          patch->get_interface(patch->self, HOLO_PROJECTORS_ID));
      return HOLO_OK;
    }));
    const bool kv_fits = kv == nullptr || (HOLO_HAS(kv, holo_kv_strategy, destroy) && kv->create &&
                                           kv->append && kv->materialise && kv->trim && kv->fork &&
                                           kv->bytes && kv->reset && kv->destroy);
    const bool weight_fits =
        weight == nullptr || (HOLO_HAS(weight, holo_weight_strategy, multiply) && weight->multiply);
    const bool projectors_fit =
        projectors == nullptr || (HOLO_HAS(projectors, holo_projectors, set) && projectors->count &&
                                  projectors->get && projectors->set);
    // Sequences are all or nothing.
    const bool sequences_fit = kv == nullptr || !HOLO_HAS(kv, holo_kv_strategy, end) ||
                               kv->begin == nullptr ||
                               (kv->create_in && kv->fork_sequence && kv->fork_in && kv->end);
    if (kv_fits && weight_fits && projectors_fit && sequences_fit) return {};
    return make_error(HOLO_INTERNAL,
                      callee.name() + ": a strategy is too short a struct or lacks a function");
  }

  Callee callee;
  std::string version;
  ParamValues params;
  holo_patch* patch = nullptr;
  const holo_kv_strategy* kv = nullptr;
  const holo_weight_strategy* weight = nullptr;
  const holo_projectors* projectors = nullptr;
  std::vector<Site> sites;
  std::vector<holo_patch_plan> plans;
  bool attached = false;
  bool calibrated = false;
  bool unfitted = false;   // shown rows, but not told that these were all
  std::mutex users_mutex;  // a step may drop the old set while another thread makes a new one
  int users = 0;
};

PatchSession::PatchSession() : state_(std::make_unique<State>()) {}
PatchSession::~PatchSession() = default;

Result<std::shared_ptr<PatchSession>> PatchSession::adopt(holo_patch* patch, Callee callee) {
  std::shared_ptr<PatchSession> session(new PatchSession);
  State& state = *session->state_;
  state.callee = std::move(callee);
  if (!HOLO_HAS(patch, holo_patch, destroy) || !patch->supports || !patch->plan || !patch->attach ||
      !patch->activate || !patch->deactivate || !patch->destroy) {
    return make_error(HOLO_INTERNAL,
                      state.callee.name() + ": create gave " +
                          (patch == nullptr ? "NULL"
                                            : "a struct that is too short or lacks a "
                                              "function"));
  }
  state.patch = patch;
  HOLO_TRY(state.read_strategies());
  return session;
}

Result<std::shared_ptr<PatchSession>> PatchSession::create(Registry& registry,
                                                           const ComponentInfo& patch, Job& job,
                                                           const ParamValues& params) {
  HOLO_ASSIGN(const holo_patch_factory* factory, registry.patch_factory(patch));
  Callee callee{patch.alias, patch.plugin_path.string(), 0};
  holo_patch* made = nullptr;
  HOLO_TRY(call_plugin(callee, "create", -1, [&](holo_error* error) -> holo_status {
    return factory->create(patch.id.c_str(), job.host(), &params.view(), &made, error);
  }));
  HOLO_ASSIGN(auto session, adopt(made, std::move(callee)));
  session->state_->version = patch.version;
  session->state_->params = params;
  return session;
}

Status PatchSession::supports(const holo_model& model) {
  return state_->run("supports", [&](holo_error* error) -> holo_status {
    return state_->patch->supports(state_->patch->self, &model, error);
  });
}

Result<holo_patch_plan> PatchSession::plan(const holo_model& model, const Site& site) {
  holo_patch_plan plan{};
  plan.struct_size = sizeof(plan);
  const holo_site view = site.view();
  HOLO_TRY(state_->run("plan", [&](holo_error* error) -> holo_status {
    return state_->patch->plan(state_->patch->self, &model, &view, &plan, error);
  }));
  if (plan.on_swap < HOLO_SWAP_KEEP || plan.on_swap > HOLO_SWAP_FLUSH ||
      !std::isfinite(plan.bytes_per_position) || plan.bytes_per_position < 0) {
    return make_error(HOLO_INTERNAL, state_->callee.name() + ": the plan for " + site.name +
                                         " has on_swap " + std::to_string(plan.on_swap) +
                                         ", expected HOLO_SWAP_*, or impossible sizes");
  }
  return plan;
}

Status PatchSession::attach(const holo_model& model, std::vector<Site> sites) {
  State& state = *state_;
  if (state.attached) {
    return make_error(HOLO_INVALID_ARG, state.callee.name() + " is attached already");
  }
  std::vector<holo_patch_plan> plans;
  for (const Site& site : sites) {
    const bool served =
        site.kind == HOLO_SITE_WEIGHT ? state.weight != nullptr : state.kv != nullptr;
    if (!served) {
      return make_error(HOLO_UNSUPPORTED,
                        state.callee.name() + " has no strategy for " + site.name);
    }
    HOLO_ASSIGN(const holo_patch_plan planned, plan(model, site));
    plans.push_back(planned);
  }
  std::vector<holo_site> views;
  std::vector<const holo_site*> pointers;
  for (const Site& site : sites) views.push_back(site.view());
  for (const holo_site& view : views) pointers.push_back(&view);
  HOLO_TRY(state.run("attach", [&](holo_error* error) -> holo_status {
    return state.patch->attach(state.patch->self, &model, pointers.data(),
                               static_cast<std::uint32_t>(pointers.size()), error);
  }));
  state.sites = std::move(sites);
  state.plans = std::move(plans);
  state.attached = true;
  return {};
}

Status PatchSession::calibrate_tokens(std::span<const std::int32_t> ids) {
  State& state = *state_;
  if (!HOLO_HAS(state.patch, holo_patch, calibrate_tokens) || !state.patch->calibrate_tokens) {
    return {};
  }
  return state.run("calibrate_tokens", [&](holo_error* error) -> holo_status {
    return state.patch->calibrate_tokens(state.patch->self, ids.data(), ids.size(), error);
  });
}

Status PatchSession::calibrate(const Site& site, const DLTensor& rows) {
  State& state = *state_;
  if (state.patch->calibrate != nullptr) {
    const holo_site view = site.view();
    HOLO_TRY(state.run("calibrate", [&](holo_error* error) -> holo_status {
      return state.patch->calibrate(state.patch->self, &view, &rows, error);
    }));
  }
  state.calibrated = true;
  state.unfitted = HOLO_HAS(state.patch, holo_patch, fit) && state.patch->fit != nullptr;
  return {};
}

Status PatchSession::calibrate_loss(const Site& site, const DLTensor& gradients) {
  State& state = *state_;
  if (!HOLO_HAS(state.patch, holo_patch, calibrate_loss) || !state.patch->calibrate_loss) return {};
  const holo_site view = site.view();
  return state.run("calibrate_loss", [&](holo_error* error) -> holo_status {
    return state.patch->calibrate_loss(state.patch->self, &view, &gradients, error);
  });
}

Status PatchSession::fit() {
  State& state = *state_;
  if (!state.unfitted) return {};
  HOLO_TRY(state.run("fit", [&](holo_error* error) -> holo_status {
    return state.patch->fit(state.patch->self, error);
  }));
  state.unfitted = false;
  return {};
}

Status PatchSession::save(const holo_sink& sink) {
  State& state = *state_;
  if (!HOLO_HAS(state.patch, holo_patch, save) || !state.patch->save) {
    return make_error(HOLO_UNSUPPORTED, state.callee.name() + " cannot save what it has fitted");
  }
  return state.run("save", [&](holo_error* error) -> holo_status {
    return state.patch->save(state.patch->self, &sink, error);
  });
}

Status PatchSession::load(const holo_source& source) {
  State& state = *state_;
  if (!HOLO_HAS(state.patch, holo_patch, load) || !state.patch->load) {
    return make_error(HOLO_UNSUPPORTED, state.callee.name() + " cannot load what was fitted");
  }
  HOLO_TRY(state.run("load", [&](holo_error* error) -> holo_status {
    return state.patch->load(state.patch->self, &source, error);
  }));
  state.calibrated = true;
  state.unfitted = false;
  return {};
}

Result<std::uint32_t> PatchSession::projector_count() {
  State& state = *state_;
  if (state.projectors == nullptr) {
    return make_error(HOLO_UNSUPPORTED,
                      state.callee.name() + " has no projectors that could be trained");
  }
  std::uint32_t count = 0;
  HOLO_TRY(state.run("projectors", [&](holo_error* error) -> holo_status {
    return state.projectors->count(state.patch->self, &count, error);
  }));
  return count;
}

Result<holo_projector> PatchSession::projector(std::uint32_t index) {
  State& state = *state_;
  holo_projector projector{};
  projector.struct_size = sizeof(projector);
  HOLO_TRY(state.run("projectors", [&](holo_error* error) -> holo_status {
    return state.projectors->get(state.patch->self, index, &projector, error);
  }));
  const bool whole = projector.site_count > 0 && projector.sites != nullptr &&
                     projector.width > 0 && projector.width % projector.site_count == 0 &&
                     projector.components > 0 && projector.components <= projector.width &&
                     projector.mean != nullptr && projector.encode != nullptr &&
                     projector.decode != nullptr;
  for (std::uint32_t i = 0; whole && i < projector.site_count; ++i) {
    if (projector.sites[i] < state.sites.size()) continue;
    return make_error(HOLO_INTERNAL,
                      state.callee.name() + ": a projector is of a site that it was not given");
  }
  if (whole) return projector;
  return make_error(HOLO_INTERNAL, state.callee.name() + ": a projector has an impossible shape");
}

Status PatchSession::set_projector(std::uint32_t index, const holo_projector& projector) {
  State& state = *state_;
  return state.run("projectors", [&](holo_error* error) -> holo_status {
    return state.projectors->set(state.patch->self, index, &projector, error);
  });
}

Status PatchSession::acquire() {
  State& state = *state_;
  const std::lock_guard lock(state.users_mutex);
  if (state.users == 0) {
    HOLO_TRY(state.run("activate", [&](holo_error* error) {
      return state.patch->activate(state.patch->self, error);
    }));
  }
  ++state.users;
  return {};
}

void PatchSession::release() {
  State& state = *state_;
  const std::lock_guard lock(state.users_mutex);
  if (--state.users > 0) return;
  // The patch is not used any more, whatever it answers.
  [[maybe_unused]] const Status ignored = state.run("deactivate", [&](holo_error* error) {
    return state.patch->deactivate(state.patch->self, error);
  });
}

const std::vector<Site>& PatchSession::sites() const { return state_->sites; }
const holo_patch_plan& PatchSession::plan_of(std::size_t site) const { return state_->plans[site]; }
bool PatchSession::needs_calibration() const {
  return std::any_of(state_->plans.begin(), state_->plans.end(),
                     [](const holo_patch_plan& plan) { return plan.needs_calibration != 0; });
}
bool PatchSession::ready() const {
  return state_->attached && (!needs_calibration() || (state_->calibrated && !state_->unfitted));
}
const holo_kv_strategy* PatchSession::kv() const { return state_->kv; }
const holo_weight_strategy* PatchSession::weight() const { return state_->weight; }
void* PatchSession::self() const { return state_->patch->self; }
const std::string& PatchSession::version() const { return state_->version; }
const ParamValues& PatchSession::params() const { return state_->params; }
const Callee& PatchSession::callee() const { return state_->callee; }

}  // namespace holo::host
