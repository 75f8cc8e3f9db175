#include "plugins/kv-eigen/group_store.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/spectral/half_float.hpp"
#include "plugins/kv-eigen/kernels.hpp"

namespace holo::kv_eigen {
namespace {

constexpr std::size_t kCodeAtOnce = 64;
constexpr std::uint64_t kStoreVersion = 1;

void put_halves(std::vector<std::uint8_t>& out, const std::vector<std::uint16_t>& halves) {
  for (const std::uint16_t half : halves) put(out, half);
}

std::vector<std::uint16_t> get_halves(ByteCursor& cursor, std::uint64_t rows, std::size_t width) {
  expect(rows <= cursor.left() / (2 * width), "the stored rows are cut");
  std::vector<std::uint16_t> out(static_cast<std::size_t>(rows) * width);
  for (std::uint16_t& half : out) {
    half = cursor.get<std::uint16_t>();
    expect((half & 0x7C00u) != 0x7C00u, "a stored row holds a value that is not finite");
  }
  return out;
}

}  // namespace

void widen(const std::uint16_t* halves, std::size_t count, float* out) {
  static const std::vector<std::uint8_t> kHalves(64, 16);
  constexpr std::size_t kRun = 64 * kLane;
  for (; count >= kLane;) {
    const std::size_t run = std::min(count / kLane * kLane, kRun);
    kernels().unpack(reinterpret_cast<const std::uint8_t*>(halves), kHalves.data(), run / kLane,
                     out);
    halves += run;
    out += run;
    count -= run;
  }
  for (std::size_t i = 0; i < count; ++i) out[i] = spectral::half_to_float(halves[i]);
}

GroupStore::GroupStore(std::shared_ptr<const Basis> basis, std::vector<SiteKey> sites,
                       std::size_t width, std::shared_ptr<const StoreRules> rules,
                       std::shared_ptr<const TokenLog> log)
    : basis_(std::move(basis)), width_(width), rules_(std::move(rules)), log_(std::move(log)) {
  for (const SiteKey& key : sites) sites_.push_back({key, 0, {}, {}});
  if (basis_ != nullptr) coded_ = std::make_unique<CodedRows>(basis_);
}

GroupStore::GroupStore(const GroupStore& other)
    : basis_(other.basis_),
      width_(other.width_),
      rules_(other.rules_),
      log_(other.log_),
      sites_(other.sites_),
      coded_(other.coded_ ? std::make_unique<CodedRows>(*other.coded_) : nullptr) {}

void GroupStore::append(std::size_t site, const ConstMatrix& rows) {
  for (std::int64_t r = 0; r < rows.height(); ++r) {
    const float* row = rows.row(r);
    if (!std::all_of(row, row + width_, [](float v) { return std::isfinite(v); })) {
      fail(HOLO_INVALID_ARG, "a row to append holds a value that is not finite");
    }
  }
  SiteRows& mine = sites_[site];
  if (coded_size() > 0 && mine.count < coded_end()) cut(mine.count, site);
  for (std::int64_t r = 0; r < rows.height(); ++r) {
    auto& to = mine.count < rules_->sinks ? mine.sinks : mine.tail;
    const float* row = rows.row(r);
    for (std::size_t i = 0; i < width_; ++i) {
      to.push_back(spectral::float_to_half(std::clamp(row[i], -65504.0F, 65504.0F)));
    }
    ++mine.count;
  }
  if (site + 1 == sites_.size()) forget_numbers();
  code_complete_rows();
}

void GroupStore::code_complete_rows() {
  if (coded_ == nullptr) return;
  std::uint64_t complete = basis_->features > 0 ? log_->size() : UINT64_MAX;
  for (const SiteRows& site : sites_) complete = std::min(complete, site.count);
  const std::uint64_t held = coded_end() + rules_->recent;
  if (complete <= held) return;
  forget_numbers();
  for (std::uint64_t left = complete - held; left > 0;) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, kCodeAtOnce));
    code(coded_end(), count);
    left -= count;
  }
}

void GroupStore::code(std::uint64_t first, std::size_t count) {
  const std::size_t stride = basis_->joint_stride();
  std::vector<float> joint(count * stride);
  std::vector<float> rows(count * width_);
  for (std::size_t s = 0; s < sites_.size(); ++s) {
    widen(sites_[s].tail.data(), rows.size(), rows.data());
    if (turned(s)) rules_->rotation->turn_back(rows.data(), width_, width_, first, count);
    for (std::size_t r = 0; r < count; ++r) {
      std::copy_n(rows.data() + r * width_, width_, joint.data() + r * stride + s * width_);
    }
  }
  std::vector<float> tokens(count * basis_->feature_stride());
  inputs(first, count, tokens.data(), basis_->feature_stride());
  const std::vector<float> coefficients = basis_->coefficients(joint.data(), tokens.data(), count);
  coded_->append(coefficients.data(), count);
  for (SiteRows& site : sites_) {
    site.tail.erase(site.tail.begin(),
                    site.tail.begin() + static_cast<std::ptrdiff_t>(count * width_));
  }
}

void GroupStore::inputs(std::uint64_t first, std::size_t count, float* out,
                        std::size_t step) const {
  if (basis_->features == 0) return;
  for (std::size_t p = 0; p < count; ++p) {
    rules_->inputs->of(log_->at(first + p), first + p, out + p * step);
  }
}

