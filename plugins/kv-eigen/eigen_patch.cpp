#include "plugins/kv-eigen/eigen_patch.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

namespace holo::kv_eigen {
namespace {

// The first rows of a text are unlike all others; what follows them is not, even where it is kept
// exact.
constexpr std::uint64_t kLeftOut = 4;
constexpr std::size_t kSampleRows = 4096;
constexpr std::size_t kSampleFloats = std::size_t{48} << 20;  // over all groups
constexpr double kLeastBits = 1;                              // of a position and group

Loop loop_of(const Host& host) {
  return [host](std::uint64_t count, const std::function<void(std::uint64_t)>& body) {
    if (count < 2 || host.workers() < 2) {
      for (std::uint64_t i = 0; i < count; ++i) body(i);
    } else {
      host.parallel_for(count, [&](std::uint64_t i) { body(i); });
    }
  };
}

std::vector<std::vector<SiteKey>> grouped(std::vector<SiteKey> sites, Scope scope,
                                          std::size_t width, std::uint64_t span) {
  std::sort(sites.begin(), sites.end(), [](const SiteKey& a, const SiteKey& b) {
    return a.layer != b.layer ? a.layer < b.layer : a.kind < b.kind;
  });
  std::vector<std::vector<SiteKey>> units;  // a site, or the sites of a layer
  for (const SiteKey& site : sites) {
    if (scope == Scope::site || units.empty() || units.back().back().layer != site.layer) {
      units.emplace_back();
    }
    units.back().push_back(site);
  }
  if (scope != Scope::model) return units;
  std::size_t widest = 1;
  for (const auto& unit : units) widest = std::max(widest, unit.size());
  const std::size_t fit = std::max<std::size_t>(1, span / (widest * width));
  const std::size_t count = (units.size() + fit - 1) / fit;
  std::vector<std::vector<SiteKey>> groups(count);
  for (std::size_t u = 0; u < units.size(); ++u) {
    auto& group = groups[u * count / units.size()];
    group.insert(group.end(), units[u].begin(), units[u].end());
  }
  return groups;
}

}  // namespace

EigenPatch::EigenPatch(const PatchJob& job)
    : host_(job.host), options_(job.params), loop_(loop_of(host_)) {}

PatchInfo EigenPatch::info() {
  PatchInfo info;
  info.id = "org.holohost.kv-eigen";
  info.alias = "kv-eigen";
  info.version = "1.0.0";
  info.summary = "Keys and values as coefficients of calibrated eigenvectors";
  info.site_kinds = 1u << HOLO_SITE_K | 1u << HOLO_SITE_V;
  info.params = Options::table();
  info.sequences = true;
  info.stores = true;
  info.projectors = true;
  return info;
}

void EigenPatch::supports(const holo_model& model) {
  if (model.kv_heads < 1 || model.head_dim < 1 || model.heads < 1 ||
      model.heads % model.kv_heads != 0) {
    fail(HOLO_UNSUPPORTED, "kv-eigen: the model has no key-value heads");
  }
  if (model.has_rope != 0 && options_.turn_back &&
      (!reaches(model, offsetof(holo_model, rope)) || model.rope == nullptr)) {
    fail(HOLO_UNSUPPORTED,
         "kv-eigen: the host does not say how the model rotates its keys; use rope=after");
  }
}

std::uint64_t EigenPatch::positions_of(const holo_model& model) const {
  if (options_.context > 0) return options_.context;
  return static_cast<std::uint64_t>(std::max(model.max_positions, 2));
}

holo_patch_plan EigenPatch::plan(const holo_model& model, const holo_site&) {
  const double width = static_cast<double>(model.kv_heads) * model.head_dim;
  double each = 2 * width / std::max(options_.compression, 1.0);
  if (options_.bits > 0) {
    const double kept = options_.k > 0 ? std::min(width, static_cast<double>(options_.k)) : width;
    each = options_.bits * kept / 8 + (options_.predict ? 4 : 0);
  }
  return make_plan(HOLO_SWAP_TRANSCODE, each, 0, true);
}

GroupShape EigenPatch::shape_of(std::vector<SiteKey> sites) const {
  return {std::move(sites), width_, options_.predict ? inputs_->count() : 0};
}

void EigenPatch::attach(const holo_model& model, const std::vector<const holo_site*>& sites) {
  supports(model);
  width_ = static_cast<std::size_t>(model.kv_heads) * static_cast<std::size_t>(model.head_dim);
  std::vector<SiteKey> keys;
  for (const holo_site* site : sites) keys.push_back({site->kind, site->layer});
  site_order_ = keys;
  groups_ = grouped(std::move(keys), options_.scope, width_, options_.span);
  positions_ = positions_of(model);
  vocabulary_ = reaches(model, offsetof(holo_model, vocabulary)) ? model.vocabulary : 0;
  inputs_ = std::make_shared<const TokenInputs>(model);
  if (model.has_rope != 0 && reaches(model, offsetof(holo_model, rope)) && model.rope != nullptr) {
    rotation_ =
        std::make_shared<const Rotation>(*model.rope, static_cast<std::size_t>(model.head_dim),
                                         static_cast<std::size_t>(model.max_positions));
  }
  auto rules = std::make_shared<StoreRules>();
  rules->sinks = options_.sinks;
  rules->recent = options_.recent_rows(positions_);
  rules->head_dim = static_cast<std::size_t>(model.head_dim);
  rules->rotation = options_.turn_back ? rotation_ : nullptr;
  rules->inputs = inputs_;
  rules->loop = loop_;
  rules_ = std::move(rules);
  bases_.clear();
  calibrations_.clear();
}

EigenPatch::Place EigenPatch::place_of(const holo_site& site) const {
  const SiteKey key{site.kind, site.layer};
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const auto found = std::find(groups_[g].begin(), groups_[g].end(), key);
    if (found != groups_[g].end()) {
      return {g, static_cast<std::size_t>(found - groups_[g].begin())};
    }
  }
  fail(HOLO_INVALID_ARG,
       "kv-eigen: the patch is not attached to this site of layer " + std::to_string(site.layer));
}

