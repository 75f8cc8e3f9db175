// Rows to workers and back.
#include "core/bench/run.hpp"

#include <poll.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>

#include "core/bench/worker.hpp"

namespace holo::bench {

namespace {

constexpr int kPollMilliseconds = 200;
static_assert(std::is_trivially_copyable_v<Measurement>);

// The worker is a copy of this process, so a struct needs no other form on the way.
std::string pack(const Result<Measurement>& result) {
  if (!result) return "!" + result.error().message;
  std::string text(1 + sizeof(Measurement), '=');
  std::memcpy(text.data() + 1, &*result, sizeof(Measurement));
  return text;
}

void unpack(const std::string& text, Row& row) {
  if (text.size() == 1 + sizeof(Measurement) && text[0] == '=') {
    std::memcpy(&row.measured, text.data() + 1, sizeof(Measurement));
  } else {
    row.error = text.size() > 1 ? text.substr(1) : "the process gave no answer";
  }
}

struct Running {
  Worker worker;
  std::size_t row;
};

class Runner {
 public:
  Runner(host::Registry& registry, host::Job& job, const RunOptions& options)
      : registry_(registry), job_(job), options_(options) {
    for (std::size_t picture = 0; picture < options.pictures.size(); ++picture) {
      for (std::size_t curve = 0; curve < options.curves.size(); ++curve) {
        for (std::size_t point = 0; point < options.curves[curve].points.size(); ++point) {
          rows_.push_back({picture, curve, point, {}, {}});
        }
      }
    }
  }

  Result<std::vector<Row>> run() {
    job_.begin_phase("bench", rows_.size());
    const auto at_once = static_cast<std::size_t>(std::max(1, options_.parallel));
    while (done_ < rows_.size()) {
      if (host::Job::cancelled()) {
        for (Running& each : running_) each.worker.interrupt();
        running_.clear();
        return make_error(HOLO_CANCELLED, "cancelled");
      }
      while (running_.size() < at_once && next_ < rows_.size()) HOLO_TRY(start(next_++));
      wait();
    }
    job_.finish_phase();
    return std::move(rows_);
  }

 private:
  Status start(std::size_t index) {
    const Row& row = rows_[index];
    const Curve& curve = options_.curves[row.curve];
    MeasureOptions what;
    what.picture = options_.pictures[row.picture];
    what.codec = curve.codec;
    what.params = curve.points[row.point].params;
    what.jobs = options_.jobs;
    what.repeat = options_.repeat;
    what.vmaf = options_.vmaf;
    const auto& kept = options_.keep_pictures;
    if (std::find(kept.begin(), kept.end(), row.picture) != kept.end()) {
      what.keep = kept_file(options_.keep, row);
    }
    HOLO_ASSIGN(auto worker, Worker::start([&] { return pack(measure(registry_, what)); }));
    running_.push_back({std::move(worker), index});
    return {};
  }

  void wait() {
    std::vector<pollfd> waiting;
    for (const Running& each : running_) waiting.push_back({each.worker.descriptor(), POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), kPollMilliseconds) <= 0) return;
    for (std::size_t i = running_.size(); i-- > 0;) {
      if (waiting[i].revents == 0) continue;
      auto answer = running_[i].worker.take();
      if (!answer) continue;
      Row& row = rows_[running_[i].row];
      if (*answer) {
        unpack(**answer, row);
      } else {
        row.error = answer->error().message;
      }
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      job_.begin_unit(++done_);
    }
  }

  host::Registry& registry_;
  host::Job& job_;
  const RunOptions& options_;
  std::vector<Row> rows_;
  std::vector<Running> running_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
};

}  // namespace

std::string kept_file(const std::string& folder, const Row& row) {
  return folder + "/" + std::to_string(row.picture) + "-" + std::to_string(row.curve) + "-" +
         std::to_string(row.point) + ".holo";
}

Result<std::vector<Row>> run(host::Registry& registry, host::Job& job, const RunOptions& options) {
  return Runner(registry, job, options).run();
}

}  // namespace holo::bench
