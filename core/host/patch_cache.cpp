// A cache that a patch keeps, and the sequence that its caches share.
#include <utility>

#include "core/host/kv_cache.hpp"
#include "core/host/kv_rows.hpp"

namespace holo::host {
namespace {

class OwnedPatchCache final : public PatchCache {
 public:
  OwnedPatchCache(std::shared_ptr<PatchSession> creator, std::shared_ptr<PatchSession> patch,
                  std::shared_ptr<PluginSequence> sequence, void* cache, const KvShape& shape,
                  std::uint64_t positions)
      : creator_(std::move(creator)),
        patch_(std::move(patch)),
        sequence_(std::move(sequence)),
        cache_(cache),
        shape_(shape),
        positions_(positions) {}
  ~OwnedPatchCache() override {
    if (cache_ != nullptr) destroy_instance(callee(), [this] { kv().destroy(cache_); });
  }
  OwnedPatchCache(const OwnedPatchCache&) = delete;
  OwnedPatchCache& operator=(const OwnedPatchCache&) = delete;

  Status append(std::span<const float> rows) override {
    const auto count = static_cast<std::int64_t>(rows.size() / shape_.width());
    const MatrixView view(rows.data(), count, static_cast<std::int64_t>(shape_.width()));
    HOLO_TRY(run("append", [&](holo_error* e) { return kv().append(cache_, view.get(), e); }));
    positions_ += static_cast<std::uint64_t>(count);
    return {};
  }
  Status materialise(std::uint64_t begin, std::span<float> out) override {
    const std::uint64_t end = begin + out.size() / shape_.width();
    if (begin > positions_ || end > positions_) return past_end(end, positions_);
    const MatrixView view(out.data(), static_cast<std::int64_t>(end - begin),
                          static_cast<std::int64_t>(shape_.width()));
    return run("materialise",
               [&](holo_error* e) { return kv().materialise(cache_, begin, end, view.get(), e); });
  }
  Status score(std::span<const float> query, std::span<float> scores) override {
    if (kv().score == nullptr) {
      HOLO_ASSIGN(const std::vector<float> rows, all_rows());
      score_rows(shape_, rows, query, scores);
      return {};
    }
    const MatrixView in(query.data(), shape_.heads, shape_.head_dim);
    const MatrixView out(scores.data(), shape_.heads, static_cast<std::int64_t>(positions_));
    return run("score", [&](holo_error* e) { return kv().score(cache_, in.get(), out.get(), e); });
  }
  Status mix(std::span<const float> weights, std::span<float> out) override {
    if (kv().mix == nullptr) {
      HOLO_ASSIGN(const std::vector<float> rows, all_rows());
      mix_rows(shape_, rows, weights, out);
      return {};
    }
    const MatrixView in(weights.data(), shape_.heads, static_cast<std::int64_t>(positions_));
    const MatrixView to(out.data(), shape_.heads, shape_.head_dim);
    return run("mix", [&](holo_error* e) { return kv().mix(cache_, in.get(), to.get(), e); });
  }
  Status trim(std::uint64_t positions) override {
    if (positions > positions_) return past_end(positions, positions_);
    HOLO_TRY(run("trim", [&](holo_error* e) { return kv().trim(cache_, positions, e); }));
    positions_ = positions;
    return {};
  }
  Status reset() override {
    HOLO_TRY(run("reset", [&](holo_error* e) { return kv().reset(cache_, e); }));
    positions_ = 0;
    return {};
  }
  Result<std::unique_ptr<KvCache>> fork() override {
    if (sequence_ == nullptr) return fork_in(nullptr);
    HOLO_ASSIGN(auto sequence, sequence_->fork());
    return fork_in(std::move(sequence));
  }
  Result<std::unique_ptr<KvCache>> fork_in(std::shared_ptr<PluginSequence> sequence) override {
    void* copy = nullptr;
    HOLO_TRY(run("fork", [&](holo_error* e) {
      return sequence == nullptr ? kv().fork(cache_, &copy, e)
                                 : kv().fork_in(cache_, sequence->get(), &copy, e);
    }));
    if (copy == nullptr) return make_error(HOLO_INTERNAL, callee().name() + ": fork gave NULL");
    return std::unique_ptr<KvCache>(std::make_unique<OwnedPatchCache>(
        creator_, patch_, std::move(sequence), copy, shape_, positions_));
  }
  [[nodiscard]] bool has_store() const override {
    return HOLO_HAS(patch_->kv(), holo_kv_strategy, restore) && kv().store && kv().restore;
  }
  Status store(const holo_sink& sink, std::uint64_t unit) override {
    return run("store", [&](holo_error* e) { return kv().store(cache_, &sink, unit, e); });
  }
  Status restore(const holo_source& source, std::uint64_t unit, std::uint64_t positions) override {
    HOLO_TRY(run("restore", [&](holo_error* e) { return kv().restore(cache_, &source, unit, e); }));
    positions_ = positions;
    auto held = bytes();
    if (held.ok()) return {};
    positions_ = 0;
    return make_error(HOLO_CORRUPT, callee().name() + ": the stored cache does not hold " +
                                        std::to_string(positions) + " positions");
  }
  Result<holo_kv_bytes> bytes() override {
    holo_kv_bytes result{};
    result.struct_size = sizeof(result);
    HOLO_TRY(run("bytes", [&](holo_error* e) { return kv().bytes(cache_, &result, e); }));
    if (result.positions != positions_) {
      return make_error(HOLO_INTERNAL,
                        callee().name() + ": bytes says " + std::to_string(result.positions) +
                            " rows, the host has given it " + std::to_string(positions_));
    }
    return result;
  }
  [[nodiscard]] std::uint64_t positions() const override { return positions_; }
  [[nodiscard]] bool has_score() const override { return kv().score != nullptr; }
  [[nodiscard]] bool has_mix() const override { return kv().mix != nullptr; }
  [[nodiscard]] const Callee& callee() const override { return patch_->callee(); }
  std::unique_ptr<KvCache> hand_over(std::shared_ptr<PatchSession> to) override {
    return std::make_unique<OwnedPatchCache>(creator_, std::move(to), sequence_,
                                             std::exchange(cache_, nullptr), shape_, positions_);
  }

