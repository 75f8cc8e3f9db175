// Train: what a trainer is lent, and what becomes of its output.
#include "core/jobs/train.hpp"

#include <chrono>
#include <nlohmann/json.hpp>

#include "core/base/file.hpp"
#include "core/host/trainer_session.hpp"
#include "core/jobs/checkpoint_store.hpp"
#include "core/jobs/encode.hpp"
#include "core/jobs/training_inputs.hpp"

namespace holo::jobs {

namespace {

class Supply final : public host::TrainingSupply {
 public:
  Supply(const TrainingInputs& inputs, CheckpointStore& checkpoints, AtomicFile& file)
      : inputs_(inputs), checkpoints_(checkpoints), file_(file) {}
  [[nodiscard]] std::uint32_t input() const override { return inputs_.kind(); }
  [[nodiscard]] std::uint64_t count() const override { return inputs_.count(); }
  Result<UnitBuffer> read(std::uint64_t index) override { return inputs_.read(index); }
  Status save_checkpoint(const std::string& name, std::span<const std::uint8_t> bytes) override {
    return checkpoints_.save(name, bytes);
  }
  Result<std::vector<std::uint8_t>> load_checkpoint(const std::string& name) override {
    return checkpoints_.load(name);
  }
  Status write(std::span<const std::uint8_t> bytes) override { return file_.write(bytes); }

 private:
  const TrainingInputs& inputs_;
  CheckpointStore& checkpoints_;
  AtomicFile& file_;
};

// Trainings with equal keys do the same work.
std::string key_of(const host::ComponentInfo& trainer, const ParamValues& params,
                   const TrainingInputs& inputs) {
  nlohmann::ordered_json values = nlohmann::ordered_json::object();
  for (const ParamValue& value : params.values) values[value.key] = value.to_text();
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const TrainingInputs::File& file : inputs.files()) {
    files.push_back({file.path, file.size, file.modified_ns});
  }
  const nlohmann::ordered_json key = {{"trainer", trainer.id},
                                      {"version", trainer.version},
                                      {"params", std::move(values)},
                                      {"kind", training_kind_name(inputs.kind())},
                                      {"files", std::move(files)}};
  // Names of files need not be UTF-8.
  return key.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<std::uint32_t> kinds_for(const host::ComponentInfo& trainer, std::uint32_t wanted) {
  if (wanted == 0) return trainer.kinds;
  if ((trainer.kinds & wanted) != 0) return wanted;
  return make_error(HOLO_INVALID_ARG,
                    "trainer '" + trainer.alias + "' does not take " + training_kind_name(wanted));
}

}  // namespace

std::string checkpoint_folder(const std::string& output) {
  return output == "-" ? std::string() : output + ".checkpoint";
}

Result<TrainReport> train(host::Registry& registry, host::Job& job, const TrainOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  HOLO_ASSIGN(const auto* trainer,
              find_named(registry, host::ComponentKind::trainer, options.trainer.name));
  TrainReport report;
  report.trainer_id = trainer->id;
  report.trainer_version = trainer->version;
  std::vector<host::KeyValue> given = options.trainer.params;
  given.insert(given.end(), options.params.begin(), options.params.end());
  HOLO_ASSIGN(report.params, host::resolve_params(trainer->params, given, trainer->alias));
  HOLO_ASSIGN(const std::uint32_t kinds, kinds_for(*trainer, options.kind));
  // Opened before the work, so that a file that cannot be written does not cost the training.
  HOLO_ASSIGN(auto file, AtomicFile::create(options.output, options.overwrite));
  HOLO_ASSIGN(const auto inputs, TrainingInputs::open(options.inputs, kinds, options.output));
  report.input_kind = training_kind_name(inputs.kind());
  report.inputs = inputs.count();
  report.skipped = inputs.skipped();
  HOLO_ASSIGN(auto checkpoints,
              CheckpointStore::open(checkpoint_folder(options.output),
                                    key_of(*trainer, report.params, inputs), options.restart));
  report.resumed = checkpoints.resumed();
  job.begin_phase("train", 1);
  job.begin_unit(0);
  {
    HOLO_ASSIGN(auto session, host::TrainerSession::create(registry, *trainer, job, report.params));
    Supply supply(inputs, checkpoints, *file);
    HOLO_TRY(session->train(supply));
  }
  HOLO_TRY(job.check_cancelled());
  report.bytes_out = file->size();
  HOLO_TRY(file->commit());
  checkpoints.remove();
  job.finish_phase();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace holo::jobs
