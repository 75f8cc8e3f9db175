// Tests of trainers on tiny inputs: the same file every time, interrupted or not.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sdk/check/context.hpp"
#include "sdk/check/session.hpp"

namespace holo_check {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Checkpoints = std::map<std::string, Bytes>;

struct InputSet {
  std::string name;
  std::uint32_t input = 0;
  std::vector<std::shared_ptr<TestUnit>> units;
};

// The samples of `from` as unit `index` of its own.
std::shared_ptr<TestUnit> picture_of(const TestUnit& from, std::uint64_t index) {
  auto unit = std::make_shared<TestUnit>(HOLO_PICTURE, index, from.image());
  unit->unpack(from.packed());
  return unit;
}

std::shared_ptr<TestUnit> text_of(const std::string& text, std::uint64_t index) {
  auto unit = std::make_shared<TestUnit>(
      HOLO_TENSOR, index, "text-" + std::to_string(index) + ".txt", DLDataType{kDLUInt, 8, 1},
      std::vector<std::int64_t>{static_cast<std::int64_t>(text.size())});
  unit->unpack({text.begin(), text.end()});
  return unit;
}

// The sets for what the trainer takes; of each kind the first is the plainest.
std::vector<InputSet> input_sets(std::uint32_t inputs) {
  std::vector<InputSet> sets;
  if ((inputs & HOLO_TRAIN_PICTURES) != 0) {
    InputSet plain{"RGB pictures of one size", HOLO_TRAIN_PICTURES, {}};
    const Clip frames = clips_of(HOLO_FRAME).front();
    for (const auto& frame : frames.units) {
      plain.units.push_back(picture_of(*frame, plain.units.size()));
    }
    InputSet mixed{"pictures of every kind", HOLO_TRAIN_PICTURES, {}};
    for (const Clip& clip : clips_of(HOLO_PICTURE)) {
      mixed.units.push_back(picture_of(*clip.units.front(), mixed.units.size()));
    }
    sets.push_back(std::move(plain));
    sets.push_back(std::move(mixed));
  }
  if ((inputs & HOLO_TRAIN_TENSORS) != 0) {
    InputSet mixed{"tensors of every kind", HOLO_TRAIN_TENSORS, {}};
    const auto clips = clips_of(HOLO_TENSOR);
    sets.push_back({"f32 tensors", HOLO_TRAIN_TENSORS, clips.front().units});
    for (const Clip& clip : clips) mixed.units.push_back(clip.units.front());
    sets.push_back(std::move(mixed));
  }
  if ((inputs & HOLO_TRAIN_TEXT) != 0) {
    InputSet text{"text files", HOLO_TRAIN_TEXT, {}};
    text.units.push_back(text_of("The quick brown fox jumps over the lazy dog.\n", 0));
    text.units.push_back(text_of(std::string(5000, 'a') + "\n", 1));
    text.units.push_back(text_of("\xff\xfe broken", 2));
    sets.push_back(std::move(text));
  }
  return sets;
}

// What a host lends to a training, in memory, strict about the contract.
class Training {
 public:
  Training(const InputSet& set, Checkpoints checkpoints)
      : set_(set), checkpoints_(std::move(checkpoints)) {
    table_ = {sizeof table_, set.input, set.units.size(), this, &read, &release, &save,
              &load,         &write};
  }
  [[nodiscard]] const holo_training* table() const { return &table_; }
  [[nodiscard]] const Bytes& output() const { return output_; }
  [[nodiscard]] const Checkpoints& checkpoints() const { return checkpoints_; }
  [[nodiscard]] std::int64_t borrowed() const { return borrowed_; }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  static Training& self(void* ctx) { return *static_cast<Training*>(ctx); }
  static holo_status refuse(holo_error* error, holo_status status, const char* text) {
    if (HOLO_HAS(error, holo_error, message)) {
      error->code = status;
      std::snprintf(error->message, sizeof error->message, "%s", text);
    }
    return status;
  }
  static holo_status read(void* ctx, std::uint64_t index, const holo_unit** out,
                          holo_error* error) {
    if (out == nullptr || index >= self(ctx).set_.units.size()) {
      return refuse(error, HOLO_INVALID_ARG, "there is no such input");
    }
    ++self(ctx).borrowed_;
    *out = self(ctx).set_.units[index]->view();
    return HOLO_OK;
  }
  static void release(void* ctx, const holo_unit*) { --self(ctx).borrowed_; }
  static bool is_name(const char* name) {
    const std::string text = name != nullptr ? name : "";
    return !text.empty() && text.size() <= 63 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
  }
  static holo_status save(void* ctx, const char* name, const void* data, std::uint64_t size,
                          holo_error* error) {
    if (!is_name(name)) {
      self(ctx).wrong_ = "a checkpoint's name is not [a-z0-9_-]{1,63}";
      return refuse(error, HOLO_INVALID_ARG, "a checkpoint needs a name");
    }
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    self(ctx).checkpoints_[name].assign(bytes, bytes + size);
    return HOLO_OK;
  }
  static holo_status load(void* ctx, const char* name, void* data, std::uint64_t capacity,
                          std::uint64_t* out_size, holo_error* error) {
    const auto found = self(ctx).checkpoints_.find(name != nullptr ? name : "");
    if (found == self(ctx).checkpoints_.end()) {
      return refuse(error, HOLO_NOT_FOUND, "no such checkpoint");
    }
    const auto count = std::min<std::uint64_t>(capacity, found->second.size());
    if (count > 0) std::copy_n(found->second.begin(), count, static_cast<std::uint8_t*>(data));
    *out_size = found->second.size();
    return HOLO_OK;
  }
  static holo_status write(void* ctx, const void* data, std::uint64_t size, holo_error*) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    self(ctx).output_.insert(self(ctx).output_.end(), bytes, bytes + size);
    return HOLO_OK;
  }

