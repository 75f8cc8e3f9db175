// Trainers with one fault each, to show that holo-check finds what it looks for.
#pragma once

#include <holo/trainer.hpp>

namespace faulty {

enum class TrainingFault { keeper, counter, stubborn, forgetful, gullible };

template <TrainingFault kFault>
struct Trainer : holo::Trainer {
  void train(const holo::TrainJob& job) override {
    const auto kept = job.checkpoint.load("sum");
    std::uint8_t sum = kept && !kept->empty() ? kept->front() : 0;
    std::uint64_t next = kept && kept->size() > 1 ? (*kept)[1] : 0;
    if (kFault == TrainingFault::gullible && kept && next > job.inputs.count()) {
      holo::fail(HOLO_INTERNAL, "the checkpoint was believed");
    }
    for (next = next > job.inputs.count() ? 0 : next; next < job.inputs.count(); ++next) {
      report(job.host, static_cast<double>(next) / static_cast<double>(job.inputs.count()));
      holo::TrainingUnit input = job.inputs.read(next);
      sum = static_cast<std::uint8_t>(sum + *input.unit().tensor(0).bytes());
      if (kFault == TrainingFault::keeper) {
        static holo::TrainingUnit* forgotten = nullptr;
        forgotten = new holo::TrainingUnit(std::move(input));
        (void)forgotten;
      }
      const std::uint8_t at =
          static_cast<std::uint8_t>(next + (kFault == TrainingFault::forgetful ? 0 : 1));
      job.checkpoint.save("sum", {sum, at});
    }
    std::vector<std::uint8_t> out = {'s', sum};
    if (kFault == TrainingFault::counter) {
      out.push_back(static_cast<std::uint8_t>(job.host.workers()));
    }
    job.output.write(out);
  }
  static void report(const holo::Host& host, double fraction) {
    try {
      host.progress(fraction);
    } catch (const holo::Cancelled&) {
      if (kFault != TrainingFault::stubborn) throw;
    }
  }
  static holo::TrainerInfo info() {
    static const char* const kNames[][2] = {{"org.holohost.test.keeper", "keeper"},
                                            {"org.holohost.test.counter", "counter"},
                                            {"org.holohost.test.stubborn", "stubborn"},
                                            {"org.holohost.test.forgetful", "forgetful"},
                                            {"org.holohost.test.gullible", "gullible"}};
    const auto& name = kNames[static_cast<int>(kFault)];
    return {name[0], name[1],  "1.0.0", "a trainer with one fault", HOLO_TRAIN_PICTURES,
            "sum",   ".bytes", {}};
  }
};

using Trainers =
    holo::TrainerFactory<Trainer<TrainingFault::keeper>, Trainer<TrainingFault::counter>,
                         Trainer<TrainingFault::stubborn>, Trainer<TrainingFault::forgetful>,
                         Trainer<TrainingFault::gullible>>;

}  // namespace faulty
