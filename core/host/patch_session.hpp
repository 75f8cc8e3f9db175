// One model patch behind the boundary: its life from supports to destroy, and its strategies.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <holo/abi/model_patch.h>

#include "core/base/params.hpp"
#include "core/host/abi_call.hpp"
#include "core/host/job.hpp"
#include "core/host/registry.hpp"

namespace holo::host {

// A place in a model where a patch may act.
struct Site {
  std::int32_t kind = HOLO_SITE_K;
  std::int32_t layer = 0;
  std::string name;                  // "h.3.k", "h.3.attn.c_attn.weight"
  const DLTensor* weight = nullptr;  // HOLO_SITE_WEIGHT; outlives the patch
  [[nodiscard]] holo_site view() const;
};

// Not thread-safe, except that strategies of different sites may run in different threads if the
// plugin's own documentation says so.
class PatchSession {
 public:
  static Result<std::shared_ptr<PatchSession>> create(Registry& registry,
                                                      const ComponentInfo& patch, Job& job,
                                                      const ParamValues& params);
  // Takes over a patch that comes from elsewhere than a plugin file.
  static Result<std::shared_ptr<PatchSession>> adopt(holo_patch* patch, Callee callee);
  ~PatchSession();
  PatchSession(const PatchSession&) = delete;
  PatchSession& operator=(const PatchSession&) = delete;

  Status supports(const holo_model& model);
  Result<holo_patch_plan> plan(const holo_model& model, const Site& site);
  // Once. Plans every site first.
  Status attach(const holo_model& model, std::vector<Site> sites);
  // Calibration, text by text: the ids, the rows {n, kv_heads * head_dim} that each site sees of
  // them, and gradients of the loss with respect to these rows; then fit. What a patch does not
  // offer is left out.
  Status calibrate_tokens(std::span<const std::int32_t> ids);
  Status calibrate(const Site& site, const DLTensor& rows);
  Status calibrate_loss(const Site& site, const DLTensor& gradients);
  Status fit();
  // What calibration found, to a container and back. UNSUPPORTED where the patch cannot.
  Status save(const holo_sink& sink);
  Status load(const holo_source& source);
  // The linear code of a fitted patch, see holo_projectors. UNSUPPORTED for a patch without. What
  // is handed out is checked against the sites and lives until the next call.
  Result<std::uint32_t> projector_count();
  Result<holo_projector> projector(std::uint32_t index);
  Status set_projector(std::uint32_t index, const holo_projector& projector);
  // Counted: the patch is active while at least one set uses it. From any thread.
  Status acquire();
  void release();

  [[nodiscard]] const std::vector<Site>& sites() const;
  [[nodiscard]] const holo_patch_plan& plan_of(std::size_t site) const;
  // True if a plan asks for calibration.
  [[nodiscard]] bool needs_calibration() const;
  // False if a plan asks for calibration and there was none, or it was not fitted yet.
  [[nodiscard]] bool ready() const;
  [[nodiscard]] const holo_kv_strategy* kv() const;          // or NULL
  [[nodiscard]] const holo_weight_strategy* weight() const;  // or NULL
  [[nodiscard]] void* self() const;
  [[nodiscard]] const Callee& callee() const;
  // As it was created with; empty for a patch that was adopted.
  [[nodiscard]] const std::string& version() const;
  [[nodiscard]] const ParamValues& params() const;

 private:
  PatchSession();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holo::host
