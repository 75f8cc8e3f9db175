// Quantisation, and products on the packed levels.
#include "plugins/kv-quant/level_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace holo::kv {
namespace {

constexpr std::size_t kOctet = 8;
constexpr std::size_t kMixRows = 64;  // whose ranges are unpacked at a time

// Rounded up: a scale below the wanted one would cut the largest value off.
Half scale_above(float wanted) {
  if (!(wanted > 0)) return from_float<Half>(0.0F);
  Half scale = from_float<Half>(wanted);
  Half next = scale;
  ++next.bits;
  if (to_float(scale) < wanted && is_finite(next)) scale = next;
  return scale;
}

}  // namespace

void LevelRows::quantise(const float* values, std::size_t count, Range& range,
                         std::uint8_t* levels) const {
  const auto [low, high] = std::minmax_element(values, values + count);
  const auto top = static_cast<float>((1 << format_.bits) - 1);
  range.minimum = from_float<Half>(*low);
  range.scale = scale_above((*high - to_float(range.minimum)) / top);
  const float minimum = to_float(range.minimum);
  const float scale = to_float(range.scale);
  for (std::size_t i = 0; i < count; ++i) {
    const float level = scale > 0 ? std::round((values[i] - minimum) / scale) : 0.0F;
    levels[i] = static_cast<std::uint8_t>(std::clamp(level, 0.0F, top));
  }
}

void LevelRows::push_block(const float* rows) {
  const LevelFormat& f = format_;
  const std::size_t dim = f.shape.head_dim;
  const std::size_t padded = f.octets() * kOctet;
  const std::size_t block = f.block();
  // Levels by row, head and channel, those past head_dim 0.
  std::vector<std::uint8_t> levels(block * f.shape.kv_heads * padded);
  const auto place = [&](std::size_t row, std::size_t head, std::size_t channel) {
    return levels.data() + (row * f.shape.kv_heads + head) * padded + channel;
  };
  std::vector<float> group(f.group);
  std::vector<std::uint8_t> of_group(f.group);
  for (std::size_t head = 0; head < f.shape.kv_heads; ++head) {
    for (std::size_t g = 0; g < f.groups_of_head(); ++g) {
      Range range{};
      if (!f.per_channel) {
        const std::size_t first = g * f.group;
        const std::size_t count = first < dim ? std::min(f.group, dim - first) : 0;
        if (count > 0) quantise(rows + head * dim + first, count, range, place(0, head, first));
      } else if (g < dim) {
        for (std::size_t r = 0; r < block; ++r) {
          group[r] = rows[r * f.shape.width() + head * dim + g];
        }
        quantise(group.data(), block, range, of_group.data());
        for (std::size_t r = 0; r < block; ++r) *place(r, head, g) = of_group[r];
      }
      ranges_.push_back(range);
    }
  }
  pack(levels);
}

void LevelRows::pack(const std::vector<std::uint8_t>& levels) {
  for (std::size_t at = 0; at < levels.size(); at += kOctet) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < kOctet; ++i) {
      word |= std::uint64_t{levels[at + i]} << (i * static_cast<std::size_t>(format_.bits));
    }
    for (int i = 0; i < format_.bits; ++i) {
      levels_.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
    }
  }
}

const Range& LevelRows::range_of(std::size_t row, std::size_t head, std::size_t channel) const {
  const std::size_t group = format_.per_channel ? channel : channel / format_.group;
  return ranges_[row / format_.block() * format_.ranges_of_block() +
                 head * format_.groups_of_head() + group];
}

void LevelRows::read(std::size_t row, float* out) const {
  const std::size_t dim = format_.shape.head_dim;
  const auto bits = static_cast<std::size_t>(format_.bits);
  for (std::size_t head = 0; head < format_.shape.kv_heads; ++head) {
    const std::uint8_t* bytes =
        levels_.data() + row * format_.row_bytes() + head * format_.head_bytes();
    for (std::size_t d = 0; d < dim; ++d) {
      const std::uint8_t* octet = bytes + d / kOctet * bits;
      std::uint64_t word = 0;
      for (std::size_t i = 0; i < bits; ++i) word |= std::uint64_t{octet[i]} << (8 * i);
      const auto level = static_cast<float>((word >> (d % kOctet * bits)) & ((1u << bits) - 1u));
      const Range& range = range_of(row, head, d);
      out[head * dim + d] = to_float(range.minimum) + to_float(range.scale) * level;
    }
  }
}

