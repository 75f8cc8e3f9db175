// Walking folders, and reading one input at a time.
#include "core/jobs/training_inputs.hpp"

#include <sys/stat.h>
#include <algorithm>
#include <cstring>
#include <filesystem>

#include <holo/abi/trainer.h>

#include "core/jobs/input.hpp"
#include "core/jobs/train.hpp"
#include "core/media/picture.hpp"
#include "core/media/tensors.hpp"

namespace holo::jobs {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kKinds[] = {HOLO_TRAIN_PICTURES, HOLO_TRAIN_TENSORS, HOLO_TRAIN_TEXT};

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with("."); }

// Regular files below `folder`, sorted by path so that the order is that of no file system.
// `output` and its checkpoints are no inputs.
Result<std::vector<std::string>> files_below(const std::string& folder, const std::string& output) {
  std::vector<std::string> found;
  std::error_code failure;
  fs::recursive_directory_iterator at(folder, failure);
  while (!failure && at != fs::recursive_directory_iterator()) {
    std::error_code unreadable;
    const std::string path = at->path().string();
    const bool ours = same_file(path, output) || same_file(path, checkpoint_folder(output));
    if (ours || is_hidden(at->path())) {
      if (at->is_directory(unreadable)) at.disable_recursion_pending();
    } else if (at->is_regular_file(unreadable)) {
      found.push_back(path);
    }
    at.increment(failure);
  }
  if (failure) {
    return make_error(HOLO_IO, "cannot read the folder " + folder + ": " + failure.message());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// What a file can be read as; every file can be read as text.
std::uint32_t kinds_of(const Input& input) {
  switch (input.kind()) {
    case InputKind::picture:
      return HOLO_TRAIN_PICTURES | HOLO_TRAIN_TEXT;
    case InputKind::tensors:
      return HOLO_TRAIN_TENSORS | HOLO_TRAIN_TEXT;
    default:
      return HOLO_TRAIN_TEXT;
  }
}

std::string kind_names(std::uint32_t kinds) {
  std::string text;
  for (const std::string& name : training_kinds(kinds)) {
    text += (text.empty() ? "" : " or ") + name;
  }
  return text;
}

Result<UnitBuffer> read_text(Input& input) {
  HOLO_ASSIGN(const auto bytes, read_all(input.reader(), kUnitLimit));
  UnitInfo info;
  info.kind = HOLO_TENSOR;
  info.name = fs::path(input.name()).filename().string();
  info.dtype = {kDLUInt, 8, 1};
  info.shape = {static_cast<std::int64_t>(bytes.size())};
  HOLO_ASSIGN(auto unit, UnitBuffer::tensor(info, kUnitLimit));
  std::memcpy(unit.plane(0), bytes.data(), bytes.size());
  return unit;
}

Result<UnitBuffer> read_unit(Input& input, std::uint32_t kind, std::size_t tensor) {
  if (kind == HOLO_TRAIN_TEXT) return read_text(input);
  if (kind == HOLO_TRAIN_TENSORS) {
    HOLO_ASSIGN(auto file, media::open_tensors(input.reader()));
    if (tensor >= file->tensors().size()) {
      return make_error(HOLO_IO, "the file changed while it was trained on");
    }
    return file->read(tensor);
  }
  HOLO_ASSIGN(auto picture, media::read_picture(input.reader(), media::Limits{kUnitLimit}));
  return std::move(picture.unit);
}

}  // namespace

std::string training_kind_name(std::uint32_t kind) {
  return kind == HOLO_TRAIN_PICTURES  ? "pictures"
         : kind == HOLO_TRAIN_TENSORS ? "tensors"
                                      : "text files";
}

std::vector<std::string> training_kinds(std::uint32_t kinds) {
  std::vector<std::string> names;
  for (const std::uint32_t kind : kKinds) {
    if ((kinds & kind) != 0) names.push_back(training_kind_name(kind));
  }
  return names;
}

Status TrainingInputs::add(const std::string& path, bool named, std::uint32_t kinds) {
  auto input = Input::open(path);
  if (!input) {
    if (named) return std::move(input).error();
    ++skipped_;
    return {};
  }
  const std::uint32_t fits = kinds_of(*input) & (kind_ != 0 ? kind_ : kinds);
  if (fits == 0) {
    if (!named) {
      ++skipped_;
      return {};
    }
    return make_error(HOLO_INVALID_ARG,
                      path + " cannot be read as " + kind_names(kind_ != 0 ? kind_ : kinds) +
                          (kind_ != 0 && kind_ != kinds ? ", like the inputs before it" : ""));
  }
  if (kind_ == 0) {
    kind_ = *std::find_if(std::begin(kKinds), std::end(kKinds),
                          [&](std::uint32_t kind) { return (fits & kind) != 0; });
  }
  struct stat status {};
  ::stat(input->path().c_str(), &status);
  const std::int64_t modified =
      std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  std::size_t units = 1;
  if (kind_ == HOLO_TRAIN_TENSORS) {
    auto file = media::open_tensors(input->reader());
    if (!file) return about(path, std::move(file).error());
    units = (*file)->tensors().size();
  }
  for (std::size_t i = 0; i < units; ++i) units_.push_back({files_.size(), i});
  files_.push_back({path, input->size(), modified});
  return {};
}

Result<TrainingInputs> TrainingInputs::open(const std::vector<std::string>& paths,
                                            std::uint32_t kinds, const std::string& output) {
  TrainingInputs inputs;
  for (const std::string& path : paths) {
    std::error_code failure;
    if (path == "-") {
      return make_error(HOLO_INVALID_ARG,
                        "a training reads its inputs more than once, so they "
                        "cannot come from standard input; name files");
    }
    if (!fs::is_directory(path, failure)) {
      if (same_file(path, output)) {
        return make_error(HOLO_INVALID_ARG, "input and output are the same file: " + output);
      }
      HOLO_TRY(inputs.add(path, true, kinds));
      continue;
    }
    HOLO_ASSIGN(const auto files, files_below(path, output));
    for (const std::string& file : files) HOLO_TRY(inputs.add(file, false, kinds));
  }
  if (inputs.count() == 0) {
    return make_error(HOLO_INVALID_ARG, "there is nothing to train on: no " + kind_names(kinds) +
                                            " among the inputs");
  }
  return inputs;
}

Result<UnitBuffer> TrainingInputs::read(std::uint64_t index) const {
  const Place& place = units_[static_cast<std::size_t>(index)];
  const std::string& path = files_[place.file].path;
  HOLO_ASSIGN(auto input, Input::open(path));
  auto unit = read_unit(input, kind_, place.tensor);
  if (!unit) return about(path, std::move(unit).error());
  return unit;
}

}  // namespace holo::jobs