void EigenPatch::start_calibration() {
  if (!calibrations_.empty()) return;
  std::size_t values = 1;
  for (const auto& group : groups_) values += group.size() * width_;
  const std::size_t rows = std::min(kSampleRows, kSampleFloats / values);
  text_rows_.clear();
  for (const auto& group : groups_) {
    calibrations_.emplace_back(shape_of(group), std::min(options_.sinks, kLeftOut), rows, loop_);
    text_rows_.emplace_back(2 * group.size());
  }
}

void EigenPatch::calibrate_tokens(const std::int32_t* ids, std::uint64_t count) {
  start_calibration();
  text_told_ = true;
  std::vector<float> inputs;
  if (options_.predict && inputs_->count() > 0) {
    inputs.resize(static_cast<std::size_t>(count) * inputs_->count());
    for (std::uint64_t i = 0; i < count; ++i) {
      inputs_->of(ids[i], i, inputs.data() + static_cast<std::size_t>(i) * inputs_->count());
    }
  }
  for (Calibration& calibration : calibrations_) {
    calibration.begin_text(inputs, static_cast<std::size_t>(count));
  }
  for (auto& rows : text_rows_) std::fill(rows.begin(), rows.end(), 0);
}

std::vector<float> EigenPatch::taken(const holo_site& site, const ConstMatrix& rows,
                                     bool gradients) {
  if (rows.width() != static_cast<std::int64_t>(width_)) {
    fail(HOLO_INVALID_ARG, "kv-eigen: calibration rows of " + std::to_string(rows.width()) +
                               " values, expected " + std::to_string(width_));
  }
  const Place place = place_of(site);
  std::vector<float> out;
  for (std::int64_t r = 0; r < rows.height(); ++r) {
    out.insert(out.end(), rows.row(r), rows.row(r) + rows.width());
  }
  const auto count = static_cast<std::size_t>(rows.height());
  // Without tokens every batch is a text of its own.
  std::uint64_t& position = text_rows_[place.group][2 * place.site + (gradients ? 1u : 0u)];
  if (!text_told_) position = 0;
  if (rotation_ != nullptr && site.kind == HOLO_SITE_K) {
    if (!gradients && options_.turn_back) {
      rotation_->turn_back(out.data(), width_, width_, position, count);
    } else if (gradients && !options_.turn_back) {
      rotation_->turn(out.data(), width_, width_, position, count);
    }
  }
  position += count;
  return out;
}

void EigenPatch::calibrate(const holo_site& site, const ConstMatrix& rows) {
  start_calibration();
  const std::vector<float> values = taken(site, rows, false);
  const Place place = place_of(site);
  calibrations_[place.group].rows(place.site, values.data(),
                                  static_cast<std::size_t>(rows.height()));
}

void EigenPatch::calibrate_loss(const holo_site& site, const ConstMatrix& gradients) {
  if (!options_.use_metric) return;
  start_calibration();
  const std::vector<float> values = taken(site, gradients, true);
  const Place place = place_of(site);
  calibrations_[place.group].gradients(place.site, values.data(),
                                       static_cast<std::size_t>(gradients.height()));
}