  const InputSet& set_;
  Checkpoints checkpoints_;
  Bytes output_;
  std::string wrong_;
  std::atomic<std::int64_t> borrowed_{0};
  holo_training table_{};
};

struct Outcomes {
  holo_status status = HOLO_OK;
  std::string text;
  Bytes output;
  Checkpoints checkpoints;
};

struct Session {
  Context& c;
  const holo_trainer_factory* factory;
  const holo_trainer_descriptor* descriptor;

  explicit Session(Context& context)
      : c(context),
        factory(context.plugin().trainers()),
        descriptor(factory->descriptor(context.component().index)) {}

  [[nodiscard]] Values defaults() const { return default_values(descriptor->params, false); }

  holo_trainer* create(const Values& values, TestHost& host) {
    const ParamView params(values);
    holo_error error = fresh_error();
    holo_trainer* trainer = nullptr;
    const holo_status status =
        factory->create(descriptor->id, host.table(), params.get(), &trainer, &error);
    check_record(c, status, error, "create");
    c.require(status == HOLO_OK, std::string("create failed: ") + error.message);
    c.require(HOLO_HAS(trainer, holo_trainer, destroy) && trainer->train != nullptr &&
                  trainer->destroy != nullptr,
              "the trainer is too short or lacks a function");
    return trainer;
  }

  Outcomes train(const InputSet& set, TestHost& host, const Checkpoints& checkpoints = {}) {
    holo_trainer* trainer = create(defaults(), host);
    Training training(set, checkpoints);
    holo_error error = fresh_error();
    Outcomes out;
    out.status = trainer->train(trainer->self, training.table(), &error);
    out.text = error.message;
    check_record(c, out.status, error, "train");
    trainer->destroy(trainer->self);
    c.require(training.wrong().empty(), training.wrong());
    c.require(training.borrowed() == 0,
              std::to_string(training.borrowed()) + " inputs were not released");
    c.require(host.bytes_held() == 0, "memory of the host is held after destroy");
    c.require(host.violations().empty(), "the host was used against its contract");
    out.output = training.output();
    out.checkpoints = training.checkpoints();
    return out;
  }

  // Runs the body over the sets that the trainer accepts, with what it makes of them.
  template <class Body>
  void each(Body&& body) {
    for (const InputSet& set : input_sets(descriptor->inputs)) {
      c.stage(set.name);
      TestHost host(1);
      const Outcomes whole = train(set, host);
      if (whole.status == HOLO_UNSUPPORTED || whole.status == HOLO_INVALID_ARG) {
        c.skip_part(whole.text);
        continue;
      }
      c.require(whole.status == HOLO_OK,
                "train returned " + status_word(whole.status) + ": " + whole.text);
      body(set, whole, host.progress_calls.load());
      c.part_done();
    }
    c.stage("");
    c.finish_parts();
  }
};

