// kv-identity and kv-int8: two key-value cache strategies, as one plugin of model patches.
#include <algorithm>
#include <cmath>
#include <cstring>

#include <holo/model_patch.hpp>
#include <holo/plugin.hpp>

namespace kv_toy {

constexpr std::uint32_t kSites = 1u << HOLO_SITE_K | 1u << HOLO_SITE_V;

// Rows as they came. score and mix are those of the base class.
class IdentityCache : public holo::KvCache {
 public:
  explicit IdentityCache(std::int64_t columns) : width_(static_cast<std::size_t>(columns)) {}

  void append(const holo::ConstMatrix& rows) override {
    values_.reserve(values_.size() + static_cast<std::size_t>(rows.height()) * width_);
    for (std::int64_t y = 0; y < rows.height(); ++y) {
      values_.insert(values_.end(), rows.row(y), rows.row(y) + width_);
    }
  }
  void materialise(std::uint64_t begin, const holo::Matrix& out) override {
    for (std::int64_t y = 0; y < out.height(); ++y) {
      const float* row = values_.data() + (begin + static_cast<std::uint64_t>(y)) * width_;
      std::copy_n(row, width_, out.row(y));
    }
  }
  void trim(std::uint64_t positions) override { values_.resize(positions * width_); }
  [[nodiscard]] std::unique_ptr<holo::KvCache> fork() const override {
    return std::make_unique<IdentityCache>(*this);
  }
  [[nodiscard]] holo::KvBytes bytes() const override {
    return {values_.size() / width_, values_.size() * sizeof(float), 0};
  }
  void reset() override { values_.clear(); }

 private:
  std::size_t width_;
  std::vector<float> values_;
};

// Rows as signed bytes with one scale a row: value = scale * byte, scale = largest magnitude / 127.
// score and mix work on the bytes.
class Int8Cache : public holo::KvCache {
 public:
  explicit Int8Cache(std::int64_t columns) : width_(static_cast<std::size_t>(columns)) {}

  void append(const holo::ConstMatrix& rows) override {
    for (std::int64_t y = 0; y < rows.height(); ++y) {
      const float* row = rows.row(y);
      float largest = 0;
      for (std::size_t x = 0; x < width_; ++x) {
        if (!std::isfinite(row[x])) {
          throw holo::Failure(HOLO_INVALID_ARG, "a row to append holds a value that is not finite");
        }
        largest = std::max(largest, std::fabs(row[x]));
      }
      const float scale = largest / 127.0F;
      for (std::size_t x = 0; x < width_; ++x) {
        const float level = scale > 0 ? std::round(row[x] / scale) : 0.0F;
        bytes_.push_back(static_cast<std::int8_t>(std::clamp(level, -127.0F, 127.0F)));
      }
      scales_.push_back(scale);
    }
  }
  void materialise(std::uint64_t begin, const holo::Matrix& out) override {
    for (std::int64_t y = 0; y < out.height(); ++y) {
      const std::uint64_t p = begin + static_cast<std::uint64_t>(y);
      for (std::size_t x = 0; x < width_; ++x) {
        out.row(y)[x] = scales_[p] * static_cast<float>(bytes_[p * width_ + x]);
      }
    }
  }
  void score(const holo::ConstMatrix& query, const holo::Matrix& scores) override {
    const std::int64_t group = heads_per_key(query.height(), query.width());
    for (std::int64_t h = 0; h < query.height(); ++h) {
      for (std::int64_t p = 0; p < scores.width(); ++p) {
        const std::int8_t* key = head(p, h / group, query.width());
        float sum = 0;
        for (std::int64_t d = 0; d < query.width(); ++d) {
          sum += query.at(d, h) * static_cast<float>(key[d]);
        }
        scores.at(p, h) = sum * scales_[static_cast<std::size_t>(p)];
      }
    }
  }
  void mix(const holo::ConstMatrix& weights, const holo::Matrix& out) override {
    const std::int64_t group = heads_per_key(out.height(), out.width());
    for (std::int64_t h = 0; h < out.height(); ++h) {
      std::fill_n(out.row(h), out.width(), 0.0F);
      for (std::int64_t p = 0; p < weights.width(); ++p) {
        const float weight = weights.at(p, h) * scales_[static_cast<std::size_t>(p)];
        const std::int8_t* value = head(p, h / group, out.width());
        for (std::int64_t d = 0; d < out.width(); ++d) {
          out.at(d, h) += weight * static_cast<float>(value[d]);
        }
      }
    }
  }
  void trim(std::uint64_t positions) override {
    bytes_.resize(positions * width_);
    scales_.resize(positions);
  }
  [[nodiscard]] std::unique_ptr<holo::KvCache> fork() const override {
    return std::make_unique<Int8Cache>(*this);
  }
  [[nodiscard]] holo::KvBytes bytes() const override {
    return {scales_.size(), bytes_.size() + scales_.size() * sizeof(float), 0};
  }
  void reset() override { trim(0); }

