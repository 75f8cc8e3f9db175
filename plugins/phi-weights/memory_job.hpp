// An encode and decode job in memory, for the tests of this plugin: host, sink, source, tensors.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <holo/codec.hpp>

#include "plugins/phi-weights/weights_decoder.hpp"
#include "plugins/phi-weights/weights_encoder.hpp"

namespace phi_weights {

// A packed tensor with its description.
struct NamedTensor {
  std::string name;
  DLDataType dtype{};
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> bytes;

  [[nodiscard]] std::size_t element_bytes() const { return dtype.bits / 8; }
  [[nodiscard]] std::size_t row_bytes() const {
    std::size_t size = element_bytes();
    for (std::size_t i = 1; i < shape.size(); ++i) size *= static_cast<std::size_t>(shape[i]);
    return size;
  }
};

inline NamedTensor make_tensor(std::string name, DLDataType dtype,
                               std::vector<std::int64_t> shape) {
  NamedTensor tensor{std::move(name), dtype, std::move(shape), {}};
  const std::size_t rows = tensor.shape.empty() ? 1 : static_cast<std::size_t>(tensor.shape[0]);
  tensor.bytes.resize(rows * tensor.row_bytes());
  return tensor;
}

// A view of some rows of a tensor as a unit; must outlive its use.
class UnitView {
 public:
  UnitView(const NamedTensor& tensor, std::uint64_t index, std::uint8_t* data, std::int64_t rows)
      : shape_(tensor.shape), strides_(tensor.shape.size(), 1) {
    if (!shape_.empty()) shape_[0] = rows;
    for (std::size_t i = shape_.size(); i-- > 1;) strides_[i - 1] = strides_[i] * shape_[i];
    tensor_.data = data;
    tensor_.device = {kDLCPU, 0};
    tensor_.ndim = static_cast<std::int32_t>(shape_.size());
    tensor_.dtype = tensor.dtype;
    tensor_.shape = shape_.data();
    tensor_.strides = strides_.data();
    unit_.struct_size = sizeof unit_;
    unit_.kind = HOLO_TENSOR;
    unit_.index = index;
    unit_.name = tensor.name.c_str();
    unit_.tensor_count = 1;
    unit_.tensors = &pointer_;
  }
  UnitView(const UnitView&) = delete;
  UnitView& operator=(const UnitView&) = delete;
  [[nodiscard]] holo::Unit unit() const { return holo::Unit(&unit_); }
  DLTensor& raw() { return tensor_; }

 private:
  std::vector<std::int64_t> shape_, strides_;
  DLTensor tensor_{};
  const DLTensor* pointer_ = &tensor_;
  holo_unit unit_{};
};

using Chunks = std::map<std::tuple<std::uint64_t, std::uint32_t, std::uint32_t>,
                        std::vector<std::uint8_t>>;  // unit, type, part

struct Options {
  std::string levels = "32";
  std::int64_t deviation_bits = 8;
  std::string scale = "tensor";
  bool entropy = false;
};

class MemoryJob {
 public:
  explicit MemoryJob(std::vector<NamedTensor> tensors) : tensors_(std::move(tensors)) {
    host_.struct_size = sizeof host_;
    host_.workers = 1;
    sink_ = {sizeof sink_, 0, this, &write};
    stream_.struct_size = sizeof stream_;
    stream_.kind = HOLO_TENSOR;
    stream_.unit_count = tensors_.size();
    source_ = {sizeof source_, 1, this, &stream_, nullptr, &unit_info, &find, nullptr, &read};
  }
  MemoryJob(const MemoryJob&) = delete;
  MemoryJob& operator=(const MemoryJob&) = delete;

  void encode(const Options& options) {
    chunks.clear();
    const std::vector<holo_param_value> values = {
        {sizeof(holo_param_value), HOLO_PARAM_CHOICE, "levels", 0, 0, options.levels.c_str()},
        {sizeof(holo_param_value), HOLO_PARAM_INT, "deviation_bits", options.deviation_bits, 0,
         nullptr},
        {sizeof(holo_param_value), HOLO_PARAM_CHOICE, "scale", 0, 0, options.scale.c_str()},
        {sizeof(holo_param_value), HOLO_PARAM_BOOL, "entropy", options.entropy ? 1 : 0, 0,
         nullptr}};
    std::vector<const holo_param_value*> rows;
    for (const holo_param_value& value : values) rows.push_back(&value);
    const holo_params params = {sizeof params, static_cast<std::uint32_t>(rows.size()),
                                rows.data()};
    WeightsEncoder encoder(
        {holo::Host(&host_), holo::Params(&params), holo::Stream(&stream_), holo::Sink(&sink_)});
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      NamedTensor& tensor = tensors_[i];
      const UnitView view(tensor, i, tensor.bytes.data(),
                          tensor.shape.empty() ? 1 : tensor.shape[0]);
      encoder.push(view.unit());
    }
    encoder.finish();
  }

