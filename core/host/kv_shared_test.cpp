// Patches that use what ABI 1.2 added: sequences that know the tokens, calibration, cold storage,
// and caches that the host recomputes.
#include <atomic>
#include <catch2/catch.hpp>
#include <holo/model_patch.hpp>
#include <map>
#include <stdexcept>

#include "core/host/kv_sequence.hpp"
#include "core/host/kv_storage.hpp"

using namespace holo::host;

namespace {

constexpr std::size_t kWidth = 4;
constexpr std::uint32_t kSites = 1u << HOLO_SITE_K | 1u << HOLO_SITE_V;

holo_model toy_model() {
  holo_model model{};
  model.struct_size = sizeof(model);
  model.layers = 2;
  model.architecture = "toy";
  model.hidden = 8;
  model.heads = 4;
  model.kv_heads = 2;
  model.head_dim = 2;
  model.max_positions = 4096;
  model.vocabulary = 100;
  return model;
}

std::atomic<int> open_sequences{0};
std::atomic<int> open_caches{0};

// Keeps rows less the id of their token: who is not told the ids cannot append.
class IdSequence : public holo::KvSequence {
 public:
  IdSequence() { ++open_sequences; }
  IdSequence(const IdSequence& other) : holo::KvSequence(other), ids(other.ids) {
    ++open_sequences;
  }
  ~IdSequence() override {
    --open_sequences;
    if (open_sequences == 0 && open_caches != 0) FAIL("a cache outlives its sequence");
  }
  std::unique_ptr<holo::KvCache> make_cache(const holo_site& site) override;
  void tokens(std::uint64_t begin, const std::int32_t* told, std::uint64_t count) override {
    if (begin > ids.size()) throw holo::Failure(HOLO_INVALID_ARG, "tokens were left out");
    ids.resize(static_cast<std::size_t>(begin));
    ids.insert(ids.end(), told, told + count);
  }
  [[nodiscard]] std::unique_ptr<holo::KvSequence> fork() const override {
    return std::make_unique<IdSequence>(*this);
  }
  std::vector<std::int32_t> ids;
};

class IdCache : public holo::KvCache {
 public:
  explicit IdCache(IdSequence& sequence) : sequence_(&sequence) { ++open_caches; }
  IdCache(const IdCache& other)
      : holo::KvCache(other), sequence_(other.sequence_), rows_(other.rows_) {
    ++open_caches;
  }
  ~IdCache() override { --open_caches; }
  void append(const holo::ConstMatrix& rows) override {
    for (std::int64_t y = 0; y < rows.height(); ++y) {
      const std::size_t position = rows_.size() / kWidth;
      const auto id = static_cast<float>(sequence_->ids.at(position));
      for (std::size_t x = 0; x < kWidth; ++x) rows_.push_back(rows.row(y)[x] - id);
    }
  }
  void materialise(std::uint64_t begin, const holo::Matrix& out) override {
    for (std::int64_t y = 0; y < out.height(); ++y) {
      const std::size_t position = static_cast<std::size_t>(begin) + static_cast<std::size_t>(y);
      const auto id = static_cast<float>(sequence_->ids.at(position));
      for (std::size_t x = 0; x < kWidth; ++x) out.row(y)[x] = rows_[position * kWidth + x] + id;
    }
  }
  void trim(std::uint64_t positions) override { rows_.resize(positions * kWidth); }
  [[nodiscard]] std::unique_ptr<holo::KvCache> fork() const override {
    throw std::logic_error("a cache of a sequence is forked alone");
  }
  [[nodiscard]] std::unique_ptr<holo::KvCache> fork_in(holo::KvSequence& other) const override {
    auto copy = std::make_unique<IdCache>(*this);
    copy->sequence_ = &dynamic_cast<IdSequence&>(other);
    return copy;
  }
  [[nodiscard]] holo::KvBytes bytes() const override {
    return {rows_.size() / kWidth, rows_.size() * sizeof(float), 0};
  }
  void reset() override { rows_.clear(); }
  void store(const holo::Sink& sink, std::uint64_t unit) const override {
    sink.write(holo::fourcc("less"), unit, 0, 0, rows_);
  }
  void restore(const holo::Source& source, std::uint64_t unit) override {
    const auto bytes = source.read(holo::fourcc("less"), unit, 0);
    rows_.resize(bytes.size() / sizeof(float));
    std::memcpy(rows_.data(), bytes.data(), rows_.size() * sizeof(float));
  }

