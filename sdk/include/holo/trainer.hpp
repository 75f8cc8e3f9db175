// Trainers: derive Trainer, describe it, and name it in TrainerFactory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <holo/abi/trainer.h>
#include <holo/error.hpp>
#include <holo/factory.hpp>
#include <holo/host.hpp>
#include <holo/params.hpp>
#include <holo/unit.hpp>

namespace holo {

namespace detail {
template <class Call>
void call_training(Call&& call) {
  holo_error error{};
  error.struct_size = sizeof error;
  const holo_status status = call(&error);
  if (status == HOLO_CANCELLED) throw Cancelled();
  if (status != HOLO_OK) throw Failure(status, error.message);
}
}  // namespace detail

// One input, decoded for as long as this lives.
class TrainingUnit {
 public:
  TrainingUnit(const holo_training* training, std::uint64_t index) : training_(training) {
    detail::call_training(
        [&](holo_error* error) { return training->read(training->ctx, index, &unit_, error); });
  }
  ~TrainingUnit() {
    if (unit_ != nullptr) training_->release(training_->ctx, unit_);
  }
  TrainingUnit(TrainingUnit&& other) noexcept
      : training_(other.training_), unit_(std::exchange(other.unit_, nullptr)) {}
  TrainingUnit& operator=(TrainingUnit&&) = delete;

  [[nodiscard]] Unit unit() const { return Unit(unit_); }

 private:
  const holo_training* training_;
  const holo_unit* unit_ = nullptr;
};

// The inputs, in an order that does not change. May be read from bodies of parallel_for.
class TrainingInputs {
 public:
  explicit TrainingInputs(const holo_training* training) : t_(training) {}
  [[nodiscard]] std::uint64_t count() const { return t_->count; }
  [[nodiscard]] std::uint32_t kind() const { return t_->input; }  // the HOLO_TRAIN_* bit
  // Decoded for every call. Throws if the file cannot be read.
  [[nodiscard]] TrainingUnit read(std::uint64_t index) const { return {t_, index}; }
  [[nodiscard]] TrainingUnit picture(std::uint64_t index) const { return read(index); }
  [[nodiscard]] std::string text(std::uint64_t index) const {
    const TrainingUnit file = read(index);
    const Tensor bytes = file.unit().tensor(0);
    return {reinterpret_cast<const char*>(bytes.bytes()),
            static_cast<std::size_t>(bytes.elements())};
  }

 private:
  const holo_training* t_;
};

// Named bytes that outlive an interrupted training.
class Checkpoint {
 public:
  explicit Checkpoint(const holo_training* training) : t_(training) {}
  void save(const char* name, const std::vector<std::uint8_t>& bytes) const {
    detail::call_training([&](holo_error* error) {
      return t_->checkpoint_save(t_->ctx, name, bytes.data(), bytes.size(), error);
    });
  }
  // Empty if there is nothing. May be from another build of the trainer: check it.
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> load(const char* name) const {
    std::uint64_t size = 0;
    if (t_->checkpoint_load(t_->ctx, name, nullptr, 0, &size, nullptr) == HOLO_NOT_FOUND) {
      return std::nullopt;
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    detail::call_training([&](holo_error* error) {
      return t_->checkpoint_load(t_->ctx, name, bytes.data(), bytes.size(), &size, error);
    });
    return bytes;
  }

 private:
  const holo_training* t_;
};

// The file that is made.
class TrainingOutput {
 public:
  explicit TrainingOutput(const holo_training* training) : t_(training) {}
  void write(const void* data, std::uint64_t size) const {
    detail::call_training([&](holo_error* error) { return t_->write(t_->ctx, data, size, error); });
  }
  void write(const std::vector<std::uint8_t>& bytes) const { write(bytes.data(), bytes.size()); }

 private:
  const holo_training* t_;
};

// What train gets; valid until it returns.
struct TrainJob {
  Host host;
  const Params& params;
  TrainingInputs inputs;
  Checkpoint checkpoint;
  TrainingOutput output;
};

class Trainer {
 public:
  virtual ~Trainer() = default;
  virtual void train(const TrainJob& job) = 0;
};

// What holo_trainer_descriptor says. Texts are string literals.
struct TrainerInfo {
  const char* id = nullptr;
  const char* alias = nullptr;
  const char* version = nullptr;
  const char* summary = nullptr;
  std::uint32_t inputs = 0;  // HOLO_TRAIN_*
  const char* output_format = nullptr;
  const char* extension = nullptr;
  ParamTable params;
};

namespace detail {

struct TrainerInstance {
  holo_trainer abi{};
  Host host;
  Params params;
  std::unique_ptr<Trainer> trainer;
  TrainerInstance(Host h, Params p, std::unique_ptr<Trainer> t)
      : host(h), params(std::move(p)), trainer(std::move(t)) {
    abi = {sizeof abi, 0, this, &train, &destroy};
  }
  static holo_status train(void* self, const holo_training* training, holo_error* error) {
    return guard(error, [&] {
      if (!HOLO_HAS(training, holo_training, write)) {
        throw Failure(HOLO_ABI_MISMATCH, "the training is shorter than version 1.1");
      }
      auto& instance = *static_cast<TrainerInstance*>(self);
      instance.host.progress(0);
      instance.trainer->train({instance.host, instance.params, TrainingInputs(training),
                               Checkpoint(training), TrainingOutput(training)});
    });
  }
  static void destroy(void* self) { destroy_instance(static_cast<TrainerInstance*>(self)); }
};

template <class Type>
struct TrainerEntry {
  TrainerInfo info = Type::info();
  holo_trainer_descriptor descriptor{sizeof descriptor, info.inputs,        info.id,
                                     info.alias,        info.version,       info.summary,
                                     info.params.get(), info.output_format, info.extension};
};

}  // namespace detail

// Serves one or several trainers: default-constructible types derived from Trainer, with
//   static holo::TrainerInfo info();
template <class... Trainers>
class TrainerFactory {
 public:
  static const char* interface_id() { return HOLO_TRAINER_ID; }
  static const void* get() {
    static const holo_trainer_factory factory{sizeof factory, sizeof...(Trainers), &descriptor,
                                              &create};
    return &factory;
  }

 private:
  static const holo_trainer_descriptor* descriptor(std::uint32_t index) {
    const holo_trainer_descriptor* found = nullptr;
    guard(nullptr, [&] {
      std::uint32_t i = 0;
      ((i++ == index ? void(found = &detail::entry<detail::TrainerEntry<Trainers>>().descriptor)
                     : void()),
       ...);
    });
    return found;
  }
  static holo_status create(const char* id, const holo_host* host, const holo_params* params,
                            holo_trainer** out, holo_error* error) {
    return detail::create_instance<detail::TrainerEntry, Trainers...>(
        id, out, error, [&](auto tag) -> holo_trainer* {
          using Made = typename decltype(tag)::type;
          return &(new detail::TrainerInstance(Host(host), Params(params),
                                               std::make_unique<Made>()))
                      ->abi;
        });
  }
};

}  // namespace holo
