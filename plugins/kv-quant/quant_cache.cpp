// Which row is where.
#include "plugins/kv-quant/quant_cache.hpp"

#include <algorithm>

#include "plugins/kv-quant/hadamard.hpp"

namespace holo::kv {
namespace {

constexpr std::uint32_t kType = fourcc("qnt1");

// A copy of `rows`, head_dim numbers a row, each rotated.
std::vector<float> rotated(const ConstMatrix& rows) {
  std::vector<float> copy;
  for (std::int64_t y = 0; y < rows.height(); ++y) {
    copy.insert(copy.end(), rows.row(y), rows.row(y) + rows.width());
  }
  rotate_heads(copy.data(), static_cast<std::size_t>(rows.height()),
               static_cast<std::size_t>(rows.width()));
  return copy;
}

}  // namespace

QuantCache::QuantCache(const QuantOptions& options)
    : options_(options),
      sinks_(options.format.shape.width()),
      coded_(options.format),
      tail_(options.format.shape.width()) {}

void QuantCache::append(const ConstMatrix& rows) {
  check_rows(rows);
  for (std::int64_t y = 0; y < rows.height(); ++y) {
    if (sinks_.count() < options_.sinks) {
      sinks_.push(rows.row(y));
    } else {
      tail_.push(rows.row(y));
    }
  }
  quantise_old_rows();
}

void QuantCache::quantise_old_rows() {
  const RowShape& shape = options_.format.shape;
  const std::size_t block = options_.format.block();
  std::vector<float> rows(block * shape.width());
  std::size_t done = 0;
  for (; tail_.count() - done >= options_.recent + block; done += block) {
    for (std::size_t r = 0; r < block; ++r) {
      float* row = rows.data() + r * shape.width();
      tail_.read(done + r, row);
      if (options_.rotate) rotate_heads(row, shape.kv_heads, shape.head_dim);
    }
    coded_.push_block(rows.data());
  }
  if (done > 0) tail_.drop_front(done);
}

void QuantCache::read_quantised(std::size_t row, float* out) const {
  const RowShape& shape = options_.format.shape;
  coded_.read(row, out);
  if (options_.rotate) rotate_heads(out, shape.kv_heads, shape.head_dim);
}

void QuantCache::materialise(std::uint64_t begin, const Matrix& out) {
  const std::size_t tail_begin = sinks_.count() + coded_.count();
  for (std::int64_t y = 0; y < out.height(); ++y) {
    const std::size_t p = static_cast<std::size_t>(begin) + static_cast<std::size_t>(y);
    if (p < sinks_.count()) {
      sinks_.read(p, out.row(y));
    } else if (p < tail_begin) {
      read_quantised(p - sinks_.count(), out.row(y));
    } else {
      tail_.read(p - tail_begin, out.row(y));
    }
  }
}

void QuantCache::score(const ConstMatrix& query, const Matrix& scores) {
  const RowShape& shape = options_.format.shape;
  score_into(shape, sinks_, 0, sinks_.count(), query, scores, 0);
  if (options_.rotate) {
    const std::vector<float> turned = rotated(query);
    coded_.score(ConstMatrix(turned.data(), query.width(), query.height(), query.width()), scores,
                 sinks_.count());
  } else {
    coded_.score(query, scores, sinks_.count());
  }
  score_into(shape, tail_, 0, tail_.count(), query, scores, sinks_.count() + coded_.count());
}

void QuantCache::mix(const ConstMatrix& weights, const Matrix& out) {
  const RowShape& shape = options_.format.shape;
  clear(out);
  coded_.add_mix(weights, sinks_.count(), out);
  for (std::int64_t h = 0; h < out.height() && options_.rotate; ++h) {
    rotate_heads(out.row(h), 1, shape.head_dim);
  }
  mix_into(shape, sinks_, 0, sinks_.count(), weights, 0, out);
  mix_into(shape, tail_, 0, tail_.count(), weights, sinks_.count() + coded_.count(), out);
}

void QuantCache::trim(std::uint64_t positions) {
  const auto count = static_cast<std::size_t>(positions);
  const std::size_t block = options_.format.block();
  if (count >= sinks_.count() + coded_.count()) {
    tail_.keep(count - sinks_.count() - coded_.count());
    return;
  }
  const std::size_t coded = count > sinks_.count() ? count - sinks_.count() : 0;
  const std::size_t whole = coded / block * block;
  std::vector<float> row(options_.format.shape.width());
  FloatRows<Half> tail(options_.format.shape.width());
  for (std::size_t r = whole; r < coded; ++r) {
    read_quantised(r, row.data());
    tail.push(row.data());
  }
  tail_ = std::move(tail);
  coded_.keep_blocks(whole / block);
  sinks_.keep(std::min(count, sinks_.count()));
}

KvBytes QuantCache::bytes() const {
  return {sinks_.count() + coded_.count() + tail_.count(),
          sinks_.bytes() + coded_.bytes() + tail_.bytes(), 0};
}

void QuantCache::reset() {
  sinks_.clear();
  coded_.clear();
  tail_.clear();
}

void QuantCache::store(const Sink& sink, std::uint64_t unit) const {
  StateWriter out;
  out.number(options_.format.shape.kv_heads);
  out.number(options_.format.shape.head_dim);
  out.number(static_cast<std::uint64_t>(options_.format.bits));
  out.number(options_.format.group);
  out.number(options_.format.per_channel ? 1 : 0);
  out.number(options_.rotate ? 1 : 0);
  out.number(sinks_.count());
  out.number(coded_.count());
  out.number(tail_.count());
  out.array(sinks_.values());
  coded_.store(out);
  out.array(tail_.values());
  out.write(sink, kType, unit);
}

void QuantCache::restore(const Source& source, std::uint64_t unit) {
  StateReader in(source, kType, unit);
  const LevelFormat& format = options_.format;
  in.match(format.shape.kv_heads, "heads:");
  in.match(format.shape.head_dim, "a head dimension of");
  in.match(static_cast<std::uint64_t>(format.bits), "bits:");
  in.match(format.group, "groups of");
  in.match(format.per_channel ? 1 : 0, "groups by channel:");
  in.match(options_.rotate ? 1 : 0, "rotation:");
  const std::uint64_t sinks = in.number();
  const std::uint64_t coded = in.number();
  const std::uint64_t tail = in.number();
  if (sinks > options_.sinks || (sinks < options_.sinks && coded + tail > 0) ||
      coded % format.block() != 0) {
    throw Failure(HOLO_CORRUPT, "the counts of the stored cache contradict each other");
  }
  auto first = in.finite<Half>(sinks, format.shape.width());
  LevelRows levels(format);
  levels.restore(in, coded);
  auto last = in.finite<Half>(tail, format.shape.width());
  in.end();
  sinks_.assign(std::move(first));
  coded_ = std::move(levels);
  tail_.assign(std::move(last));
}

}  // namespace holo::kv