void LevelRows::keep_blocks(std::size_t blocks) {
  levels_.resize(blocks * format_.block() * format_.row_bytes());
  ranges_.resize(blocks * format_.ranges_of_block());
}

void LevelRows::clear() {
  std::vector<std::uint8_t>().swap(levels_);
  std::vector<Range>().swap(ranges_);
}

void LevelRows::score(const ConstMatrix& query, const Matrix& scores, std::size_t column) const {
  const LevelFormat& f = format_;
  const std::size_t sharing = f.shape.sharing(query.height(), query.width());
  const std::size_t padded = f.octets() * kOctet;
  const auto& kernel = kernels().levels[static_cast<std::size_t>(f.bits)];
  std::vector<float> scaled(padded);
  for (std::size_t first = 0; first < count(); first += f.block()) {
    for (std::int64_t h = 0; h < query.height(); ++h) {
      const std::size_t head = static_cast<std::size_t>(h) / sharing;
      // The scales go into the query, once for a block.
      float offset = 0;
      for (std::size_t d = 0; d < f.shape.head_dim; ++d) {
        const Range& range = range_of(first, head, d);
        scaled[d] = query.row(h)[d] * to_float(range.scale);
        offset += query.row(h)[d] * to_float(range.minimum);
      }
      kernel.score(scaled.data(), levels_.data() + first * f.row_bytes() + head * f.head_bytes(),
                   f.row_bytes(), f.block(), f.octets(), offset, scores.row(h) + column + first);
    }
  }
}

void LevelRows::add_mix(const ConstMatrix& weights, std::size_t column, const Matrix& out) const {
  const LevelFormat& f = format_;
  const std::size_t sharing = f.shape.sharing(out.height(), out.width());
  const std::size_t groups = f.groups_of_head();
  const std::size_t octets_of_group = f.per_channel ? 1 : f.group / kOctet;
  if (f.per_channel) throw Failure(HOLO_INTERNAL, "values are quantised row by row");
  const auto& kernel = kernels().levels[static_cast<std::size_t>(f.bits)];
  std::vector<float> scales(kMixRows * groups);
  std::vector<float> minima(kMixRows * groups);
  std::vector<float> weighed_scales(kMixRows * groups);
  std::vector<float> weighed_minima(kMixRows * groups);
  std::vector<float> sum(f.octets() * kOctet);
  for (std::size_t head = 0; head < f.shape.kv_heads; ++head) {
    for (std::size_t first = 0; first < count(); first += kMixRows) {
      const std::size_t rows = std::min(kMixRows, count() - first);
      for (std::size_t i = 0; i < rows * groups; ++i) {
        const Range& range =
            ranges_[(first + i / groups) * f.ranges_of_block() + head * groups + i % groups];
        scales[i] = to_float(range.scale);
        minima[i] = to_float(range.minimum);
      }
      for (std::size_t q = head * sharing; q < (head + 1) * sharing; ++q) {
        const float* weight = weights.row(static_cast<std::int64_t>(q)) + column + first;
        for (std::size_t i = 0; i < rows * groups; ++i) {
          weighed_scales[i] = weight[i / groups] * scales[i];
          weighed_minima[i] = weight[i / groups] * minima[i];
        }
        std::fill(sum.begin(), sum.end(), 0.0F);
        kernel.mix(weighed_scales.data(), weighed_minima.data(), groups, octets_of_group,
                   levels_.data() + first * f.row_bytes() + head * f.head_bytes(), f.row_bytes(),
                   rows, f.octets(), sum.data());
        float* to = out.row(static_cast<std::int64_t>(q));
        for (std::size_t d = 0; d < f.shape.head_dim; ++d) to[d] += sum[d];
      }
    }
  }
}

void LevelRows::store(StateWriter& out) const {
  out.array(levels_);
  out.array(ranges_);
}

void LevelRows::restore(StateReader& in, std::uint64_t rows) {
  std::vector<std::uint8_t> levels = in.array<std::uint8_t>(rows, format_.row_bytes());
  std::vector<Range> ranges = in.array<Range>(rows / format_.block(), format_.ranges_of_block());
  for (const Range& range : ranges) {
    if (is_finite(range.scale) && is_finite(range.minimum)) continue;
    throw Failure(HOLO_CORRUPT, "the stored cache holds a range that is not finite");
  }
  levels_ = std::move(levels);
  ranges_ = std::move(ranges);
}

}  // namespace holo::kv
