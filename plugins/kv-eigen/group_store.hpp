// The rows of the sites of one group and one text: exact first rows (sinks), coded rows, and exact
// recent ones. A position is coded when all sites have its row and `recent` positions follow it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <holo/kv_cache.hpp>

#include "plugins/kv-eigen/coded_rows.hpp"
#include "plugins/kv-eigen/rotation.hpp"
#include "plugins/kv-eigen/token_inputs.hpp"

namespace holo::kv_eigen {

// What all stores of a patch share.
struct StoreRules {
  std::uint64_t sinks = 0;
  std::uint64_t recent = 0;
  std::size_t head_dim = 0;
  std::shared_ptr<const Rotation> rotation;  // to undo before keys are coded; NULL: do not
  std::shared_ptr<const TokenInputs> inputs;
  Loop loop;
};

// Float16 to f32.
void widen(const std::uint16_t* halves, std::size_t count, float* out);

// A value: copies are independent. The ids are those of the copy's sequence: see set_log.
class GroupStore {
 public:
  // Without a basis every row stays exact.
  GroupStore(std::shared_ptr<const Basis> basis, std::vector<SiteKey> sites, std::size_t width,
             std::shared_ptr<const StoreRules> rules, std::shared_ptr<const TokenLog> log);
  GroupStore(const GroupStore& other);
  GroupStore& operator=(const GroupStore&) = delete;
  void set_log(std::shared_ptr<const TokenLog> log) { log_ = std::move(log); }

  [[nodiscard]] std::uint64_t rows(std::size_t site) const { return sites_[site].count; }
  void append(std::size_t site, const ConstMatrix& rows);
  void materialise(std::size_t site, std::uint64_t begin, const Matrix& out);
  void score(std::size_t site, const ConstMatrix& query, const Matrix& scores);
  void mix(std::size_t site, const ConstMatrix& weights, const Matrix& out);
  void trim(std::size_t site, std::uint64_t positions);
  [[nodiscard]] KvBytes bytes(std::size_t site) const;

  // Cold storage: the first site's bytes hold the coded rows of all, and are read first.
  [[nodiscard]] std::vector<std::uint8_t> store(std::size_t site) const;
  void restore(std::size_t site, const std::vector<std::uint8_t>& bytes);

 private:
  struct SiteRows {
    SiteKey key;
    std::uint64_t count = 0;
    std::vector<std::uint16_t> sinks;  // float16, as the host gave them
    std::vector<std::uint16_t> tail;   // positions from sinks + coded on
  };
  // Positions begin..end - 1 of the same kind, for a site that holds `end` rows or more.
  enum class Part { sinks, coded, tail };
  struct Range {
    Part part;
    std::uint64_t begin, end;
  };
  [[nodiscard]] std::vector<Range> ranges(std::size_t site, std::uint64_t begin,
                                          std::uint64_t end) const;
  [[nodiscard]] std::uint64_t coded_end() const { return rules_->sinks + coded_size(); }
  [[nodiscard]] std::uint64_t coded_size() const { return coded_ ? coded_->size() : 0; }
  [[nodiscard]] bool turned(std::size_t site) const {
    return rules_->rotation != nullptr && sites_[site].key.kind == HOLO_SITE_K;
  }
  [[nodiscard]] std::size_t group_of(std::int64_t heads, std::int64_t head_dim) const;
  void code_complete_rows();
  void code(std::uint64_t first, std::size_t count);
  void cut(std::uint64_t positions, std::size_t by);
  void forget_numbers() { numbers_ = {}; }
  // Inputs of tokens {count, step}.
  void inputs(std::uint64_t first, std::size_t count, float* out, std::size_t step) const;
  // e of the basis for coded positions first..first + count - 1: {count, depth}.
  const float* numbers(std::uint64_t first, std::size_t count, std::vector<float>& scratch);
  // Rows of a range {count, width} in f32, as attention shall see them.
  void read(std::size_t site, const Range& range, float* out);

  std::shared_ptr<const Basis> basis_;
  std::size_t width_;
  std::shared_ptr<const StoreRules> rules_;
  std::shared_ptr<const TokenLog> log_;
  std::vector<SiteRows> sites_;
  std::unique_ptr<CodedRows> coded_;
  // Of all coded positions, while the sites of a step read them one after the other. Working
  // memory: gone when the step's rows are appended.
  std::vector<float> numbers_;
};

}  // namespace holo::kv_eigen
