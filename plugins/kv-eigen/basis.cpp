// Matrices are rounded to what is saved before they are used, so that a loaded basis gives the same
// rows as the one that was fitted.
#include "plugins/kv-eigen/basis.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <holo/bytes.hpp>

#include "core/spectral/half_float.hpp"
#include "plugins/kv-eigen/kernels.hpp"

namespace holo::kv_eigen {
namespace {

constexpr std::uint32_t kChunk = fourcc("base");
constexpr std::uint8_t kVersion = 1;

void put_float(std::vector<std::uint8_t>& out, float value) {
  put(out, std::bit_cast<std::uint32_t>(value));
}
float get_float(ByteCursor& cursor) {
  const auto value = std::bit_cast<float>(cursor.get<std::uint32_t>());
  expect(std::isfinite(value), "a number of the basis is not finite");
  return value;
}

// The factor of a row: its largest magnitude is 1024 of the factor or less, and a power of two.
float factor_of(const float* row, std::size_t length) {
  float largest = 0;
  for (std::size_t i = 0; i < length; ++i) largest = std::max(largest, std::fabs(row[i]));
  if (!(largest > 0)) return 0;
  return std::ldexp(1.0F, std::clamp(std::ilogb(largest) - 9, -100, 100));
}

void put_rows(std::vector<std::uint8_t>& out, const float* rows, std::size_t count,
              std::size_t stride, std::size_t length) {
  for (std::size_t r = 0; r < count; ++r, rows += stride) {
    const float factor = factor_of(rows, length);
    put_float(out, factor);
    for (std::size_t i = 0; i < length; ++i) {
      put(out, spectral::float_to_half(factor > 0 ? rows[i] / factor : 0.0F));
    }
  }
}

void get_rows(ByteCursor& cursor, float* rows, std::size_t count, std::size_t stride,
              std::size_t length) {
  for (std::size_t r = 0; r < count; ++r, rows += stride) {
    const float factor = get_float(cursor);
    for (std::size_t i = 0; i < length; ++i) {
      rows[i] = factor * spectral::half_to_float(cursor.get<std::uint16_t>());
      expect(std::isfinite(rows[i]), "a number of the basis is not finite");
    }
  }
}

void put_codes(std::vector<std::uint8_t>& out, const std::vector<ComponentCode>& codes) {
  entropy::BinaryEncoder coder;
  for (const ComponentCode& code : codes) {
    for (const float number : {code.quantizer.zero, code.quantizer.rounding,
                               code.quantizer.shrink_one, code.quantizer.shrink}) {
      put_float(out, number);
    }
    code.table.write(coder);
  }
  const std::vector<std::uint8_t> tables = coder.finish();
  put(out, static_cast<std::uint32_t>(tables.size()));
  out.insert(out.end(), tables.begin(), tables.end());
}

SymbolCoder get_codes(ByteCursor& cursor, std::size_t count) {
  std::vector<Quantizer> quantizers(count);
  for (Quantizer& q : quantizers) {
    q.zero = get_float(cursor);
    q.rounding = get_float(cursor);
    q.shrink_one = get_float(cursor);
    q.shrink = get_float(cursor);
    expect(q.zero >= 0.25F && q.zero <= 1 && q.rounding >= 0 && q.rounding <= 1 &&
               std::fabs(q.shrink_one) <= 1 && std::fabs(q.shrink) <= 1,
           "a quantiser of the basis is out of range");
  }
  const auto size = cursor.get<std::uint32_t>();
  const std::uint8_t* tables = cursor.take(size);
  entropy::BinaryDecoder coder(std::span<const std::uint8_t>(tables, size));
  std::vector<ComponentCode> codes;
  for (const Quantizer& q : quantizers) {
    entropy::FrequencyTable table = unwrap(entropy::FrequencyTable::read(coder));
    const std::size_t symbols = table.size();
    expect(symbols >= 4 && symbols % 2 == 0 && symbols <= 2 * kMaxLevel + 2,
           "a table of the basis has a wrong number of symbols");
    for (std::size_t s = 0; s < symbols; ++s) {
      expect(table.frequency(s) > 0, "a symbol of the basis has no frequency");
    }
    codes.push_back({q, std::move(table)});
  }
  return SymbolCoder(std::move(codes));
}

}  // namespace

void round_rows(std::vector<float>& rows, std::size_t length) {
  for (std::size_t at = 0; at + length <= rows.size(); at += length) {
    float* row = rows.data() + at;
    const float factor = factor_of(row, length);
    for (std::size_t i = 0; i < length; ++i) {
      row[i] = factor > 0
                   ? factor * spectral::half_to_float(spectral::float_to_half(row[i] / factor))
                   : 0.0F;
    }
  }
}

std::uint64_t Basis::fixed_bytes() const {
  return (centre.size() + base.size() + analysis.size() + expansion.size()) * sizeof(float) +
         lane_bits.size() + symbols.table_bytes();
}

void Basis::finish() {
  base = centre;
  row_bytes = 0;
  if (coding != Coding::packed) return;
  // A code of b bits stands for code - (2^b - 1) / 2 steps.
  std::vector<double> sum(centre.begin(), centre.end());
  for (std::size_t k = 0; k < components; ++k) {
    const unsigned bits = lane_bits[k / kLane];
    if (bits == 16) continue;
    const double offset = -0.5 * ((1u << bits) - 1u);
    const float* row = expansion.data() + (feature_stride() + k) * joint_stride();
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += offset * row[i];
  }
  for (std::size_t i = 0; i < sum.size(); ++i) base[i] = static_cast<float>(sum[i]);
  for (const std::uint8_t bits : lane_bits) row_bytes += bits;
}

std::vector<float> Basis::coefficients(const float* rows, const float* inputs,
                                       std::size_t count) const {
  const std::size_t stride = joint_stride();
  std::vector<float> residual(count * stride);
  std::vector<float> guess(stride);
  for (std::size_t r = 0; r < count; ++r) {
    guess = centre;
    if (features > 0) {
      kernels().mix(inputs + r * feature_stride(), feature_stride(), 1, expansion.data(), stride,
                    features, stride, guess.data(), stride);
    }
    for (std::size_t i = 0; i < joint(); ++i) {
      residual[r * stride + i] = rows[r * stride + i] - guess[i];
    }
  }
  std::vector<float> out(count * components);
  kernels().score(residual.data(), stride, count, analysis.data(), stride, components, stride,
                  out.data(), components);
  return out;
}

void Basis::save(const Sink& sink, std::uint32_t part) const {
  std::vector<std::uint8_t> out;
  put(out, kVersion);
  put(out, static_cast<std::uint8_t>(coding));
  put(out, static_cast<std::uint16_t>(sites.size()));
  for (const SiteKey& site : sites) {
    put(out, site.kind);
    put(out, site.layer);
  }
  put(out, static_cast<std::uint32_t>(width));
  put(out, static_cast<std::uint32_t>(features));
  put(out, static_cast<std::uint32_t>(components));
  for (std::size_t i = 0; i < joint(); ++i) put_float(out, centre[i]);
  const std::size_t stride = joint_stride();
  put_rows(out, analysis.data(), components, stride, joint());
  put_rows(out, expansion.data(), features, stride, joint());
  put_rows(out, expansion.data() + feature_stride() * stride, components, stride, joint());
  if (coding == Coding::packed) {
    out.insert(out.end(), lane_bits.begin(), lane_bits.end());
  } else {
    put_codes(out, symbols.codes());
  }
  sink.write(kChunk, kSharedUnit, part, 0, out);
}

void Basis::load(const Source& source, std::uint32_t part) {
  const std::vector<std::uint8_t> bytes = source.read(kChunk, kSharedUnit, part);
  ByteCursor cursor(bytes);
  expect(cursor.get<std::uint8_t>() == kVersion, "the basis has an unknown version");
  const auto kind = cursor.get<std::uint8_t>();
  expect(kind <= 1, "the basis has an unknown coding");
  expect(cursor.get<std::uint16_t>() == sites.size(), "the basis is of other sites");
  for (const SiteKey& site : sites) {
    expect(cursor.get<std::int32_t>() == site.kind && cursor.get<std::int32_t>() == site.layer,
           "the basis is of other sites");
  }
  expect(cursor.get<std::uint32_t>() == width, "the basis is of rows of another width");
  expect(cursor.get<std::uint32_t>() == features, "the basis predicts from other inputs");
  const std::size_t count = cursor.get<std::uint32_t>();
  expect(count >= 1 && count <= joint(), "the basis has an impossible number of components");
  // What follows is at least so long; nothing is allocated before that is known.
  expect(cursor.left() >= 4 * joint() + (2 * count + features) * (4 + 2 * joint()),
         "the basis is cut");
  Basis read;
  read.sites = sites;
  read.width = width;
  read.features = features;
  read.components = count;
  read.coding = static_cast<Coding>(kind);
  const std::size_t stride = joint_stride();
  read.centre.assign(stride, 0);
  for (std::size_t i = 0; i < joint(); ++i) read.centre[i] = get_float(cursor);
  read.analysis.assign(count * stride, 0);
  read.expansion.assign(read.depth() * stride, 0);
  get_rows(cursor, read.analysis.data(), count, stride, joint());
  get_rows(cursor, read.expansion.data(), features, stride, joint());
  get_rows(cursor, read.expansion.data() + feature_stride() * stride, count, stride, joint());
  if (read.coding == Coding::packed) {
    const std::size_t lane_count = lanes(count) / kLane;
    const std::uint8_t* bits = cursor.take(lane_count);
    read.lane_bits.assign(bits, bits + lane_count);
    for (const std::uint8_t b : read.lane_bits) {
      expect(b <= 6 || b == 8 || b == 16, "the basis has an impossible width in bits");
    }
  } else {
    read.symbols = get_codes(cursor, count);
  }
  expect(cursor.left() == 0, "the basis is longer than it should be");
  read.finish();
  *this = std::move(read);
}

}  // namespace holo::kv_eigen
