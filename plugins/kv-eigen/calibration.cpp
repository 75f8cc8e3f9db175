#include "plugins/kv-eigen/calibration.hpp"

#include <algorithm>
#include <holo/error.hpp>
#include <string>

namespace holo::kv_eigen {
namespace {
constexpr std::uint64_t kSampleEvery = 8;
}

Calibration::Calibration(GroupShape shape, std::uint64_t skip, std::size_t sample_rows, Loop loop)
    : shape_(std::move(shape)),
      skip_(skip),
      sample_rows_(sample_rows),
      loop_(std::move(loop)),
      moments_(shape_.features + shape_.joint(), loop_) {
  rows_.sites.resize(shape_.sites.size());
  gradients_.sites.resize(shape_.sites.size());
}

void Calibration::begin_text(std::vector<float> inputs, std::size_t count) {
  inputs_ = std::move(inputs);
  inputs_.resize(count * shape_.features);
  for (Waiting* waiting : {&rows_, &gradients_}) {
    waiting->position = 0;
    for (auto& site : waiting->sites) site.clear();
  }
}

template <class Take>
void Calibration::join(Waiting& waiting, std::size_t site, const float* rows, std::size_t count,
                       Take&& take) {
  auto& mine = waiting.sites[site];
  mine.insert(mine.end(), rows, rows + count * shape_.width);
  std::size_t ready = mine.size();
  for (const auto& other : waiting.sites) ready = std::min(ready, other.size());
  ready /= shape_.width;
  std::vector<float> joint(shape_.joint());
  for (std::size_t r = 0; r < ready; ++r) {
    for (std::size_t s = 0; s < waiting.sites.size(); ++s) {
      std::copy_n(waiting.sites[s].data() + r * shape_.width, shape_.width,
                  joint.data() + s * shape_.width);
    }
    if (waiting.position >= skip_) take(joint, waiting.position);
    ++waiting.position;
  }
  for (auto& other : waiting.sites) {
    other.erase(other.begin(), other.begin() + static_cast<std::ptrdiff_t>(ready * shape_.width));
  }
}

void Calibration::rows(std::size_t site, const float* rows, std::size_t count) {
  const std::size_t f = shape_.features;
  join(rows_, site, rows, count, [&](const std::vector<float>& joint, std::uint64_t position) {
    if (f > 0 && (position + 1) * f > inputs_.size()) {
      fail(HOLO_INVALID_ARG,
           "kv-eigen: calibrate_tokens told fewer tokens than calibrate shows rows; predict=input "
           "needs the tokens of every row");
    }
    std::vector<float> both(f);
    if (f > 0) std::copy_n(inputs_.data() + position * f, f, both.data());
    both.insert(both.end(), joint.begin(), joint.end());
    const bool sampled =
        taken_++ % kSampleEvery == 0 && sample_.size() / both.size() < sample_rows_;
    if (sampled) {
      sample_.insert(sample_.end(), both.begin(), both.end());
    } else {
      moments_.push(both.data());
    }
  });
}

void Calibration::gradients(std::size_t site, const float* rows, std::size_t count) {
  if (metric_ == nullptr) metric_ = std::make_unique<Moments>(shape_.joint(), loop_);
  join(gradients_, site, rows, count,
       [&](const std::vector<float>& joint, std::uint64_t) { metric_->push(joint.data()); });
}

double Calibration::gradient_power() {
  if (metric_ == nullptr) return 0;
  metric_->flush();
  return metric_->mean_square();
}

GroupSample Calibration::fit(bool use_metric, double metric_scale, std::size_t limit) {
  moments_.flush();
  const std::size_t f = shape_.features;
  const std::size_t n = shape_.joint();
  if (moments_.rows() < 2 * (n + f)) {
    fail(HOLO_INVALID_ARG,
         "kv-eigen: the calibration text is too short: " + std::to_string(moments_.rows()) +
             " rows of " + std::to_string(n) + " values were seen, " + std::to_string(2 * (n + f)) +
             " are needed; give more text, or a narrower scope");
  }
  JointMoments joint{f, n, shape_.width, moments_.mean(), moments_.covariance(), metric_scale, {}};
  if (use_metric && metric_ != nullptr) {
    metric_->flush();
    joint.metric = metric_->second_moment();
  }
  // They take far more memory than all that is made of them.
  moments_ = Moments(0, loop_);
  metric_.reset();
  GroupSample out;
  out.transform = fit_transform(joint, loop_);
  out.samples = sample_.size() / (f + n);
  out.limit = std::min(limit, n);
  std::vector<float> residual(out.samples * n);
  for (std::size_t r = 0; r < out.samples; ++r) {
    const float* row = sample_.data() + r * (f + n) + f;
    for (std::size_t i = 0; i < n; ++i) residual[r * n + i] = row[i] - out.transform.centre[i];
  }
  if (f > 0) {
    std::vector<float> guess(out.samples * n);
    multiply(out.samples, n, f, {sample_.data(), f + n}, {out.transform.prediction.data(), n},
             guess.data(), n, loop_);
    for (std::size_t i = 0; i < guess.size(); ++i) residual[i] -= guess[i];
  }
  out.coefficients.resize(n * out.samples);
  multiply(n, out.samples, n, {out.transform.analysis.data(), n},
           MatrixRef{residual.data(), n}.transposed(), out.coefficients.data(), out.samples, loop_);
  return out;
}

}  // namespace holo::kv_eigen
