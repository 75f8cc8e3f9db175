// The Karhunen-Loeve transform of joint rows in the metric of the loss, from second moments.
#pragma once

#include <cstdint>
#include <vector>

#include "plugins/kv-eigen/multiply.hpp"

namespace holo::kv_eigen {

// Moments of [features, row], and of gradients. Symmetric matrices, row by row.
struct JointMoments {
  std::size_t features = 0;
  std::size_t width = 0;           // of the joint row
  std::size_t site_width = 0;      // the metric is evened out within a site
  std::vector<double> mean;        // features + width
  std::vector<double> covariance;  // of the two together
  double metric_scale = 1;         // the metric is divided by it: the same for all groups
  std::vector<double> metric;      // {width, width}, mean of g g'; empty: the identity
};

// x = centre + features . prediction + c . synthesis,  c = analysis (x - centre - features .
// prediction); components in falling order of variance, all of them.
struct Transform {
  std::vector<float> prediction;  // {features, width}
  std::vector<float> centre;      // {width}
  std::vector<float> analysis;    // {width, width}, a component a row
  std::vector<float> synthesis;   // {width, width}, a component a row
  std::vector<double> variances;  // {width}
};

// Throws INVALID_ARG where the moments are not those of finite rows.
Transform fit_transform(const JointMoments& moments, const Loop& loop);

}  // namespace holo::kv_eigen