  // Rows of one tensor; throws what the decoder throws.
  std::vector<std::uint8_t> render(std::size_t index, std::int64_t first, std::int64_t count) {
    NamedTensor& tensor = tensors_[index];
    std::vector<std::uint8_t> out(static_cast<std::size_t>(count) * tensor.row_bytes(), 0xCD);
    const UnitView view(tensor, index, out.data(), count);
    render_into(index, first, count, view.unit());
    return out;
  }
  void render_into(std::size_t index, std::int64_t first, std::int64_t count,
                   const holo::Unit& unit) {
    holo_render_request request{};
    request.struct_size = sizeof request;
    request.unit = index;
    request.row_begin = static_cast<std::uint64_t>(first);
    request.row_count = static_cast<std::uint64_t>(count);
    decoder().render(holo::RenderRequest(&request), unit);
  }
  std::vector<std::uint8_t> render(std::size_t index) {
    const NamedTensor& tensor = tensors_[index];
    return render(index, 0, tensor.shape.empty() ? 1 : tensor.shape[0]);
  }
  std::map<std::string, double> inspect() {
    std::map<std::string, double> figures;
    decoder().inspect(holo::Figures(&figures, [](void* user, const char* key, double value) {
      (*static_cast<std::map<std::string, double>*>(user))[key] = value;
    }));
    return figures;
  }
  [[nodiscard]] const std::vector<NamedTensor>& tensors() const { return tensors_; }

  Chunks chunks;
  std::uint64_t bytes_read = 0;

 private:
  WeightsDecoder decoder() {
    return WeightsDecoder({holo::Host(&host_), holo::Params(), holo::Source(&source_)});
  }
  static MemoryJob& self(void* ctx) { return *static_cast<MemoryJob*>(ctx); }
  static holo_status write(void* ctx, const holo_chunk* chunk, const void* data, holo_error*) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    const bool fresh =
        self(ctx)
            .chunks.try_emplace({chunk->unit, chunk->type, chunk->part}, bytes, bytes + chunk->size)
            .second;
    return fresh ? HOLO_OK : HOLO_INVALID_ARG;
  }
  static holo_status unit_info(void* ctx, std::uint64_t unit, holo_unit_info* out) {
    if (unit >= self(ctx).tensors_.size()) return HOLO_NOT_FOUND;
    const NamedTensor& tensor = self(ctx).tensors_[unit];
    out->kind = HOLO_TENSOR;
    out->index = unit;
    out->name = tensor.name.c_str();
    out->dtype = tensor.dtype;
    out->ndim = static_cast<std::int32_t>(tensor.shape.size());
    out->shape = tensor.shape.data();
    return HOLO_OK;
  }
  static holo_status find(void* ctx, std::uint32_t type, std::uint64_t unit, std::uint32_t part,
                          holo_chunk* out) {
    const auto found = self(ctx).chunks.find({unit, type, part});
    if (found == self(ctx).chunks.end()) return HOLO_NOT_FOUND;
    *out = {sizeof *out, type, unit, part, 0, found->second.size()};
    return HOLO_OK;
  }
  static holo_status read(void* ctx, const holo_chunk* chunk, std::uint64_t offset, void* data,
                          std::uint64_t size, holo_error*) {
    const std::vector<std::uint8_t>& bytes =
        self(ctx).chunks.at({chunk->unit, chunk->type, chunk->part});
    if (offset > bytes.size() || size > bytes.size() - offset) return HOLO_INVALID_ARG;
    if (size > 0) std::memcpy(data, bytes.data() + offset, size);
    self(ctx).bytes_read += size;
    return HOLO_OK;
  }

  std::vector<NamedTensor> tensors_;
  holo_host host_{};
  holo_sink sink_{};
  holo_stream stream_{};
  holo_source source_{};
};

}  // namespace phi_weights
