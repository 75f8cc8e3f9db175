// Collects what calibration shows of one group of sites: moments of joint rows, and a sample of
// rows that the moments do not contain, so that rates measured on it are those of new text.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "plugins/kv-eigen/basis.hpp"
#include "plugins/kv-eigen/moments.hpp"
#include "plugins/kv-eigen/rate_fit.hpp"

namespace holo::kv_eigen {

struct GroupShape {
  std::vector<SiteKey> sites;
  std::size_t width = 0;
  std::size_t features = 0;
  [[nodiscard]] std::size_t joint() const { return sites.size() * width; }
};

class Calibration {
 public:
  // Positions below `skip` of a text are left out. The sample holds `sample_rows` at most.
  Calibration(GroupShape shape, std::uint64_t skip, std::size_t sample_rows, Loop loop);

  // Token inputs {count, features} of the next `count` positions; a text begins.
  void begin_text(std::vector<float> inputs, std::size_t count);
  // The rows of site `site` at these positions; joint rows are taken in when all sites have theirs.
  void rows(std::size_t site, const float* rows, std::size_t count);
  void gradients(std::size_t site, const float* rows, std::size_t count);

  [[nodiscard]] const GroupShape& shape() const { return shape_; }
  [[nodiscard]] std::uint64_t seen() const { return taken_; }  // joint rows
  [[nodiscard]] bool weighted() const { return metric_ != nullptr; }
  // Mean square of the gradients' values; 0 without any.
  [[nodiscard]] double gradient_power();
  // Once. Throws INVALID_ARG if the text was too short.
  GroupSample fit(bool use_metric, double metric_scale, std::size_t limit);
  // The sample: [features, joint row] of each of its positions.
  [[nodiscard]] std::vector<float> release_sample() { return std::move(sample_); }

 private:
  // Rows of each site that wait for those of the others.
  struct Waiting {
    std::vector<std::vector<float>> sites;
    std::uint64_t position = 0;  // in the text, of the first
  };
  template <class Take>
  void join(Waiting& waiting, std::size_t site, const float* rows, std::size_t count, Take&& take);

  GroupShape shape_;
  std::uint64_t skip_;
  std::size_t sample_rows_;
  Loop loop_;
  Waiting rows_;
  Waiting gradients_;
  std::vector<float> inputs_;  // of the text
  std::uint64_t taken_ = 0;
  Moments moments_;                  // of [features, joint row]
  std::unique_ptr<Moments> metric_;  // of gradients
  std::vector<float> sample_;        // [features, joint row]
};

}  // namespace holo::kv_eigen