 private:
  [[nodiscard]] const holo_kv_strategy& kv() const { return *patch_->kv(); }
  template <class Call>
  Status run(std::string_view what, Call&& call) {
    return call_plugin(callee(), what, -1, std::forward<Call>(call));
  }
  Result<std::vector<float>> all_rows() {
    std::vector<float> rows(static_cast<std::size_t>(positions_) * shape_.width());
    HOLO_TRY(materialise(0, rows));
    return rows;
  }

  // A cache that was handed over may still refer to the patch that made it.
  std::shared_ptr<PatchSession> creator_;
  std::shared_ptr<PatchSession> patch_;
  std::shared_ptr<PluginSequence> sequence_;
  void* cache_;
  KvShape shape_;
  std::uint64_t positions_;
};

bool has_sequences(const PatchSession& patch) {
  return HOLO_HAS(patch.kv(), holo_kv_strategy, end) && patch.kv()->begin != nullptr;
}

}  // namespace

Result<std::shared_ptr<PluginSequence>> PluginSequence::begin(
    const std::shared_ptr<PatchSession>& patch) {
  if (!has_sequences(*patch)) return std::shared_ptr<PluginSequence>();
  void* sequence = nullptr;
  HOLO_TRY(call_plugin(patch->callee(), "begin sequence", -1, [&](holo_error* error) {
    return patch->kv()->begin(patch->self(), &sequence, error);
  }));
  if (sequence == nullptr) {
    return make_error(HOLO_INTERNAL, patch->callee().name() + ": begin sequence gave NULL");
  }
  return std::shared_ptr<PluginSequence>(new PluginSequence(patch, sequence));
}

PluginSequence::~PluginSequence() {
  destroy_instance(patch_->callee(), [this] { patch_->kv()->end(sequence_); });
}

Status PluginSequence::tokens(std::uint64_t begin, std::span<const std::int32_t> ids) {
  if (patch_->kv()->tokens == nullptr) return {};
  return call_plugin(patch_->callee(), "tokens", -1, [&](holo_error* error) {
    return patch_->kv()->tokens(sequence_, begin, ids.data(), ids.size(), error);
  });
}

Result<std::shared_ptr<PluginSequence>> PluginSequence::fork() {
  void* copy = nullptr;
  HOLO_TRY(call_plugin(patch_->callee(), "fork sequence", -1, [&](holo_error* error) {
    return patch_->kv()->fork_sequence(sequence_, &copy, error);
  }));
  if (copy == nullptr) {
    return make_error(HOLO_INTERNAL, patch_->callee().name() + ": fork sequence gave NULL");
  }
  return std::shared_ptr<PluginSequence>(new PluginSequence(patch_, copy));
}

Result<std::unique_ptr<KvCache>> patch_cache(const std::shared_ptr<PatchSession>& patch,
                                             std::shared_ptr<PluginSequence> sequence,
                                             const Site& site, const KvShape& shape) {
  void* cache = nullptr;
  const holo_site view = site.view();
  HOLO_TRY(call_plugin(patch->callee(), "create cache", -1, [&](holo_error* error) -> holo_status {
    return sequence == nullptr ? patch->kv()->create(patch->self(), &view, &cache, error)
                               : patch->kv()->create_in(sequence->get(), &view, &cache, error);
  }));
  if (cache == nullptr) {
    return make_error(HOLO_INTERNAL, patch->callee().name() + ": create cache gave NULL");
  }
  return std::unique_ptr<KvCache>(
      std::make_unique<OwnedPatchCache>(patch, patch, std::move(sequence), cache, shape, 0));
}

}  // namespace holo::host
