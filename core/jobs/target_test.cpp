// Targets: their text, and what a search over a made-up codec comes to.
#include "core/jobs/target.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

using namespace holo;
using namespace holo::jobs;

namespace {

host::ParamSpec rate(std::int32_t type, double low, double high, double step = 0) {
  host::ParamSpec spec;
  spec.key = "quality";
  spec.type = type;
  spec.minimum = low;
  spec.maximum = high;
  spec.default_number = (low + high) / 2;
  spec.step = step;
  spec.flags = HOLO_PARAM_RATE;
  return spec;
}

double value_of(const ParamValue& value) {
  return value.type == HOLO_PARAM_INT ? static_cast<double>(value.integer) : value.number;
}

// 1000 bytes at 0, twice that every 10 points; 20 dB at 0, and 0.3 dB more for every point.
struct Codec {
  TargetMetric metric;
  std::vector<double> tried;
  double kept = NAN;

  Result<TargetReport> meet(const RateTarget& target, const host::ParamSpec& spec) {
    TrialRunner runner;
    runner.run = [this](const ParamValue& value) -> Result<Trial> {
      const double at = value_of(value);
      tried.push_back(at);
      const double bytes = std::floor(1000 * std::exp2(at / 10));
      const double reached = metric == TargetMetric::psnr ? 20 + 0.3 * at : bytes;
      return Trial{value, reached, static_cast<std::uint64_t>(bytes)};
    };
    runner.keep = [this] { kept = tried.back(); };
    return meet_target(target, spec, runner);
  }
};

}  // namespace

TEST_CASE("targets are read with their units") {
  struct Case {
    const char* text;
    TargetMetric metric;
    double wanted;
  };
  for (const Case& each : std::vector<Case>{{"psnr=40", TargetMetric::psnr, 40},
                                            {"ssim=0.98", TargetMetric::ssim, 0.98},
                                            {"ms_ssim=1", TargetMetric::ms_ssim, 1},
                                            {"bpp=.5", TargetMetric::bpp, 0.5},
                                            {"size=200", TargetMetric::size, 200},
                                            {"size=200B", TargetMetric::size, 200},
                                            {"size=200k", TargetMetric::size, 200000},
                                            {"size=1.5kB", TargetMetric::size, 1500},
                                            {"size=64KiB", TargetMetric::size, 65536},
                                            {"size=2M", TargetMetric::size, 2e6},
                                            {"size=1MiB", TargetMetric::size, 1048576}}) {
    CAPTURE(each.text);
    const auto target = parse_target(each.text);
    REQUIRE(target.ok());
    CHECK(target->metric == each.metric);
    CHECK(target->wanted == each.wanted);
  }
  for (const char* text :
       {"", "psnr", "psnr=", "psnr=x", "psnr=0", "psnr=-3", "psnr=nan", "psnr=40dB", "ssim=1.01",
        "size=k", "size=1kb", "size=1e400", "quality=3", "bpp=0.5 "}) {
    CAPTURE(text);
    const auto target = parse_target(text);
    REQUIRE_FALSE(target.ok());
    CHECK(target.error().code == HOLO_INVALID_ARG);
    CHECK(target.error().message.find("expected") != std::string::npos);
  }
}

TEST_CASE("a quality is met by the smallest file that reaches it") {
  Codec codec{TargetMetric::psnr, {}};
  const auto report = codec.meet({TargetMetric::psnr, 40}, rate(HOLO_PARAM_INT, 0, 100));
  REQUIRE(report.ok());
  CHECK(codec.kept == 67);  // 40.1 dB; 66 gives 39.8
  CHECK(report->reached == Approx(40.1));
  CHECK(report->trials == static_cast<int>(codec.tried.size()));
  CHECK(report->trials <= 9);
}

TEST_CASE("a size is met by the finest file that is no larger") {
  Codec codec{TargetMetric::size, {}};
  const auto report = codec.meet({TargetMetric::size, 32000}, rate(HOLO_PARAM_INT, 0, 100));
  REQUIRE(report.ok());
  CHECK(codec.kept == 50);  // 32000 bytes exactly
  CHECK(report->reached == 32000);
}

TEST_CASE("the steps of a float parameter are honoured") {
  Codec codec{TargetMetric::size, {}};
  const auto report = codec.meet({TargetMetric::size, 33000}, rate(HOLO_PARAM_FLOAT, 0, 100, 0.25));
  REQUIRE(report.ok());
  CHECK(codec.kept == 50.25);
  for (const double at : codec.tried) CHECK(at * 4 == std::floor(at * 4));
  CHECK(codec.tried.size() <= 9);
}

TEST_CASE("a range too fine for the trials is searched in coarser steps") {
  Codec codec{TargetMetric::size, {}};
  const auto report = codec.meet({TargetMetric::size, 32000}, rate(HOLO_PARAM_FLOAT, 0, 100, 0.01));
  REQUIRE(report.ok());
  CHECK(codec.kept <= 50);
  CHECK(codec.kept > 49.7);
  CHECK(codec.tried.size() <= 9);
}

TEST_CASE("what is out of reach says how near one gets") {
  Codec fine{TargetMetric::psnr, {}};
  const auto high = fine.meet({TargetMetric::psnr, 60}, rate(HOLO_PARAM_INT, 0, 100));
  REQUIRE_FALSE(high.ok());
  CHECK(high.error().code == HOLO_UNSUPPORTED);
  CHECK(high.error().message.find("psnr 50.00 dB (quality=100)") != std::string::npos);

  Codec small{TargetMetric::size, {}};
  const auto low = small.meet({TargetMetric::size, 900}, rate(HOLO_PARAM_INT, 0, 100));
  REQUIRE_FALSE(low.ok());
  CHECK(low.error().message.find("1000 bytes (quality=0)") != std::string::npos);
}

TEST_CASE("the failure of a trial ends the search") {
  TrialRunner runner;
  runner.run = [](const ParamValue&) -> Result<Trial> { return make_error(HOLO_IO, "disk full"); };
  runner.keep = [] {};
  const auto report = meet_target({TargetMetric::size, 900}, rate(HOLO_PARAM_INT, 0, 100), runner);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().message == "disk full");
}
