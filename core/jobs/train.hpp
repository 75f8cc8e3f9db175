// Train: pictures, tensors or text files through a trainer into one file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/host/job.hpp"
#include "core/host/registry.hpp"

namespace holo::jobs {

struct TrainOptions {
  host::ComponentSpec trainer;
  std::vector<host::KeyValue> params;  // -p, after those of the spec
  std::vector<std::string> inputs;     // files and folders
  std::uint32_t kind = 0;              // the HOLO_TRAIN_* bit of all inputs; 0: by the first file
  std::string output;
  bool overwrite = false;
  bool restart = false;  // not from a checkpoint
};

struct TrainReport {
  std::string trainer_id;
  std::string trainer_version;
  ParamValues params;
  std::string input_kind;  // "pictures"
  std::uint64_t inputs = 0;
  std::uint64_t skipped = 0;  // files in folders that were of another kind
  std::uint64_t bytes_out = 0;
  double seconds = 0;
  bool resumed = false;
};

// Where a training to `output` keeps its checkpoints until it is done; empty for "-".
std::string checkpoint_folder(const std::string& output);

// Interrupted, it leaves the checkpoints and goes on from them the next time.
Result<TrainReport> train(host::Registry& registry, host::Job& job, const TrainOptions& options);

}  // namespace holo::jobs
