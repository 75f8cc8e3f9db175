// Calibration with or without gradients.
#include "apps/holohost/lm/fit.hpp"

#include <algorithm>

#include "apps/holohost/lm/torch_session.hpp"
#include "core/lm/calibrate.hpp"

namespace holo::cli {

namespace {

enum class Loss { sampled, text, none };

struct LossRow {
  const char* name;
  Loss loss;
};
constexpr LossRow kLosses[] = {
    {"sampled", Loss::sampled}, {"text", Loss::text}, {"none", Loss::none}};

Result<Loss> loss_option(const Arguments& arguments) {
  const std::string name = arguments.text("loss", "sampled");
  for (const LossRow& row : kLosses) {
    if (name == row.name) return row.loss;
  }
  return make_error(HOLO_INVALID_ARG, "--loss takes sampled, text or none, found '" + name + "'");
}

class TorchGradients : public lm::GradientSource {
 public:
  TorchGradients(std::unique_ptr<lm::TorchModel> model, lm::Labels labels)
      : model_(std::move(model)), labels_(labels) {}
  Result<std::span<const float>> gradients(std::span<const std::int32_t> ids) override {
    HOLO_ASSIGN(const lm::RowGradients rows, model_->row_gradients(ids, labels_, ++seed_));
    return rows.gradients;
  }

 private:
  std::unique_ptr<lm::TorchModel> model_;
  lm::Labels labels_;
  std::uint64_t seed_ = 0;
};

}  // namespace

Status fit_strategies(const Arguments& arguments, LmSession& session,
                      const std::vector<std::shared_ptr<host::PatchSession>>& patches) {
  std::vector<std::int32_t> ids;
  if (arguments.has("random")) {
    // Random weights have no text; any tokens give rows of the right shape.
    ids = arbitrary_tokens(8 * static_cast<std::size_t>(session.model->config().max_positions),
                           session.model->config().vocabulary);
  } else if (arguments.has("calibrate")) {
    HOLO_ASSIGN(ids, calibration_ids(session, arguments, arguments.text("calibrate")));
  } else {
    return make_error(HOLO_INVALID_ARG,
                      patches.front()->callee().name() +
                          " has to be fitted to the model first: give --calibrate FILE, a text "
                          "like those to come, or make a folder with 'holohost lm build'");
  }
  return fit_on(arguments, session, patches, ids);
}

Status fit_on(const Arguments& arguments, LmSession& session,
              const std::vector<std::shared_ptr<host::PatchSession>>& patches,
              std::span<const std::int32_t> ids) {
  HOLO_ASSIGN(const Loss loss, loss_option(arguments));
  std::unique_ptr<TorchGradients> gradients;
  if (loss != Loss::none && !arguments.has("random")) {
    auto model = open_torch_model(arguments, session);
    if (model) {
      gradients = std::make_unique<TorchGradients>(
          std::move(*model), loss == Loss::text ? lm::Labels::text : lm::Labels::sampled);
    } else if (arguments.has("loss")) {
      return std::move(model).error();
    } else {
      warn(
          "strategies are fitted without knowing what errors cost (--loss none), which takes "
          "many more bytes: " +
          model.error().message);
    }
  }
  const std::size_t window = std::min<std::size_t>(
      ids.size(), static_cast<std::size_t>(session.model->config().max_positions));
  return lm::calibrate(session.model, patches, ids, window, gradients.get(), *session.job);
}

}  // namespace holo::cli
