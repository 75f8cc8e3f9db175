// Reading of a GroupStore. Coded rows without rotation never take their own shape: a query goes
// into the space of the coefficients once, and what is mixed there comes back once.
#include <algorithm>
#include <string>

#include "plugins/kv-eigen/group_store.hpp"
#include "plugins/kv-eigen/kernels.hpp"

namespace holo::kv_eigen {
namespace {

constexpr std::uint64_t kChunk = 64;         // positions in working memory at a time
constexpr std::uint64_t kTurnedChunk = 256;  // where they come from a product

std::vector<float> contiguous(const ConstMatrix& matrix) {
  std::vector<float> out;
  for (std::int64_t r = 0; r < matrix.height(); ++r) {
    out.insert(out.end(), matrix.row(r), matrix.row(r) + matrix.width());
  }
  return out;
}

}  // namespace

std::size_t GroupStore::group_of(std::int64_t heads, std::int64_t head_dim) const {
  const auto dim = static_cast<std::int64_t>(rules_->head_dim);
  const std::int64_t kv_heads = static_cast<std::int64_t>(width_) / dim;
  if (head_dim != dim || heads % kv_heads != 0) {
    fail(HOLO_INVALID_ARG, "kv-eigen: " + std::to_string(heads) + " heads of " +
                               std::to_string(head_dim) + " do not fit rows of " +
                               std::to_string(kv_heads) + " heads of " + std::to_string(dim));
  }
  return static_cast<std::size_t>(heads / kv_heads);
}

const float* GroupStore::numbers(std::uint64_t first, std::size_t count,
                                 std::vector<float>& scratch) {
  const std::size_t depth = basis_->depth();
  const std::size_t at = basis_->feature_stride();
  const auto fill = [&](std::uint64_t from, std::size_t positions, std::vector<float>& out) {
    out.assign(positions * depth, 0);
    inputs(from, positions, out.data(), depth);
    coded_->decode(from - rules_->sinks, positions, out.data() + at, depth, rules_->loop);
  };
  if (sites_.size() == 1) {
    fill(first, count, scratch);
    return scratch.data();
  }
  if (numbers_.empty()) fill(rules_->sinks, static_cast<std::size_t>(coded_size()), numbers_);
  return numbers_.data() + static_cast<std::size_t>(first - rules_->sinks) * depth;
}

void GroupStore::read(std::size_t site, const Range& range, float* out) {
  const auto count = static_cast<std::size_t>(range.end - range.begin);
  if (range.part != Part::coded) {
    const bool sinks = range.part == Part::sinks;
    const auto& rows = sinks ? sites_[site].sinks : sites_[site].tail;
    const std::uint64_t first = range.begin - (sinks ? 0 : coded_end());
    widen(rows.data() + static_cast<std::size_t>(first) * width_, count * width_, out);
    return;
  }
  std::vector<float> scratch;
  const std::size_t depth = basis_->depth();
  const float* e = numbers(range.begin, count, scratch);
  for (std::size_t r = 0; r < count; ++r) {
    std::copy_n(basis_->base.data() + site * width_, width_, out + r * width_);
  }
  multiply(count, width_, depth, {e, depth},
           {basis_->expansion.data() + site * width_, basis_->joint_stride()}, out, width_,
           rules_->loop);
  if (turned(site)) rules_->rotation->turn(out, width_, width_, range.begin, count);
}

void GroupStore::materialise(std::size_t site, std::uint64_t begin, const Matrix& out) {
  const std::uint64_t end = begin + static_cast<std::uint64_t>(out.height());
  std::vector<float> rows;
  for (const Range& range : ranges(site, begin, end)) {
    for (std::uint64_t at = range.begin; at < range.end; at += kTurnedChunk) {
      const std::uint64_t to = std::min(range.end, at + kTurnedChunk);
      rows.resize(static_cast<std::size_t>(to - at) * width_);
      read(site, {range.part, at, to}, rows.data());
      for (std::uint64_t p = at; p < to; ++p) {
        std::copy_n(rows.data() + static_cast<std::size_t>(p - at) * width_, width_,
                    out.row(static_cast<std::int64_t>(p - begin)));
      }
    }
  }
}

void GroupStore::score(std::size_t site, const ConstMatrix& query, const Matrix& scores) {
  const std::size_t group = group_of(query.height(), query.width());
  const auto heads = static_cast<std::size_t>(query.height());
  const std::size_t dim = rules_->head_dim;
  const auto positions = static_cast<std::size_t>(sites_[site].count);
  const std::vector<float> q = contiguous(query);
  std::vector<float> out(heads * positions);
  const Kernels& by_head = kernels_for(dim);
  std::vector<float> rows;
  std::vector<float> scratch;
  for (const Range& range : ranges(site, 0, positions)) {
    if (range.part == Part::coded && !turned(site)) {
      const std::size_t depth = basis_->depth();
      const std::size_t stride = basis_->joint_stride();
      std::vector<float> turned_query(heads * depth);
      for (std::size_t first = 0; first < heads; first += group) {
        const std::size_t column = site * width_ + first / group * dim;
        by_head.score(q.data() + first * dim, dim, group, basis_->expansion.data() + column, stride,
                      depth, dim, turned_query.data() + first * depth, depth);
        for (std::size_t h = first; h < first + group; ++h) {
          float constant = 0;
          for (std::size_t d = 0; d < dim; ++d)
            constant += q[h * dim + d] * basis_->base[column + d];
          std::fill_n(out.data() + h * positions + range.begin, range.end - range.begin, constant);
        }
      }
      for (std::uint64_t at = range.begin; at < range.end; at += kChunk) {
        const auto count = static_cast<std::size_t>(std::min(range.end - at, kChunk));
        const float* e = numbers(at, count, scratch);
        kernels().score(turned_query.data(), depth, heads, e, depth, count, depth, out.data() + at,
                        positions);
      }
      continue;
    }
    for (std::uint64_t at = range.begin; at < range.end; at += kTurnedChunk) {
      const auto count = static_cast<std::size_t>(std::min(range.end - at, kTurnedChunk));
      rows.resize(count * width_);
      read(site, {range.part, at, at + count}, rows.data());
      for (std::size_t first = 0; first < heads; first += group) {
        by_head.score(q.data() + first * dim, dim, group, rows.data() + first / group * dim, width_,
                      count, dim, out.data() + first * positions + at, positions);
      }
    }
  }
  for (std::size_t h = 0; h < heads; ++h) {
    std::copy_n(out.data() + h * positions, positions, scores.row(static_cast<std::int64_t>(h)));
  }
}

void GroupStore::mix(std::size_t site, const ConstMatrix& weights, const Matrix& out) {
  const std::size_t group = group_of(out.height(), out.width());
  const auto heads = static_cast<std::size_t>(out.height());
  const std::size_t dim = rules_->head_dim;
  const auto positions = static_cast<std::size_t>(sites_[site].count);
  const std::vector<float> w = contiguous(weights);
  std::vector<float> sums(heads * dim);
  const Kernels& by_head = kernels_for(dim);
  std::vector<float> rows;
  std::vector<float> scratch;
  for (const Range& range : ranges(site, 0, positions)) {
    if (range.part == Part::coded && !turned(site)) {
      const std::size_t depth = basis_->depth();
      std::vector<float> mixed(heads * depth);
      for (std::uint64_t at = range.begin; at < range.end; at += kChunk) {
        const auto count = static_cast<std::size_t>(std::min(range.end - at, kChunk));
        const float* e = numbers(at, count, scratch);
        kernels().mix(w.data() + at, positions, heads, e, depth, count, depth, mixed.data(), depth);
      }
      for (std::size_t first = 0; first < heads; first += group) {
        const std::size_t column = site * width_ + first / group * dim;
        by_head.mix(mixed.data() + first * depth, depth, group, basis_->expansion.data() + column,
                    basis_->joint_stride(), depth, dim, sums.data() + first * dim, dim);
        for (std::size_t h = first; h < first + group; ++h) {
          float total = 0;
          for (std::uint64_t p = range.begin; p < range.end; ++p) total += w[h * positions + p];
          for (std::size_t d = 0; d < dim; ++d)
            sums[h * dim + d] += total * basis_->base[column + d];
        }
      }
      continue;
    }
    for (std::uint64_t at = range.begin; at < range.end; at += kTurnedChunk) {
      const auto count = static_cast<std::size_t>(std::min(range.end - at, kTurnedChunk));
      rows.resize(count * width_);
      read(site, {range.part, at, at + count}, rows.data());
      for (std::size_t first = 0; first < heads; first += group) {
        by_head.mix(w.data() + first * positions + at, positions, group,
                    rows.data() + first / group * dim, width_, count, dim,
                    sums.data() + first * dim, dim);
      }
    }
  }
  for (std::size_t h = 0; h < heads; ++h) {
    std::copy_n(sums.data() + h * dim, dim, out.row(static_cast<std::int64_t>(h)));
  }
}

}  // namespace holo::kv_eigen
