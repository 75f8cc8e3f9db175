// Decides what is coded, codes the groups in parallel, writes them in order.
#include "plugins/phi-weights/weights_encoder.hpp"

#include <algorithm>
#include <atomic>
#include <string>

#include "plugins/phi-weights/row_group.hpp"

namespace phi_weights {

WeightsEncoder::WeightsEncoder(const holo::EncodeJob& job)
    : job_(job),
      grid_(job.params.choice("levels") == "64" ? 6 : 5,
            static_cast<int>(job.params.integer("deviation_bits"))),
      entropy_(job.params.boolean("entropy")),
      scale_per_row_(job.params.choice("scale") == "row") {}

void WeightsEncoder::push(const holo::Unit& unit) {
  const holo::Tensor tensor = unit.tensor();
  const auto elements = static_cast<std::uint64_t>(tensor.elements());
  std::vector<std::uint8_t> packed;
  const std::uint8_t* data = tensor.bytes();
  if (!tensor.contiguous()) {
    packed.resize(static_cast<std::size_t>(elements) * tensor.element_bytes());
    tensor.copy_to(packed.data());
    data = packed.data();
  }
  const std::optional<FloatType> type = float_type(tensor.dtype());
  GroupLayout layout;
  layout.row_elements = static_cast<std::uint64_t>(tensor.row_elements());
  TensorHeader header;
  header.coded = type.has_value() && tensor.elements() >= kFewestCoded &&
                 static_cast<std::size_t>(grid_.code_bits()) < 8 * byte_size(*type);
  header.index_bits = static_cast<std::uint8_t>(grid_.index_bits());
  header.deviation_bits = static_cast<std::uint8_t>(grid_.deviation_bits());
  header.group_rows = rows_per_group(layout.row_elements);
  header.weights = elements;
  if (header.coded) {
    header.scale_per_row = scale_per_row_ && tensor.rank() > 1;
    if (!header.scale_per_row) header.scale = extent_of(*type, data, elements).largest;
    layout.type = *type;
    layout.scale = header.scale;
    layout.scale_per_row = header.scale_per_row;
  }
  const auto rows = elements == 0 ? 0 : static_cast<std::uint64_t>(tensor.rows());
  const std::uint64_t row_bytes = layout.row_elements * tensor.element_bytes();
  std::vector<EncodedGroup> groups((rows + header.group_rows - 1) / header.group_rows);
  if (groups.size() > UINT32_MAX) {
    throw holo::Failure(HOLO_UNSUPPORTED,
                        "tensor '" + unit.name() + "' has more than 2^32 groups of rows", {},
                        static_cast<std::int64_t>(unit.index()));
  }
  const std::uint64_t count = std::max<std::uint64_t>(job_.stream.unit_count(), unit.index() + 1);
  std::atomic<std::uint64_t> done = 0;
  job_.host.parallel_for(groups.size(), [&](std::uint64_t g) {
    GroupLayout mine = layout;
    mine.rows = std::min(header.group_rows, rows - g * header.group_rows);
    const std::uint8_t* begin = data + g * header.group_rows * row_bytes;
    if (header.coded) {
      groups[g] = encode_group(grid_, mine, entropy_, begin);
    } else {
      groups[g].bytes = verbatim_group(begin, static_cast<std::size_t>(mine.rows * row_bytes));
    }
    const double part = static_cast<double>(++done) / static_cast<double>(groups.size());
    job_.host.progress((static_cast<double>(unit.index()) + part) / static_cast<double>(count),
                       unit.name().c_str());
  });
  for (const EncodedGroup& group : groups) {
    header.bytes += group.bytes.size();
    header.signal += group.signal;
    header.error += group.error;
  }
  job_.sink.write(kHeaderChunk, unit.index(), 0, HOLO_CHUNK_KEY, header.write());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    job_.sink.write(kRowsChunk, unit.index(), static_cast<std::uint32_t>(g), 0, groups[g].bytes);
  }
  job_.host.progress(static_cast<double>(unit.index() + 1) / static_cast<double>(count),
                     unit.name().c_str());
}

}  // namespace phi_weights
