// The patch: calibration, fit, and the caches of its sites.
#pragma once

#include <memory>
#include <vector>

#include <holo/model_patch.hpp>

#include "plugins/kv-eigen/calibration.hpp"
#include "plugins/kv-eigen/group_store.hpp"
#include "plugins/kv-eigen/options.hpp"

namespace holo::kv_eigen {

class EigenPatch : public Patch {
 public:
  explicit EigenPatch(const PatchJob& job);
  static PatchInfo info();

  void supports(const holo_model& model) override;
  holo_patch_plan plan(const holo_model& model, const holo_site& site) override;
  void attach(const holo_model& model, const std::vector<const holo_site*>& sites) override;
  void calibrate_tokens(const std::int32_t* ids, std::uint64_t count) override;
  void calibrate(const holo_site& site, const ConstMatrix& rows) override;
  void calibrate_loss(const holo_site& site, const ConstMatrix& gradients) override;
  void fit() override;
  void save(const Sink& sink) override;
  void load(const Source& source) override;
  void activate() override;
  std::unique_ptr<KvCache> make_cache(const holo_site& site) override;
  std::unique_ptr<KvSequence> begin_sequence() override;
  std::uint32_t projector_count() override;
  holo_projector projector(std::uint32_t index) override;
  void set_projector(std::uint32_t index, const holo_projector& given) override;

 private:
  friend class EigenSequence;
  struct Place {
    std::size_t group, site;
  };
  [[nodiscard]] Place place_of(const holo_site& site) const;
  [[nodiscard]] GroupShape shape_of(std::vector<SiteKey> sites) const;
  [[nodiscard]] std::uint64_t positions_of(const holo_model& model) const;
  void start_calibration();
  void expect_fitted() const;
  [[nodiscard]] const Basis& projector_basis(std::uint32_t index) const;
  // Rows as contiguous floats, keys turned back or gradients turned as the coding wants it.
  [[nodiscard]] std::vector<float> taken(const holo_site& site, const ConstMatrix& rows,
                                         bool gradients);

  Host host_;
  Options options_;
  Loop loop_;
  std::vector<std::vector<SiteKey>> groups_;
  std::size_t width_ = 0;
  std::uint64_t positions_ = 0;  // of the context that compression is reckoned for
  std::int32_t vocabulary_ = 0;
  std::shared_ptr<const Rotation> rotation_;
  std::shared_ptr<const TokenInputs> inputs_;
  std::shared_ptr<const StoreRules> rules_;
  bool text_told_ = false;                             // calibrate_tokens began the text
  std::vector<std::vector<std::uint64_t>> text_rows_;  // of each site, in the text
  std::vector<Calibration> calibrations_;
  std::vector<std::shared_ptr<const Basis>> bases_;
  std::vector<SiteKey> site_order_;              // as attach named them
  std::vector<std::vector<float>> sample_rows_;  // of each group, from fit to activate
  // What the last projector() points to.
  struct HandedOut {
    std::vector<std::uint32_t> sites;
    std::vector<float> encode, decode, steps, limits;
  } handed_out_;
};

// The caches of one text.
class EigenSequence : public KvSequence {
 public:
  explicit EigenSequence(const EigenPatch& patch);
  EigenSequence(const EigenSequence& other);  // for forks
  std::unique_ptr<KvCache> make_cache(const holo_site& site) override;
  void tokens(std::uint64_t begin, const std::int32_t* ids, std::uint64_t count) override;
  [[nodiscard]] std::unique_ptr<KvSequence> fork() const override {
    return std::make_unique<EigenSequence>(*this);
  }
  [[nodiscard]] std::shared_ptr<GroupStore> group(std::size_t index) const {
    return stores_[index];
  }

 private:
  const EigenPatch* patch_;
  std::shared_ptr<TokenLog> log_;
  std::vector<std::shared_ptr<GroupStore>> stores_;
};

// One site of a store.
class EigenCache : public KvCache {
 public:
  EigenCache(std::shared_ptr<GroupStore> store, std::size_t group, std::size_t site)
      : store_(std::move(store)), group_(group), site_(site) {}
  void append(const ConstMatrix& rows) override { store_->append(site_, rows); }
  void materialise(std::uint64_t begin, const Matrix& out) override {
    store_->materialise(site_, begin, out);
  }
  void score(const ConstMatrix& query, const Matrix& scores) override {
    store_->score(site_, query, scores);
  }
  void mix(const ConstMatrix& weights, const Matrix& out) override {
    store_->mix(site_, weights, out);
  }
  void trim(std::uint64_t positions) override { store_->trim(site_, positions); }
  void reset() override { store_->trim(site_, 0); }
  [[nodiscard]] KvBytes bytes() const override { return store_->bytes(site_); }
  // Of a cache that was made without a sequence.
  [[nodiscard]] std::unique_ptr<KvCache> fork() const override {
    return std::make_unique<EigenCache>(std::make_shared<GroupStore>(*store_), group_, site_);
  }
  [[nodiscard]] std::unique_ptr<KvCache> fork_in(KvSequence& sequence) const override {
    return std::make_unique<EigenCache>(static_cast<EigenSequence&>(sequence).group(group_), group_,
                                        site_);
  }
  void store(const Sink& sink, std::uint64_t unit) const override;
  void restore(const Source& source, std::uint64_t unit) override;

 private:
  std::shared_ptr<GroupStore> store_;
  std::size_t group_;
  std::size_t site_;
};

}  // namespace holo::kv_eigen