 private:
  [[nodiscard]] std::int64_t heads_per_key(std::int64_t heads, std::int64_t head_dim) const {
    const std::int64_t kv_heads = head_dim > 0 ? columns() / head_dim : 0;
    if (kv_heads < 1 || kv_heads * head_dim != columns() || heads % kv_heads != 0) {
      throw holo::Failure(HOLO_INVALID_ARG, "the heads do not divide a row of the cache");
    }
    return heads / kv_heads;
  }
  [[nodiscard]] const std::int8_t* head(std::int64_t position, std::int64_t kv_head,
                                        std::int64_t head_dim) const {
    return bytes_.data() + position * columns() + kv_head * head_dim;
  }

  std::size_t width_;
  std::vector<std::int8_t> bytes_;
  std::vector<float> scales_;
};

// A patch whose caches are of type Cache. Shared by both: they differ in storage only.
template <class Cache>
class Patch : public holo::Patch {
 public:
  explicit Patch(const holo::PatchJob&) {}
  void supports(const holo_model& model) override {
    if (model.kv_heads < 1 || model.head_dim < 1) {
      throw holo::Failure(HOLO_UNSUPPORTED, "the model has no key-value heads");
    }
  }
  void attach(const holo_model& model, const std::vector<const holo_site*>&) override {
    columns_ = std::int64_t{model.kv_heads} * model.head_dim;
  }
  std::unique_ptr<holo::KvCache> make_cache(const holo_site&) override {
    return std::make_unique<Cache>(columns_);
  }

 protected:
  static std::int64_t columns_of(const holo_model& model) {
    return std::int64_t{model.kv_heads} * model.head_dim;
  }

 private:
  std::int64_t columns_ = 0;
};

class IdentityPatch : public Patch<IdentityCache> {
 public:
  using Patch::Patch;
  holo_patch_plan plan(const holo_model& model, const holo_site&) override {
    return holo::make_plan(HOLO_SWAP_TRANSCODE, 4.0 * static_cast<double>(columns_of(model)));
  }
  static holo::PatchInfo info() {
    return {"org.holohost.example.kv-identity",       "kv-identity", "1.0.0",
            "cache rows as 32-bit floats, unchanged", kSites,        {}};
  }
};

class Int8Patch : public Patch<Int8Cache> {
 public:
  using Patch::Patch;
  holo_patch_plan plan(const holo_model& model, const holo_site&) override {
    return holo::make_plan(HOLO_SWAP_TRANSCODE, 4.0 + static_cast<double>(columns_of(model)));
  }
  static holo::PatchInfo info() {
    return {"org.holohost.example.kv-int8",
            "kv-int8",
            "1.0.0",
            "cache rows as signed bytes, one scale a row",
            kSites,
            {}};
  }
};

}  // namespace kv_toy

HOLO_PLUGIN(holo::plugin_info("org.holohost.example.kv-toy", "1.0.0", "holohost", "Apache-2.0"),
            holo::PatchFactory<kv_toy::IdentityPatch, kv_toy::Int8Patch>);
