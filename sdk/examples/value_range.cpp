// value-range: smallest, largest and mean sample of everything pushed. A whole analyzer in C++.
#include <algorithm>
#include <limits>

#include <holo/analyzer.hpp>
#include <holo/plugin.hpp>

namespace value_range {

class Analyzer : public holo::Analyzer {
 public:
  explicit Analyzer(const holo::AnalyzeJob& job) : host_(job.host) {}

  void push(const holo::Unit& unit) override {
    for (int p = 0; p < unit.planes(); ++p) {
      host_.progress(static_cast<double>(p) / unit.planes());
      unit.tensor(p).element_bytes() == 1 ? add<std::uint8_t>(unit, p)
                                          : add<std::uint16_t>(unit, p);
    }
  }
  void report(const holo::Report& report) override {
    report.integer("samples", count_);
    if (count_ == 0) return;
    report.integer("smallest", smallest_);
    report.integer("largest", largest_);
    report.number("mean", static_cast<double>(sum_) / static_cast<double>(count_));
  }
  static holo::AnalyzerInfo info() {
    return {"org.holohost.example.value-range",
            "value-range",
            "1.0.0",
            "smallest, largest and mean sample",
            1u << HOLO_PICTURE | 1u << HOLO_FRAME,
            {}};
  }

 private:
  template <class T>
  void add(const holo::Unit& unit, int p) {
    const auto plane = unit.plane<const T>(p);
    for (std::int64_t y = 0; y < plane.height(); ++y) {
      for (std::int64_t x = 0; x < plane.width(); ++x) {
        const std::int64_t value = plane.at(x, y);
        smallest_ = std::min(smallest_, value);
        largest_ = std::max(largest_, value);
        sum_ += value;
      }
    }
    count_ += plane.width() * plane.height();
  }

  holo::Host host_;
  std::int64_t count_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t smallest_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t largest_ = 0;
};

}  // namespace value_range

HOLO_PLUGIN(holo::plugin_info("org.holohost.example.value-range", "1.0.0", "holohost",
                              "Apache-2.0"),
            holo::AnalyzerFactory<value_range::Analyzer>);