void unknown_id(Context& c) {
  Session s(c);
  const Values none;
  const ParamView params(none);
  TestHost host;
  holo_error error = fresh_error();
  holo_trainer* trainer = nullptr;
  const holo_status status = s.factory->create("org.holohost.no-such-trainer", host.table(),
                                               params.get(), &trainer, &error);
  c.require(status != HOLO_OK && trainer == nullptr, "create took an unknown id");
  check_record(c, status, error, "create");
}

void parameters(Context& c) {
  Session s(c);
  std::vector<Variation> all = variations(s.descriptor->params, false);
  all.push_back({"defaults", s.defaults()});
  for (const Variation& v : all) {
    c.stage(v.name);
    TestHost host(2);
    holo_trainer* trainer = s.create(v.values, host);
    trainer->destroy(trainer->self);
    c.require(host.bytes_held() == 0, "a trainer that was never used leaves memory of the host");
  }
}

void same_bytes(Context& c) {
  Session(c).each([&](const InputSet& set, const Outcomes& whole, std::uint64_t progress) {
    c.require(!whole.output.empty(), "nothing was written");
    c.require(progress > 0, "progress was never reported");
    TestHost host(4);
    Session again(c);
    c.require(again.train(set, host).output == whole.output,
              "the file differs the second time, with four workers instead of one");
  });
}

void cancelling(Context& c) {
  Session(c).each([&](const InputSet& set, const Outcomes& whole, std::uint64_t progress) {
    for (const std::uint64_t after : {std::uint64_t{0}, progress / 2, progress - 1}) {
      TestHost host(1);
      host.cancel_after = static_cast<std::int64_t>(after);
      Session stopped(c);
      const Outcomes part = stopped.train(set, host);
      c.require(part.status == HOLO_CANCELLED,
                "the user asked to stop, train returned " + status_word(part.status));
      TestHost next(1);
      Session resumed(c);
      const Outcomes rest = resumed.train(set, next, part.checkpoints);
      c.require(rest.status == HOLO_OK && rest.output == whole.output,
                "stopped after " + std::to_string(after) +
                    " progress reports and gone on from the checkpoints, the file differs");
    }
  });
}

void damaged_checkpoints(Context& c) {
  bool any = false;
  Session(c).each([&](const InputSet& set, const Outcomes& whole, std::uint64_t) {
    any = any || !whole.checkpoints.empty();
    Random random(c.options().seed);
    for (const auto& [name, good] : whole.checkpoints) {
      for (int round = 0; round < 8; ++round) {
        Checkpoints damaged = whole.checkpoints;
        Bytes& bytes = damaged[name];
        if (round == 0) bytes.clear();
        if (round == 1) bytes.resize(bytes.size() / 2);
        for (auto& byte : bytes) {
          if (round > 1 && random.below(4) == 0) byte = static_cast<std::uint8_t>(random.next());
        }
        c.stage(set.name + ", checkpoint " + name + ", damage " + std::to_string(round));
        TestHost host(1);
        Session session(c);
        const Outcomes out = session.train(set, host, damaged);
        c.require(out.status != HOLO_INTERNAL && out.status != HOLO_NO_MEMORY,
                  "a damaged checkpoint is " + status_word(out.status) +
                      ", expected CORRUPT, or a training that starts again");
      }
    }
  });
  if (!any) c.skip("it keeps no checkpoint of so few inputs");
}

}  // namespace

std::vector<Test> trainer_tests() {
  return {
      {"trainer-unknown-id", "trainer",
       "Creating a trainer with an unknown id fails with a message.", unknown_id},
      {"trainer-parameters", "trainer",
       "Trainers with every parameter at its minimum, maximum and each choice are created and "
       "destroyed unused.",
       parameters},
      {"trainer-sameness", "trainer",
       "The same inputs and parameters give the same bytes, for any number of workers.",
       same_bytes},
      {"trainer-resume", "trainer",
       "A wish to stop gives CANCELLED; going on from the checkpoints gives the same bytes as "
       "never stopping.",
       cancelling},
      {"trainer-checkpoint", "trainer", "Damaged checkpoints do no harm.", damaged_checkpoints},
  };
}

}  // namespace holo_check
