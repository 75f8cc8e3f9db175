// The caches of one text, and their way into cold storage.
#include "plugins/kv-eigen/eigen_patch.hpp"

namespace holo::kv_eigen {
namespace {
constexpr std::uint32_t kRowsChunk = fourcc("rows");
}  // namespace

EigenSequence::EigenSequence(const EigenPatch& patch)
    : patch_(&patch), log_(std::make_shared<TokenLog>(patch.vocabulary_)) {
  for (std::size_t g = 0; g < patch.groups_.size(); ++g) {
    stores_.push_back(std::make_shared<GroupStore>(patch.bases_[g], patch.groups_[g], patch.width_,
                                                   patch.rules_, log_));
  }
}

EigenSequence::EigenSequence(const EigenSequence& other)
    : patch_(other.patch_), log_(std::make_shared<TokenLog>(*other.log_)) {
  for (const auto& store : other.stores_) {
    stores_.push_back(std::make_shared<GroupStore>(*store));
    stores_.back()->set_log(log_);
  }
}

std::unique_ptr<KvCache> EigenSequence::make_cache(const holo_site& site) {
  const EigenPatch::Place place = patch_->place_of(site);
  return std::make_unique<EigenCache>(stores_[place.group], place.group, place.site);
}

void EigenSequence::tokens(std::uint64_t begin, const std::int32_t* ids, std::uint64_t count) {
  log_->put(begin, ids, count);
}

void EigenCache::store(const Sink& sink, std::uint64_t unit) const {
  sink.write(kRowsChunk, unit, 0, 0, store_->store(site_));
}

void EigenCache::restore(const Source& source, std::uint64_t unit) {
  store_->restore(site_, source.read(kRowsChunk, unit, 0));
}

}  // namespace holo::kv_eigen
