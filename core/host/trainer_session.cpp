// One trainer behind the boundary.
#include "core/host/trainer_session.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

#include "core/host/abi_call.hpp"
#include "core/host/sink.hpp"

namespace holo::host {
namespace {

bool is_checkpoint_name(std::string_view name) {
  return !name.empty() && name.size() <= 63 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

// The supply as a holo_training. Remembers the first failure that was not the trainer's.
class Loan {
 public:
  explicit Loan(TrainingSupply& supply) : supply_(supply) {
    table_.struct_size = sizeof(table_);
    table_.input = supply.input();
    table_.count = supply.count();
    table_.ctx = this;
    table_.read = [](void* ctx, std::uint64_t index, const holo_unit** out,
                     holo_error* error) -> holo_status {
      return guarded(ctx, error, [&](Loan& loan) { return loan.read(index, out); });
    };
    table_.release = [](void* ctx, const holo_unit* unit) { self(ctx).release(unit); };
    table_.checkpoint_save = [](void* ctx, const char* name, const void* data, std::uint64_t size,
                                holo_error* error) -> holo_status {
      return guarded(ctx, error, [&](Loan& loan) { return loan.save(name, data, size); });
    };
    table_.checkpoint_load = [](void* ctx, const char* name, void* data, std::uint64_t capacity,
                                std::uint64_t* out_size, holo_error* error) -> holo_status {
      return guarded(ctx, error,
                     [&](Loan& loan) { return loan.load(name, data, capacity, out_size); });
    };
    table_.write = [](void* ctx, const void* data, std::uint64_t size,
                      holo_error* error) -> holo_status {
      return guarded(ctx, error, [&](Loan& loan) { return loan.write(data, size); });
    };
  }
  [[nodiscard]] const holo_training* view() const { return &table_; }
  [[nodiscard]] std::uint64_t written() const { return written_; }
  // What the layer above could not do. `fatal`: only what leaves the output incomplete.
  [[nodiscard]] Status failure(bool fatal) const { return fatal ? write_failure_ : first_failure_; }

 private:
  static Loan& self(void* ctx) { return *static_cast<Loan*>(ctx); }

  template <class Body>
  static holo_status guarded(void* ctx, holo_error* error, Body&& body) noexcept {
    try {
      const Status status = body(self(ctx));
      return status.ok() ? HOLO_OK : give_error(status.error(), error);
    } catch (...) {
      return HOLO_NO_MEMORY;
    }
  }

  // A failure that is the host's own to explain.
  Status remember(Status status) {
    const std::lock_guard lock(mutex_);
    if (!status.ok() && first_failure_.ok()) first_failure_ = status;
    return status;
  }

  Status read(std::uint64_t index, const holo_unit** out) {
    if (out == nullptr || index >= supply_.count()) {
      return make_error(HOLO_INVALID_ARG, "read of input " + std::to_string(index) + " of " +
                                              std::to_string(supply_.count()));
    }
    *out = nullptr;
    auto unit = supply_.read(index);
    if (!unit) return remember(std::move(unit).error());
    auto owned = std::make_unique<UnitBuffer>(std::move(*unit));
    owned->info.index = index;
    const holo_unit* view = &owned->view();
    const std::lock_guard lock(mutex_);
    borrowed_.emplace(view, std::move(owned));
    *out = view;
    return {};
  }

  void release(const holo_unit* unit) noexcept {
    std::unique_ptr<UnitBuffer> freed;  // outside the lock
    const std::lock_guard lock(mutex_);
    const auto found = borrowed_.find(unit);
    if (found == borrowed_.end()) return;
    freed = std::move(found->second);
    borrowed_.erase(found);
  }

  static Status check_name(const char* name) {
    if (name != nullptr && is_checkpoint_name(name)) return {};
    return make_error(HOLO_INVALID_ARG, "a checkpoint's name must be [a-z0-9_-]{1,63}");
  }

  Status save(const char* name, const void* data, std::uint64_t size) {
    HOLO_TRY(check_name(name));
    if (data == nullptr && size > 0) return make_error(HOLO_INVALID_ARG, "a checkpoint is NULL");
    return remember(supply_.save_checkpoint(
        name, {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)}));
  }

  Status load(const char* name, void* data, std::uint64_t capacity, std::uint64_t* out_size) {
    HOLO_TRY(check_name(name));
    if (out_size == nullptr || (data == nullptr && capacity > 0)) {
      return make_error(HOLO_INVALID_ARG, "nowhere to put a checkpoint");
    }
    auto bytes = supply_.load_checkpoint(name);
    if (!bytes) {
      if (bytes.error().code == HOLO_NOT_FOUND) return std::move(bytes).error();
      return remember(std::move(bytes).error());
    }
    *out_size = bytes->size();
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(capacity, bytes->size()));
    if (count > 0) std::memcpy(data, bytes->data(), count);
    return {};
  }

  Status write(const void* data, std::uint64_t size) {
    if (data == nullptr && size > 0) return make_error(HOLO_INVALID_ARG, "the output is NULL");
    Status written =
        supply_.write({static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)});
    if (written.ok()) {
      written_ += size;
    } else {
      write_failure_ = written;
    }
    return remember(std::move(written));
  }

  TrainingSupply& supply_;
  holo_training table_{};
  std::mutex mutex_;  // guards what follows: reads come from several threads
  std::map<const holo_unit*, std::unique_ptr<UnitBuffer>> borrowed_;
  Status first_failure_;
  Status write_failure_;
  std::uint64_t written_ = 0;
};

}  // namespace

struct TrainerSession::State {
  ~State() {
    if (trainer != nullptr) destroy_instance(callee, [this] { trainer->destroy(trainer->self); });
  }
  Callee callee;
  holo_trainer* trainer = nullptr;
};

TrainerSession::TrainerSession() : state_(std::make_unique<State>()) {}
TrainerSession::~TrainerSession() = default;

Result<std::unique_ptr<TrainerSession>> TrainerSession::create(Registry& registry,
                                                               const ComponentInfo& trainer,
                                                               Job& job,
                                                               const ParamValues& params) {
  std::unique_ptr<TrainerSession> session(new TrainerSession);
  State& state = *session->state_;
  state.callee = {trainer.alias, trainer.plugin_path.string(), 0};
  HOLO_ASSIGN(const holo_trainer_factory* factory, registry.trainer_factory(trainer));
  holo_trainer* made = nullptr;
  HOLO_TRY(call_plugin(state.callee, "create", -1, [&](holo_error* error) -> holo_status {
    return factory->create(trainer.id.c_str(), job.host(), &params.view(), &made, error);
  }));
  if (!HOLO_HAS(made, holo_trainer, destroy) || made->train == nullptr ||
      made->destroy == nullptr) {
    return make_error(HOLO_INTERNAL, state.callee.name() + ": create gave " +
                                         (made == nullptr ? "NULL"
                                                          : "a struct that is too short or lacks a "
                                                            "function"));
  }
  state.trainer = made;
  return session;
}

Status TrainerSession::train(TrainingSupply& supply) {
  State& state = *state_;
  Loan loan(supply);
  Status trained = call_plugin(state.callee, "train", -1, [&](holo_error* error) -> holo_status {
    return state.trainer->train(state.trainer->self, loan.view(), error);
  });
  if (!trained.ok() && trained.error().code == HOLO_CANCELLED) return trained;
  HOLO_TRY(loan.failure(trained.ok()));
  HOLO_TRY(trained);
  if (loan.written() == 0) {
    return make_error(HOLO_INTERNAL, state.callee.name() + ": train succeeded but wrote nothing");
  }
  return {};
}

}  // namespace holo::host
