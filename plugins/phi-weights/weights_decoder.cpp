// Checks the header against the tensor's shape, then decodes the groups in parallel.
#include "plugins/phi-weights/weights_decoder.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>

#include "plugins/phi-weights/row_group.hpp"
#include "plugins/phi-weights/tensor_header.hpp"
#include "plugins/phi-weights/weights_encoder.hpp"

namespace phi_weights {
namespace {

constexpr std::uint64_t kHeaderLimit = 256;
constexpr std::uint64_t kMostElements = std::uint64_t{1} << 56;

// Rows that a tensor of this shape has; CORRUPT if it cannot be.
std::uint64_t rows_of(const holo::UnitRecord& record, std::uint64_t row_elements) {
  const std::int64_t rows = record.shape.empty() ? 1 : record.shape[0];
  holo::expect(rows >= 0 && row_elements <= kMostElements &&
                   static_cast<std::uint64_t>(rows) <=
                       kMostElements / std::max<std::uint64_t>(row_elements, 1),
               "the shape of a tensor is out of range");
  return static_cast<std::uint64_t>(rows);
}

}  // namespace

void WeightsDecoder::render(const holo::RenderRequest& request, const holo::Unit& out) {
  const holo::Tensor tensor = out.tensor();
  const holo::UnitRecord record = job_.source.unit_info(request.unit());
  const auto row_elements = static_cast<std::uint64_t>(tensor.row_elements());
  const std::uint64_t rows = rows_of(record, row_elements);
  const std::uint64_t first = request.row_begin();
  const std::uint64_t count = request.row_count();
  if (first > rows || count > rows - first || static_cast<std::uint64_t>(tensor.rows()) != count) {
    throw holo::Failure(HOLO_INVALID_ARG,
                        "rows " + std::to_string(first) + " to " + std::to_string(first + count) +
                            " asked of a tensor of " + std::to_string(rows) + " rows",
                        {}, static_cast<std::int64_t>(request.unit()));
  }
  if (tensor.elements() == 0) return;
  const TensorHeader header =
      TensorHeader::read(job_.source.read(kHeaderChunk, request.unit(), 0, kHeaderLimit));
  const std::optional<FloatType> type = float_type(tensor.dtype());
  holo::expect(type.has_value() || !header.coded,
               "a tensor of another type than f32, f16 and bf16 claims to be coded");
  GroupLayout layout;
  layout.type = type.value_or(FloatType::kF32);
  layout.row_elements = row_elements;
  layout.scale_per_row = header.scale_per_row;
  layout.scale = header.scale;
  const PhiGrid grid(header.index_bits, header.deviation_bits);
  const std::uint64_t row_bytes = row_elements * tensor.element_bytes();
  std::vector<std::uint8_t> packed;
  std::uint8_t* target = tensor.bytes();
  if (!tensor.contiguous()) {
    packed.resize(static_cast<std::size_t>(count * row_bytes));
    target = packed.data();
  }
  const std::uint64_t first_group = first / header.group_rows;
  const std::uint64_t last_group = (first + count - 1) / header.group_rows;
  holo::expect(last_group <= UINT32_MAX, "a tensor has more groups of rows than can be named");
  const std::uint64_t groups = last_group - first_group + 1;
  std::atomic<std::uint64_t> done = 0;
  job_.host.parallel_for(groups, [&](std::uint64_t i) {
    const std::uint64_t group = first_group + i;
    const std::uint64_t group_begin = group * header.group_rows;
    GroupLayout mine = layout;
    mine.rows = std::min(header.group_rows, rows - group_begin);
    const std::uint64_t begin = std::max(first, group_begin) - group_begin;
    const std::uint64_t end = std::min(first + count - group_begin, mine.rows);
    const std::optional<holo_chunk> chunk =
        job_.source.find(kRowsChunk, request.unit(), static_cast<std::uint32_t>(group));
    holo::expect(chunk.has_value(), "a group of rows is missing");
    const ChunkReader read = [&](std::uint64_t offset, void* data, std::uint64_t size) {
      job_.source.read(*chunk, offset, data, size);
    };
    std::uint8_t* at = target + (group_begin + begin - first) * row_bytes;
    if (header.coded) {
      decode_rows(grid, mine, chunk->size, read, begin, end - begin, at);
    } else {
      read_verbatim_rows(row_bytes, mine.rows, chunk->size, read, begin, end - begin, at);
    }
    job_.host.progress(static_cast<double>(++done) / static_cast<double>(groups));
  });
  if (!packed.empty()) tensor.copy_from(packed.data());
  job_.host.progress(1);
}

void WeightsDecoder::inspect(const holo::Figures& figures) {
  double weights = 0, bytes = 0, signal = 0, error = 0, verbatim_bytes = 0;
  double coded_tensors = 0, verbatim_tensors = 0;
  for (std::uint64_t unit = 0; unit < job_.source.stream().unit_count(); ++unit) {
    const std::vector<std::uint8_t> head = job_.source.read(kHeaderChunk, unit, 0, kHeaderLimit);
    const TensorHeader header = TensorHeader::read(head);
    const double size = static_cast<double>(header.bytes) + static_cast<double>(head.size());
    if (header.coded) {
      ++coded_tensors;
      weights += static_cast<double>(header.weights);
      bytes += size;
      signal += header.signal;
      error += header.error;
    } else {
      ++verbatim_tensors;
      verbatim_bytes += size;
    }
  }
  figures("coded_tensors", coded_tensors);
  figures("verbatim_tensors", verbatim_tensors);
  figures("verbatim_bytes", verbatim_bytes);
  if (weights == 0) return;
  figures("coded_weights", weights);
  figures("bits_per_weight", 8 * bytes / weights);
  figures("compression_vs_f32", 4 * weights / bytes);
  if (signal > 0) figures("relative_rms_error", std::sqrt(error / signal));
  if (signal > 0 && error > 0) figures("snr_db", 10 * std::log10(signal / error));
}

}  // namespace phi_weights
