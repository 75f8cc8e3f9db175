// Scales, grid and polylines.
#include "apps/holohost/bench/plot.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "apps/holohost/html_text.hpp"
#include "apps/holohost/session.hpp"

namespace holo::cli {

namespace {

constexpr double kWidth = 640, kHeight = 400, kLeft = 52, kRight = 12, kTop = 12, kBottom = 44;

struct Range {
  double low = INFINITY;
  double high = -INFINITY;

  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void pad(double share) {
    const double more = std::max(high - low, 1e-6) * share;
    low -= more;
    high += more;
  }
};

bool is_shown(const PlotPoint& point) {
  return std::isfinite(point.x) && std::isfinite(point.y) && point.x > 0;
}

// 1, 2 or 5 times a power of ten, for about `count` steps.
double round_step(double span, int count) {
  const double raw = span / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) return factor * power;
  }
  return 10 * power;
}

class Scales {
 public:
  Scales(Range x, Range y) : x_(x), y_(y) {}
  [[nodiscard]] double x(double value) const {
    return kLeft + (kWidth - kLeft - kRight) * (std::log2(value) - x_.low) / (x_.high - x_.low);
  }
  [[nodiscard]] double y(double value) const {
    return kHeight - kBottom - (kHeight - kTop - kBottom) * (value - y_.low) / (y_.high - y_.low);
  }

  void draw_grid(std::ostream& out) const {
    const double step = round_step(y_.high - y_.low, 6);
    for (double v = std::ceil(y_.low / step) * step; v <= y_.high; v += step) {
      const std::string at = fixed(y(v), 1);
      out << "<line class=\"grid\" x1=\"" << kLeft << "\" x2=\"" << kWidth - kRight << "\" y1=\""
          << at << "\" y2=\"" << at << "\"/><text x=\"" << kLeft - 6 << "\" y=\"" << at
          << "\" text-anchor=\"end\" dominant-baseline=\"middle\">" << fixed(v, step < 1 ? 1 : 0)
          << "</text>\n";
    }
    // Powers of two; every half one where they are few.
    const double stride = x_.high - x_.low < 2.5 ? 0.5 : 1;
    for (double v = std::ceil(x_.low / stride) * stride; v <= x_.high; v += stride) {
      const double value = std::exp2(v);
      const std::string at = fixed(x(value), 1);
      out << "<line class=\"grid\" x1=\"" << at << "\" x2=\"" << at << "\" y1=\"" << kTop
          << "\" y2=\"" << kHeight - kBottom << "\"/><text x=\"" << at << "\" y=\""
          << kHeight - kBottom + 16 << "\" text-anchor=\"middle\">"
          << fixed(value, value < 0.1  ? 3
                          : value < 10 ? 2
                                       : 0)
          << "</text>\n";
    }
  }

 private:
  Range x_;  // of log2
  Range y_;
};

void draw_line(std::ostream& out, const PlotLine& line, const Scales& scales) {
  std::vector<PlotPoint> points;
  std::copy_if(line.points.begin(), line.points.end(), std::back_inserter(points), is_shown);
  if (points.empty()) return;
  std::stable_sort(points.begin(), points.end(),
                   [](const PlotPoint& a, const PlotPoint& b) { return a.x < b.x; });
  const std::string kind = plot_class(line.colour);
  out << "<polyline class=\"curve " << kind << "\" points=\"";
  for (const PlotPoint& point : points) {
    out << fixed(scales.x(point.x), 1) << ',' << fixed(scales.y(point.y), 1) << ' ';
  }
  out << "\"/>\n";
  for (const PlotPoint& point : points) {
    out << "<circle class=\"dot " << kind << "\" r=\"3.5\" cx=\"" << fixed(scales.x(point.x), 1)
        << "\" cy=\"" << fixed(scales.y(point.y), 1) << "\"><title>" << escaped(point.text)
        << "</title></circle>\n";
  }
  if (line.label.empty()) return;
  const double x = scales.x(points.back().x);
  const bool turned = x > kWidth * 0.7;  // to the left, where there is room
  out << "<text x=\"" << fixed(x + (turned ? -8 : 8), 1) << "\" y=\""
      << fixed(scales.y(points.back().y), 1) << "\" dominant-baseline=\"middle\" text-anchor=\""
      << (turned ? "end" : "start") << "\">" << escaped(line.label) << "</text>\n";
}

}  // namespace

std::string plot_class(std::size_t colour) {
  return "c" + std::to_string(colour % kPlotColours) + (colour >= kPlotColours ? " dashed" : "");
}

std::string plot(const std::vector<PlotLine>& lines, const std::string& x_title,
                 const std::string& y_title) {
  Range x, y;
  for (const PlotLine& line : lines) {
    for (const PlotPoint& point : line.points) {
      if (!is_shown(point)) continue;
      x.add(std::log2(point.x));
      y.add(point.y);
    }
  }
  if (x.low > x.high) return "<p>No point has a finite value.</p>\n";
  x.pad(0.03);
  y.pad(0.05);
  const Scales scales(x, y);
  std::ostringstream out;
  out << "<svg viewBox=\"0 0 " << kWidth << ' ' << kHeight << "\" role=\"img\" aria-label=\""
      << escaped(y_title + " over " + x_title) << "\">\n";
  scales.draw_grid(out);
  for (const PlotLine& line : lines) draw_line(out, line, scales);
  out << "<text x=\"" << (kLeft + kWidth - kRight) / 2 << "\" y=\"" << kHeight - 8
      << "\" text-anchor=\"middle\">" << escaped(x_title) << "</text>\n<text x=\"14\" y=\""
      << (kTop + kHeight - kBottom) / 2 << "\" text-anchor=\"middle\" transform=\"rotate(-90 14 "
      << (kTop + kHeight - kBottom) / 2 << ")\">" << escaped(y_title) << "</text>\n</svg>\n";
  return out.str();
}

}  // namespace holo::cli
