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
      return HOLO_OK;
    }));
    const bool kv_fits = kv == nullptr || (HOLO_HAS(kv, holo_kv_strategy, destroy) && kv->create &&
                                           kv->append && kv->materialise && kv->trim && kv->fork &&
                                           kv->bytes && kv->reset && kv->destroy);
    const bool weight_fits =
        weight == nullptr || (HOLO_HAS(weight, holo_weight_strategy, multiply) && weight->multiply);
    if (kv_fits && weight_fits) return {};
    return make_error(HOLO_INTERNAL,
                      callee.name() + ": a strategy is too short a struct or lacks a function");
  }

  Callee callee;
  holo_patch* patch = nullptr;
  const holo_kv_strategy* kv = nullptr;
  const holo_weight_strategy* weight = nullptr;
  std::vector<Site> sites;
  std::vector<holo_patch_plan> plans;
  bool attached = false;
  bool calibrated = false;
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
  return adopt(made, std::move(callee));
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

Status PatchSession::calibrate(const Site& site, const DLTensor& rows) {
  State& state = *state_;
  if (state.patch->calibrate != nullptr) {
    const holo_site view = site.view();
    HOLO_TRY(state.run("calibrate", [&](holo_error* error) -> holo_status {
      return state.patch->calibrate(state.patch->self, &view, &rows, error);
    }));
  }
  state.calibrated = true;
  return {};
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
bool PatchSession::ready() const {
  return state_->attached &&
         (state_->calibrated ||
          std::none_of(state_->plans.begin(), state_->plans.end(),
                       [](const holo_patch_plan& plan) { return plan.needs_calibration != 0; }));
}
const holo_kv_strategy* PatchSession::kv() const { return state_->kv; }
const holo_weight_strategy* PatchSession::weight() const { return state_->weight; }
void* PatchSession::self() const { return state_->patch->self; }
const Callee& PatchSession::callee() const { return state_->callee; }

}  // namespace holo::host
