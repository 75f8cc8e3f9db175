// One trainer behind the boundary: what the host lends it, and the one call that trains.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/params.hpp"
#include "core/base/unit.hpp"
#include "core/host/job.hpp"
#include "core/host/registry.hpp"

namespace holo::host {

// Inputs, checkpoints and output of a training, as the layer above has them.
class TrainingSupply {
 public:
  virtual ~TrainingSupply() = default;
  [[nodiscard]] virtual std::uint32_t input() const = 0;  // the HOLO_TRAIN_* bit
  [[nodiscard]] virtual std::uint64_t count() const = 0;
  // From any thread, also several at once; `index` is below count().
  virtual Result<UnitBuffer> read(std::uint64_t index) = 0;
  // `name` is [a-z0-9_-]{1,63}. NOT_FOUND if nothing of that name was saved.
  virtual Status save_checkpoint(const std::string& name, std::span<const std::uint8_t> bytes) = 0;
  virtual Result<std::vector<std::uint8_t>> load_checkpoint(const std::string& name) = 0;
  virtual Status write(std::span<const std::uint8_t> bytes) = 0;
};

class TrainerSession {
 public:
  static Result<std::unique_ptr<TrainerSession>> create(Registry& registry,
                                                        const ComponentInfo& trainer, Job& job,
                                                        const ParamValues& params);
  ~TrainerSession();
  // Once. What was borrowed and not given back is released. A failure of the supply is told as
  // such, whatever the trainer makes of it. A trainer that writes nothing is INTERNAL.
  Status train(TrainingSupply& supply);

 private:
  TrainerSession();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holo::host