// Coded rows from `positions` on end. Sites that hold more than the one that asks for it keep
// theirs as exact ones.
void GroupStore::cut(std::uint64_t positions, std::size_t by) {
  const std::uint64_t end = coded_end();
  if (coded_ == nullptr || positions >= end) return;
  const std::uint64_t from = std::max(positions, rules_->sinks);
  for (std::size_t s = 0; s < sites_.size(); ++s) {
    SiteRows& site = sites_[s];
    if (s == by || site.count <= from || end <= from) continue;
    const std::uint64_t last = std::min(end, site.count);
    std::vector<float> rows(static_cast<std::size_t>(last - from) * width_);
    read(s, {Part::coded, from, last}, rows.data());
    std::vector<std::uint16_t> halves;
    for (const float v : rows) {
      halves.push_back(spectral::float_to_half(std::clamp(v, -65504.0F, 65504.0F)));
    }
    site.tail.insert(site.tail.begin(), halves.begin(), halves.end());
  }
  coded_->trim(from - rules_->sinks);
  forget_numbers();
}

void GroupStore::trim(std::size_t site, std::uint64_t positions) {
  SiteRows& mine = sites_[site];
  if (positions >= mine.count) return;
  if (positions < coded_end()) {
    cut(positions, site);
    mine.tail.clear();
  } else {
    mine.tail.resize(static_cast<std::size_t>(positions - coded_end()) * width_);
  }
  mine.count = positions;
  mine.sinks.resize(std::min(mine.sinks.size(), static_cast<std::size_t>(positions) * width_));
}

std::vector<GroupStore::Range> GroupStore::ranges(std::size_t site, std::uint64_t begin,
                                                  std::uint64_t end) const {
  std::vector<Range> out;
  const std::uint64_t sinks = std::min(rules_->sinks, sites_[site].count);
  const std::uint64_t coded = std::min(std::max(coded_end(), sinks), sites_[site].count);
  const auto add = [&](Part part, std::uint64_t from, std::uint64_t to) {
    from = std::max(from, begin);
    to = std::min(to, end);
    if (from < to) out.push_back({part, from, to});
  };
  add(Part::sinks, 0, sinks);
  add(Part::coded, sinks, coded);
  add(Part::tail, coded, end);
  return out;
}

KvBytes GroupStore::bytes(std::size_t site) const {
  const SiteRows& mine = sites_[site];
  KvBytes out;
  out.positions = mine.count;
  out.payload = (mine.sinks.size() + mine.tail.size()) * sizeof(std::uint16_t);
  if (basis_ == nullptr) return out;
  // What the sites share is divided between them; the first takes what is left over.
  const auto share = [&](std::uint64_t bytes) {
    const std::uint64_t each = bytes / sites_.size();
    return site == 0 ? bytes - each * (sites_.size() - 1) : each;
  };
  out.payload += share(coded_->bytes());
  if (basis_->features > 0) {
    out.payload += share(std::min(log_->size(), mine.count) * log_->bytes_each());
  }
  out.fixed = share(basis_->fixed_bytes());
  return out;
}

std::vector<std::uint8_t> GroupStore::store(std::size_t site) const {
  const SiteRows& mine = sites_[site];
  std::vector<std::uint8_t> out;
  put_varint(out, kStoreVersion);
  put_varint(out, mine.count);
  put_varint(out, mine.sinks.size() / width_);
  put_varint(out, coded_size());
  put_varint(out, mine.tail.size() / width_);
  put_halves(out, mine.sinks);
  put_halves(out, mine.tail);
  if (site == 0 && coded_ != nullptr) coded_->write(out);
  return out;
}

void GroupStore::restore(std::size_t site, const std::vector<std::uint8_t>& bytes) {
  SiteRows fresh{sites_[site].key, 0, {}, {}};
  ByteCursor cursor(bytes);
  expect(cursor.varint() == kStoreVersion, "the stored rows are of an unknown version");
  fresh.count = cursor.varint();
  const std::uint64_t sinks = cursor.varint();
  const std::uint64_t coded = cursor.varint();
  const std::uint64_t tail = cursor.varint();
  fresh.sinks = get_halves(cursor, sinks, width_);
  fresh.tail = get_halves(cursor, tail, width_);
  expect(sinks == std::min(fresh.count, rules_->sinks) && coded <= fresh.count &&
             tail <= fresh.count && sinks + tail + coded == fresh.count,
         "the stored rows do not add up");
  expect(coded == 0 || coded_ != nullptr, "the stored rows are coded, the cache's are not");
  if (site == 0 && coded_ != nullptr) {
    for (const SiteRows& other : sites_) {
      if (other.count > 0) {
        fail(HOLO_INVALID_ARG, "kv-eigen: rows are restored into caches that are not empty");
      }
    }
    if (basis_->features > 0) {
      expect(log_->size() >= sinks + coded, "the tokens of the stored rows were not told");
    }
    CodedRows rows(basis_);
    rows.read(cursor, coded);
    *coded_ = std::move(rows);
    forget_numbers();
  } else {
    expect(coded == coded_size(), "the rows of the group's first site were not restored before");
  }
  expect(cursor.left() == 0, "the stored rows are longer than they should be");
  sites_[site] = std::move(fresh);
}

}  // namespace holo::kv_eigen