void EigenPatch::fit() {
  if (calibrations_.empty()) {
    fail(HOLO_INVALID_ARG, "kv-eigen: no calibration rows were shown before fit");
  }
  std::vector<GroupSample> samples;
  std::vector<Basis> bases;
  std::size_t values = 0;
  std::size_t kept = 0;
  bool weighted = options_.use_metric;
  double power = 0;
  for (Calibration& calibration : calibrations_) {
    weighted = weighted && calibration.weighted();
    power += calibration.gradient_power() / static_cast<double>(calibrations_.size());
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const GroupShape& shape = calibrations_[g].shape();
    const std::size_t limit =
        options_.k > 0 ? std::min<std::size_t>(shape.joint(), options_.k * shape.sites.size())
                       : shape.joint();
    samples.push_back(calibrations_[g].fit(weighted, power, limit));
    Basis basis;
    basis.sites = shape.sites;
    basis.width = width_;
    basis.features = shape.features;
    bases.push_back(std::move(basis));
    values += shape.joint();
    kept += limit;
    host_.progress(static_cast<double>(g + 1) / static_cast<double>(groups_.size() + 1),
                   "eigenvectors");
  }
  RateTarget target;
  target.coding = options_.coding;
  target.thrift = options_.thrift;
  target.halves = options_.bits == 16;
  const double id_bits =
      bases[0].features > 0 ? 8.0 * static_cast<double>(TokenLog(vocabulary_).bytes_each()) : 0;
  target.bits = options_.coded_bits(positions_, values, kept, groups_.size(), id_bits);
  const double least = kLeastBits * static_cast<double>(groups_.size());
  if (target.bits < least) {
    host_.warn(
        "kv-eigen: exact positions alone nearly take what compression leaves at a context of " +
        std::to_string(positions_) + " positions; lower sinks and recent, or compression");
    target.bits = least;
  }
  const RateResult result = fit_rate(samples, target, loop_, bases);
  std::size_t components = 0;
  bases_.clear();
  sample_rows_.clear();
  for (Calibration& calibration : calibrations_) {
    sample_rows_.push_back(calibration.shape().features == 0 ? calibration.release_sample()
                                                             : std::vector<float>());
  }
  for (Basis& basis : bases) {
    components += basis.components;
    bases_.push_back(std::make_shared<const Basis>(std::move(basis)));
  }
  calibrations_.clear();
  char line[160];
  std::snprintf(line, sizeof line,
                "kv-eigen: %zu groups, %zu of %zu components, %.1f bits a position, basis=%s",
                groups_.size(), components, values, result.bits, weighted ? "loss" : "pca");
  host_.log(HOLO_LOG_INFO, line);
}

void EigenPatch::expect_fitted() const {
  if (bases_.empty()) {
    fail(HOLO_INVALID_ARG, "kv-eigen: calibrate and fit it, or load a calibration, first");
  }
}

void EigenPatch::save(const Sink& sink) {
  expect_fitted();
  for (std::size_t g = 0; g < bases_.size(); ++g) {
    bases_[g]->save(sink, static_cast<std::uint32_t>(g));
  }
}

void EigenPatch::load(const Source& source) {
  if (groups_.empty()) fail(HOLO_INVALID_ARG, "kv-eigen: load before attach");
  std::vector<std::shared_ptr<const Basis>> loaded;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const GroupShape shape = shape_of(groups_[g]);
    Basis basis;
    basis.sites = shape.sites;
    basis.width = width_;
    basis.features = shape.features;
    basis.load(source, static_cast<std::uint32_t>(g));
    loaded.push_back(std::make_shared<const Basis>(std::move(basis)));
  }
  bases_ = std::move(loaded);
  calibrations_.clear();
}

void EigenPatch::activate() {
  if (bases_.empty() && !calibrations_.empty()) fit();
  expect_fitted();
  sample_rows_.clear();
}

std::unique_ptr<KvCache> EigenPatch::make_cache(const holo_site& site) {
  expect_fitted();
  const Place place = place_of(site);
  const std::shared_ptr<const Basis>& basis = bases_[place.group];
  // Outside a sequence a site knows neither its text nor its companions.
  const bool alone = basis->sites.size() == 1 && basis->features == 0;
  return std::make_unique<EigenCache>(
      std::make_shared<GroupStore>(alone ? basis : nullptr,
                                   std::vector<SiteKey>{{site.kind, site.layer}}, width_, rules_,
                                   nullptr),
      0, 0);
}

std::unique_ptr<KvSequence> EigenPatch::begin_sequence() {
  expect_fitted();
  return std::make_unique<EigenSequence>(*this);
}

}  // namespace holo::kv_eigen
