#include "core/lm/training_checkpoint.hpp"

#include <charconv>
#include <cstring>

#include "core/media/tensors.hpp"

namespace holo::lm {

namespace {

constexpr const char* kStep = "holohost.step";
constexpr const char* kRun = "holohost.run";
constexpr DLDataType kF32{kDLFloat, 32, 1};

Result<std::string> fact(const media::TensorFile& file, const char* name) {
  const auto found = file.metadata().find(name);
  if (found == file.metadata().end()) {
    return make_error(HOLO_CORRUPT, std::string("not a checkpoint of a training run: its metadata "
                                                "has no ") +
                                        name + "; name another file, or begin anew without it");
  }
  return found->second;
}

}  // namespace

Status write_training_checkpoint(const std::string& path, const TrainingCheckpoint& checkpoint,
                                 const std::string& run) {
  HOLO_ASSIGN(const auto file, AtomicFile::create(path, true));
  std::vector<UnitInfo> infos;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    UnitInfo info;
    info.kind = HOLO_TENSOR;
    info.index = infos.size();
    info.name = name;
    info.dtype = kF32;
    info.shape = tensor.shape;
    infos.push_back(std::move(info));
  }
  HOLO_ASSIGN(const auto writer,
              media::create_tensors(*file, "safetensors", infos,
                                    {{kStep, std::to_string(checkpoint.step)}, {kRun, run}}));
  std::size_t index = 0;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    const std::size_t bytes = tensor.data.size() * sizeof(float);
    HOLO_ASSIGN(UnitBuffer unit, UnitBuffer::tensor(infos[index++], bytes + 64));
    if (unit.byte_size() != bytes) {
      return make_error(HOLO_INTERNAL, "the tensor " + name + " does not fill its shape");
    }
    if (bytes > 0) std::memcpy(unit.plane(0), tensor.data.data(), bytes);
    HOLO_TRY(writer->push(unit));
  }
  HOLO_TRY(writer->finish());
  return file->commit();
}

Result<TrainingCheckpoint> read_training_checkpoint(const std::string& path,
                                                    const std::string& run) {
  HOLO_ASSIGN(const auto reader, open_reader(path));
  auto opened = media::open_tensors(*reader);
  if (!opened.ok()) return std::move(opened).error().in(path);
  media::TensorFile& file = **opened;
  auto made_by = fact(file, kRun);
  if (!made_by.ok()) return std::move(made_by).error().in(path);
  if (*made_by != run) {
    return make_error(HOLO_INVALID_ARG, path + " belongs to another run: it says '" + *made_by +
                                            "', this run is '" + run +
                                            "'; use the same options, or begin anew without it");
  }
  HOLO_ASSIGN(const std::string step, fact(file, kStep));
  TrainingCheckpoint checkpoint;
  const auto parsed = std::from_chars(step.data(), step.data() + step.size(), checkpoint.step);
  if (parsed.ec != std::errc{} || parsed.ptr != step.data() + step.size() || checkpoint.step < 0) {
    return make_error(HOLO_CORRUPT, path + ": the step '" + step + "' is not a number of steps");
  }
  for (std::size_t i = 0; i < file.tensors().size(); ++i) {
    HOLO_ASSIGN(const UnitBuffer unit, file.read(i));
    const UnitInfo& info = file.tensors()[i];
    if (info.dtype.code != kF32.code || info.dtype.bits != kF32.bits) {
      return make_error(HOLO_CORRUPT, path + ": the tensor " + info.name + " is not f32");
    }
    NamedTensor& tensor = checkpoint.tensors[info.name];
    tensor.shape = info.shape;
    tensor.data.resize(unit.byte_size() / sizeof(float));
    if (!tensor.data.empty()) std::memcpy(tensor.data.data(), unit.plane(0), unit.byte_size());
  }
  return checkpoint;
}

}  // namespace holo::lm