 private:
  IdSequence* sequence_;
  std::vector<float> rows_;
};

std::unique_ptr<holo::KvCache> IdSequence::make_cache(const holo_site&) {
  return std::make_unique<IdCache>(*this);
}

class IdPatch : public holo::Patch {
 public:
  explicit IdPatch(const holo::PatchJob&) {}
  holo_patch_plan plan(const holo_model&, const holo_site&) override {
    return holo::make_plan(HOLO_SWAP_TRANSCODE, 16);
  }
  std::unique_ptr<holo::KvSequence> begin_sequence() override {
    return std::make_unique<IdSequence>();
  }
  static holo::PatchInfo info() {
    holo::PatchInfo info;
    info.id = "org.holohost.test.ids";
    info.alias = "ids";
    info.version = "1.0.0";
    info.summary = "rows less the id of their token";
    info.site_kinds = kSites;
    info.sequences = true;
    info.stores = true;
    info.materialises_only = true;
    return info;
  }
};

// Keeps nothing.
class NoRows : public holo::Patch {
 public:
  explicit NoRows(const holo::PatchJob&) {}
  holo_patch_plan plan(const holo_model&, const holo_site&) override {
    return holo::make_plan(HOLO_SWAP_FLUSH, 1, 0, false, HOLO_RECOMPUTE_IDS);
  }
  static holo::PatchInfo info() {
    return {"org.holohost.test.no-rows", "no-rows", "1.0.0", "no rows", kSites, {}};
  }
};

// Counts what calibration shows, and keeps one number.
class Counter : public holo::Patch {
 public:
  explicit Counter(const holo::PatchJob&) {}
  holo_patch_plan plan(const holo_model&, const holo_site&) override {
    return holo::make_plan(HOLO_SWAP_TRANSCODE, 16, 0, true);
  }
  void calibrate_tokens(const std::int32_t*, std::uint64_t count) override { told_ = count; }
  void calibrate(const holo_site&, const holo::ConstMatrix& rows) override {
    if (static_cast<std::uint64_t>(rows.height()) != told_) {
      throw holo::Failure(HOLO_INVALID_ARG, "rows of tokens that were not told");
    }
  }
  void calibrate_loss(const holo_site&, const holo::ConstMatrix& rows) override {
    gradients_ += static_cast<std::uint64_t>(rows.height());
  }
  void fit() override { fitted_ = gradients_; }
  void save(const holo::Sink& sink) override {
    sink.write(holo::fourcc("numb"), holo::kSharedUnit, 0, 0, &fitted_, sizeof(fitted_));
  }
  void load(const holo::Source& source) override {
    const auto bytes = source.read(holo::fourcc("numb"), holo::kSharedUnit, 0, sizeof(fitted_));
    if (bytes.size() != sizeof(fitted_)) throw holo::Failure(HOLO_CORRUPT, "no number");
    std::memcpy(&fitted_, bytes.data(), sizeof(fitted_));
  }
  static holo::PatchInfo info() {
    return {"org.holohost.test.counter", "counter", "1.0.0", "counts", kSites, {}};
  }

 private:
  std::uint64_t told_ = 0;
  std::uint64_t gradients_ = 0;
  std::uint64_t fitted_ = 0;
};

// Chunks in memory.
class Chunks {
 public:
  Chunks() {
    sink.struct_size = sizeof(sink);
    sink.ctx = this;
    sink.write = [](void* ctx, const holo_chunk* chunk, const void* data,
                    holo_error*) -> holo_status {
      const auto* bytes = static_cast<const std::uint8_t*>(data);
      static_cast<Chunks*>(ctx)->bytes[{chunk->unit, chunk->type}].assign(bytes,
                                                                          bytes + chunk->size);
      return HOLO_OK;
    };
    stream_.struct_size = sizeof(stream_);
    stream_.kind = HOLO_KV;
    source.struct_size = sizeof(source);
    source.ctx = this;
    source.stream = &stream_;
    source.find = [](void* ctx, std::uint32_t type, std::uint64_t unit, std::uint32_t,
                     holo_chunk* out) -> holo_status {
      const auto found = static_cast<Chunks*>(ctx)->bytes.find({unit, type});
      if (found == static_cast<Chunks*>(ctx)->bytes.end()) return HOLO_NOT_FOUND;
      out->type = type;
      out->unit = unit;
      out->size = found->second.size();
      return HOLO_OK;
    };
    source.read = [](void* ctx, const holo_chunk* chunk, std::uint64_t offset, void* data,
                     std::uint64_t size, holo_error*) -> holo_status {
      const auto& from = static_cast<Chunks*>(ctx)->bytes.at({chunk->unit, chunk->type});
      if (offset > from.size() || size > from.size() - offset) return HOLO_INVALID_ARG;
      std::copy_n(from.data() + offset, size, static_cast<std::uint8_t*>(data));
      return HOLO_OK;
    };
  }
  Chunks(const Chunks&) = delete;
  Chunks& operator=(const Chunks&) = delete;
  holo_sink sink{};
  holo_source source{};
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::vector<std::uint8_t>> bytes;

