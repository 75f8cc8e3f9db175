// Rate-distortion plots as inline SVG.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace holo::cli {

struct PlotPoint {
  double x = 0;
  double y = 0;
  std::string text;  // shown when the pointer rests on it
};

struct PlotLine {
  std::size_t colour = 0;  // curve k has the colour of class "ck"
  std::vector<PlotPoint> points;
  std::string label;  // beside the point with the greatest x; may be empty
};

// How many colours there are; further lines begin again, dashed.
inline constexpr std::size_t kPlotColours = 8;
// "c3", or "c3 dashed".
std::string plot_class(std::size_t colour);

// Both axes with grid lines at round values, x logarithmic. Points that are not finite or not above
// 0 in x are left out; without any, a sentence stands in for the plot.
std::string plot(const std::vector<PlotLine>& lines, const std::string& x_title,
                 const std::string& y_title);

}  // namespace holo::cli
