// Tensors of one or more mapped safetensors files, converted to f32 as they are asked for.
#include "core/lm/weights.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>

#include "core/lm/json_file.hpp"
#include "core/lm/mapped_file.hpp"
#include "core/lm/shard_index.hpp"
#include "core/media/tensors.hpp"
#include "core/spectral/half_float.hpp"

namespace holo::lm {
namespace {

constexpr std::uint64_t kLargestIndex = std::uint64_t{16} << 20;

std::optional<Dtype> weight_type(DLDataType type) {
  const std::string name = dtype_name(type);
  if (name == "f32") return Dtype::f32;
  if (name == "f16") return Dtype::f16;
  if (name == "bf16") return Dtype::bf16;
  return std::nullopt;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "{";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + "}";
}

}  // namespace

struct Weights::State {
  std::vector<std::unique_ptr<MappedFile>> files;
  std::vector<TensorInfo> tensors;
  std::vector<std::span<const std::uint8_t>> samples;  // as tensors
  std::map<std::string, std::size_t> by_name;
  std::map<std::string, std::string> other_types;  // tensors that are not weights, such as masks

  Status add(const std::string& folder, const std::string& name);
  Status check_index(const ShardIndex& index, const std::string& path) const;
};

Status Weights::State::add(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  HOLO_ASSIGN(auto file, MappedFile::open(path));
  auto opened = media::open_tensors(*file);
  if (!opened.ok()) return std::move(opened).error().in("'" + path + "'");
  const auto& listed = **opened;
  for (std::size_t i = 0; i < listed.tensors().size(); ++i) {
    const auto& info = listed.tensors()[i];
    const std::int64_t offset = listed.sample_offset(i);
    if (offset < 0) {
      return make_error(HOLO_UNSUPPORTED, "'" + path + "' is no safetensors file");
    }
    const auto type = weight_type(info.dtype);
    if (!type) {
      other_types[info.name] = dtype_name(info.dtype);
      continue;
    }
    std::uint64_t count = 1;
    for (const auto extent : info.shape) count *= static_cast<std::uint64_t>(extent);
    if (!by_name.emplace(info.name, tensors.size()).second) {
      return make_error(HOLO_CORRUPT, "'" + path + "': tensor '" + info.name.substr(0, 80) +
                                          "' is in another file of the folder too");
    }
    const std::uint64_t bytes = count * (*type == Dtype::f32 ? 4 : 2);
    samples.push_back(
        file->bytes().subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes)));
    tensors.push_back({info.name, *type, info.shape, name});
  }
  files.push_back(std::move(file));
  return {};
}

Status Weights::State::check_index(const ShardIndex& index, const std::string& path) const {
  for (const auto& [tensor, shard] : index.shard_of) {
    if (other_types.count(tensor) != 0) continue;
    const auto found = by_name.find(tensor);
    if (found == by_name.end() || tensors[found->second].file != shard) {
      return make_error(HOLO_CORRUPT, "'" + path + "' says that '" + shard + "' has tensor '" +
                                          tensor.substr(0, 80) +
                                          "', which is not there; fetch both again");
    }
  }
  return {};
}

Result<std::unique_ptr<Weights>> Weights::open_file(const std::string& path) {
  std::unique_ptr<Weights> weights(new Weights);
  const std::filesystem::path file(path);
  const std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
  HOLO_TRY(weights->state_->add(folder, file.filename().string()));
  return weights;
}

Weights::Weights() : state_(std::make_unique<State>()) {}
Weights::~Weights() = default;

Result<std::unique_ptr<Weights>> Weights::open(const std::string& folder) {
  std::unique_ptr<Weights> weights(new Weights);
  const std::string single = "model.safetensors";
  const std::string index_path = folder + "/model.safetensors.index.json";
  std::error_code ignored;
  if (std::filesystem::exists(folder + "/" + single, ignored)) {
    HOLO_TRY(weights->state_->add(folder, single));
    return weights;
  }
  if (!std::filesystem::exists(index_path, ignored)) {
    return make_error(HOLO_NOT_FOUND, "'" + folder +
                                          "' has no weights; expected model.safetensors or "
                                          "model.safetensors.index.json with its shards");
  }
  HOLO_ASSIGN(const auto text, read_text_file(index_path, kLargestIndex));
  HOLO_ASSIGN(const auto index, parse_shard_index(text, "'" + index_path + "'"));
  for (const auto& shard : index.shards) {
    auto added = weights->state_->add(folder, shard);
    if (added.ok()) continue;
    if (added.error().code == HOLO_NOT_FOUND) {
      return make_error(HOLO_NOT_FOUND, "'" + index_path + "' lists the shard '" + shard +
                                            "', which is not in the folder; fetch it too");
    }
    return std::move(added).error();
  }
  HOLO_TRY(weights->state_->check_index(index, index_path));
  return weights;
}

std::span<const TensorInfo> Weights::tensors() const { return state_->tensors; }

const TensorInfo* Weights::find(const std::string& name) const {
  const auto lookup = [this](const std::string& key) -> const TensorInfo* {
    const auto found = state_->by_name.find(key);
    return found == state_->by_name.end() ? nullptr : &state_->tensors[found->second];
  };
  if (const auto* found = lookup(name)) return found;
  for (const std::string prefix : {"transformer.", "model."}) {
    if (const auto* found = lookup(prefix + name)) return found;
    if (name.rfind(prefix, 0) == 0) {
      if (const auto* found = lookup(name.substr(prefix.size()))) return found;
    }
  }
  return nullptr;
}

Result<std::vector<float>> Weights::read(const std::string& name,
                                         std::span<const std::int64_t> shape) const {
  const TensorInfo* info = find(name);
  if (info == nullptr) {
    const auto other = state_->other_types.find(name);
    if (other != state_->other_types.end()) {
      return make_error(HOLO_UNSUPPORTED, "tensor '" + name + "' has elements of type " +
                                              other->second + "; expected f32, f16 or bf16");
    }
    return make_error(HOLO_NOT_FOUND, "the model has no tensor '" + name + "' of " +
                                          shape_text(shape) + " among its " +
                                          std::to_string(state_->tensors.size()));
  }
  if (!std::equal(shape.begin(), shape.end(), info->shape.begin(), info->shape.end())) {
    return make_error(HOLO_INVALID_ARG, "tensor '" + name + "' in '" + info->file + "': expected " +
                                            shape_text(shape) + ", found " +
                                            shape_text(info->shape));
  }
  const auto bytes = state_->samples[static_cast<std::size_t>(info - state_->tensors.data())];
  if (info->dtype == Dtype::f32) {
    std::vector<float> values(bytes.size() / sizeof(float));
    if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  std::vector<float> values(bytes.size() / sizeof(std::uint16_t));
  const bool half = info->dtype == Dtype::f16;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + i * sizeof bits, sizeof bits);
    values[i] = half ? spectral::half_to_float(bits) : spectral::bfloat_to_float(bits);
  }
  return values;
}

}  // namespace holo::lm