 private:
  holo_stream stream_{};
};

template <class PatchType>
std::shared_ptr<PatchSession> session() {
  const auto* factory =
      static_cast<const holo_patch_factory*>(holo::PatchFactory<PatchType>::get());
  Job job(JobOptions{});
  holo_patch* patch = nullptr;
  holo_error error{};
  error.struct_size = sizeof(error);
  holo_params params{};
  params.struct_size = sizeof(params);
  REQUIRE(factory->create(PatchType::info().id, job.host(), &params, &patch, &error) == HOLO_OK);
  auto adopted = PatchSession::adopt(patch, {PatchType::info().alias, "test.holo.so", 0});
  REQUIRE(adopted.ok());
  std::vector<Site> sites;
  for (std::int32_t layer = 0; layer < 2; ++layer) {
    sites.push_back({HOLO_SITE_K, layer, "h." + std::to_string(layer) + ".k", nullptr});
    sites.push_back({HOLO_SITE_V, layer, "h." + std::to_string(layer) + ".v", nullptr});
  }
  REQUIRE((*adopted)->attach(toy_model(), std::move(sites)).ok());
  return *adopted;
}

template <class PatchType>
std::shared_ptr<const PatchSet> set_of() {
  auto set = PatchSet::create({session<PatchType>()});
  REQUIRE(set.ok());
  return *set;
}

KvSequence sequence_of(std::shared_ptr<const PatchSet> set) {
  auto created = KvSequence::create(toy_model(), std::move(set));
  REQUIRE(created.ok());
  return std::move(created).value();
}

std::int32_t id_at(std::uint64_t position) { return static_cast<std::int32_t>(position * 7 % 100); }
std::vector<float> row_at(std::uint64_t position, int slot) {
  std::vector<float> row(kWidth);
  for (std::size_t x = 0; x < kWidth; ++x) {
    row[x] = static_cast<float>(position * 13 + static_cast<std::uint64_t>(slot) + x);
  }
  return row;
}

KvCache& cache_at(KvSequence& sequence, int slot) {
  return slot % 2 == 0 ? sequence.keys(slot / 2) : sequence.values(slot / 2);
}

void feed(KvSequence& sequence, std::uint64_t end) {
  for (std::uint64_t p = sequence.positions(); p < end; ++p) {
    const std::int32_t id = id_at(p);
    REQUIRE(sequence.tokens(p, {&id, 1}).ok());
    for (int slot = 0; slot < 4; ++slot) {
      REQUIRE(cache_at(sequence, slot).append(row_at(p, slot)).ok());
    }
  }
}

bool holds(KvSequence& sequence, std::uint64_t positions) {
  for (int slot = 0; slot < 4; ++slot) {
    std::vector<float> rows(positions * kWidth);
    if (cache_at(sequence, slot).positions() != positions) return false;
    if (!cache_at(sequence, slot).materialise(0, rows).ok()) return false;
    for (std::uint64_t p = 0; p < positions; ++p) {
      const std::vector<float> row = row_at(p, slot);
      if (!std::equal(row.begin(), row.end(),
                      rows.begin() + static_cast<std::ptrdiff_t>(p * kWidth))) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

TEST_CASE("the caches of a text know its tokens, through trim, fork and swap") {
  {
    KvSequence text = sequence_of(set_of<IdPatch>());
    CHECK(open_sequences == 1);
    CHECK(open_caches == 4);
    feed(text, 20);
    CHECK(holds(text, 20));
    REQUIRE(text.trim(11).ok());
    feed(text, 15);
    CHECK(holds(text, 15));
    auto copy = text.fork();
    REQUIRE(copy.ok());
    CHECK(open_sequences == 2);
    feed(*copy, 30);
    CHECK(holds(*copy, 30));
    CHECK(holds(text, 15));

    // Away and back: the new caches are told what was told.
    CHECK(*text.adopt(nullptr) == KvSequence::Swap::carried);
    CHECK(open_sequences == 1);
    CHECK(holds(text, 15));
    CHECK(*text.adopt(set_of<IdPatch>()) == KvSequence::Swap::carried);
    CHECK(open_sequences == 2);
    CHECK(holds(text, 15));
    feed(text, 18);
    CHECK(holds(text, 18));
    REQUIRE(text.reset().ok());
    feed(text, 3);
    CHECK(holds(text, 3));
  }
  CHECK(open_sequences == 0);
  CHECK(open_caches == 0);
}

TEST_CASE("tokens are told for the next positions only") {
  KvSequence text = sequence_of(set_of<IdPatch>());
  feed(text, 3);
  const std::int32_t id = 5;
  CHECK_FALSE(text.tokens(4, {&id, 1}).ok());
  CHECK_FALSE(text.tokens(2, {&id, 1}).ok());
  CHECK(text.tokens(3, {&id, 1}).ok());
}

TEST_CASE("stored caches come back, in the strategy's format or in the host's") {
  for (const bool own : {true, false}) {
    const auto set = own ? set_of<IdPatch>() : nullptr;
    KvSequence text = sequence_of(set);
    feed(text, 12);
    Chunks chunks;
    REQUIRE(store_caches(text, 2, kWidth, chunks.sink).ok());
    CHECK(chunks.bytes.size() == 4);
    std::vector<std::int32_t> ids;
    for (std::uint64_t p = 0; p < 12; ++p) ids.push_back(id_at(p));
    KvSequence again = sequence_of(set);
    REQUIRE(restore_caches(again, 2, kWidth, ids, chunks.source).ok());
    CHECK(holds(again, 12));

    KvSequence longer = sequence_of(set);
    ids.push_back(1);
    const auto refused = restore_caches(longer, 2, kWidth, ids, chunks.source);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == HOLO_CORRUPT);
    ids.pop_back();
    chunks.bytes.erase(chunks.bytes.begin());
    KvSequence holed = sequence_of(set);
    CHECK_FALSE(restore_caches(holed, 2, kWidth, ids, chunks.source).ok());
  }
}

TEST_CASE("a recomputed cache counts positions, keeps nothing and flushes") {
  KvSequence text = sequence_of(set_of<NoRows>());
  CHECK_FALSE(text.keys(0).keeps_rows());
  feed(text, 9);
  CHECK(text.positions() == 9);
  CHECK(text.bytes()->payload == 0);
  std::vector<float> row(kWidth);
  CHECK_FALSE(text.keys(0).materialise(0, row).ok());
  Chunks chunks;
  const auto stored = store_caches(text, 2, kWidth, chunks.sink);
  REQUIRE_FALSE(stored.ok());
  CHECK(stored.error().code == HOLO_INVALID_ARG);
  REQUIRE(text.trim(4).ok());
  CHECK(text.positions() == 4);
  CHECK_FALSE(text.trim(5).ok());
  CHECK(*text.adopt(nullptr) == KvSequence::Swap::flushed);
  CHECK(text.positions() == 0);
}

TEST_CASE("a patch is ready once it was fitted, or has loaded what another one saved") {
  const auto patch = session<Counter>();
  CHECK(patch->needs_calibration());
  const std::vector<std::int32_t> ids = {1, 2, 3};
  std::vector<float> rows(3 * kWidth);
  std::int64_t shape[] = {3, static_cast<std::int64_t>(kWidth)};
  std::int64_t strides[] = {static_cast<std::int64_t>(kWidth), 1};
  const DLTensor tensor{rows.data(), {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape, strides, 0};
  const Site& site = patch->sites().front();
  CHECK_FALSE(patch->calibrate(site, tensor).ok());  // the tokens were not told
  REQUIRE(patch->calibrate_tokens(ids).ok());
  REQUIRE(patch->calibrate(site, tensor).ok());
  REQUIRE(patch->calibrate_loss(site, tensor).ok());
  CHECK_FALSE(patch->ready());
  REQUIRE(patch->fit().ok());
  CHECK(patch->ready());
  Chunks chunks;
  REQUIRE(patch->save(chunks.sink).ok());

  const auto other = session<Counter>();
  CHECK_FALSE(other->ready());
  REQUIRE(other->load(chunks.source).ok());
  CHECK(other->ready());
  Chunks again;
  REQUIRE(other->save(again.sink).ok());
  CHECK(again.bytes == chunks.bytes);

  chunks.bytes.begin()->second.pop_back();
  const auto third = session<Counter>();
  CHECK_FALSE(third->load(chunks.source).ok());
  CHECK_FALSE(third->ready());
}
