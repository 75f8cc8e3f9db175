#include "core/lm/model_folder.hpp"

#include <cstring>
#include <filesystem>

#include "core/base/file.hpp"
#include "core/lm/json_file.hpp"
#include "core/media/tensors.hpp"

namespace holo::lm {
namespace {

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kConfig = "config.json";
constexpr std::uint64_t kLargestFile = std::uint64_t{32} << 20;

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Status write_text(const std::string& path, const std::string& text, bool overwrite) {
  HOLO_ASSIGN(auto file, AtomicFile::create(path, overwrite));
  HOLO_TRY(file->write(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size())));
  return file->commit();
}

Status write_weights(const std::string& path, std::span<const FolderTensor> tensors,
                     bool overwrite) {
  std::vector<UnitInfo> infos;
  for (const auto& tensor : tensors) {
    UnitInfo info;
    info.kind = HOLO_TENSOR;
    info.index = infos.size();
    info.name = tensor.name;
    info.dtype = *dtype_from_name("f32");
    info.shape = tensor.shape;
    infos.push_back(std::move(info));
  }
  HOLO_ASSIGN(auto file, AtomicFile::create(path, overwrite));
  HOLO_ASSIGN(auto writer, media::create_tensors(*file, "safetensors", infos, {{"format", "pt"}}));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    HOLO_ASSIGN(auto unit, UnitBuffer::tensor(infos[i], INT64_MAX));
    const auto bytes = tensors[i].values.size_bytes();
    if (unit.byte_size() != bytes) {
      return make_error(HOLO_INVALID_ARG, "tensor '" + tensors[i].name + "' has " +
                                              std::to_string(bytes / sizeof(float)) +
                                              " values, expected " +
                                              std::to_string(unit.byte_size() / sizeof(float)));
    }
    if (bytes > 0) std::memcpy(unit.plane(0), tensors[i].values.data(), bytes);
    HOLO_TRY(writer->push(unit));
  }
  HOLO_TRY(writer->finish());
  return file->commit();
}

}  // namespace

Result<std::vector<FolderFile>> tokenizer_of(const std::string& folder) {
  std::vector<FolderFile> files;
  for (const std::string name :
       {"tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt"}) {
    if (!exists(folder + "/" + name)) continue;
    HOLO_ASSIGN(auto text, read_text_file(folder + "/" + name, kLargestFile));
    files.push_back({name, std::move(text)});
  }
  if (files.empty()) {
    return make_error(HOLO_NOT_FOUND,
                      "'" + folder +
                          "' has no tokenizer; expected tokenizer.json, or vocab.json with "
                          "merges.txt");
  }
  return files;
}

std::vector<FolderFile> tokenizer_of(const TrainedBpe& bpe) {
  return {{"vocab.json", vocabulary_json(bpe)}, {"merges.txt", merges_text(bpe)}};
}

Status write_model_folder(const std::string& folder, const ModelConfig& config,
                          std::span<const FolderTensor> tensors,
                          const std::vector<FolderFile>& tokenizer, bool overwrite) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return make_error(HOLO_IO, "the folder '" + folder + "' cannot be made: " + error.message());
  }
  std::vector<std::string> names = {kWeights, kConfig};
  for (const auto& file : tokenizer) names.push_back(file.name);
  for (const auto& name : names) {
    if (overwrite || !exists(folder + "/" + name)) continue;
    return make_error(
        HOLO_IO, "'" + folder + "/" + name + "' exists; choose another folder or ask to overwrite");
  }
  HOLO_TRY(write_weights(folder + "/" + kWeights, tensors, overwrite));
  for (const auto& file : tokenizer) {
    HOLO_TRY(write_text(folder + "/" + file.name, file.text, overwrite));
  }
  return write_text(folder + "/" + kConfig, config_json(config), overwrite);
}

}  // namespace holo::lm
