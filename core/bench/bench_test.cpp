// What surrounds a measurement: workers, memory, BD-rates of rows, crops.
#include <unistd.h>
#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <vector>

#include "core/bench/bd_table.hpp"
#include "core/bench/memory_peak.hpp"
#include "core/bench/worker.hpp"

using namespace holo;

TEST_CASE("a worker hands over its text, whatever is in it") {
  const std::string large(1 << 20, '\0');
  for (const std::string& text : {std::string(), std::string("x"), large}) {
    const auto answer = bench::in_worker([&] { return Result<std::string>(text); });
    REQUIRE(answer.ok());
    CHECK(*answer == text);
  }
}

TEST_CASE("a worker that fails or dies says so and costs nothing else") {
  const auto failed = bench::in_worker(
      [] { return Result<std::string>(make_error(HOLO_CORRUPT, "it is damaged")); });
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().message == "it is damaged");

  const auto killed = bench::in_worker([]() -> Result<std::string> {
    ::raise(SIGKILL);
    return std::string();
  });
  REQUIRE_FALSE(killed.ok());
  CHECK_THAT(killed.error().message, Catch::Contains("killed"));

  const auto left = bench::in_worker([]() -> Result<std::string> { ::_exit(3); });
  REQUIRE_FALSE(left.ok());
  CHECK_THAT(left.error().message, Catch::Contains("code 3"));

  const auto thrown =
      bench::in_worker([]() -> Result<std::string> { throw std::runtime_error("no"); });
  CHECK_FALSE(thrown.ok());
}

TEST_CASE("the peak of memory counts what was held and given back") {
  const bench::MemoryPeak peak;
  if (!peak.bytes()) return;  // the kernel does not tell
  constexpr std::size_t kBytes = 64 << 20;
  {
    std::vector<char> block(kBytes, 1);
    REQUIRE(block[kBytes / 2] == 1);
  }
  CHECK(*peak.bytes() >= kBytes);
  CHECK(*bench::MemoryPeak().bytes() < kBytes / 2);
}

namespace {

// Two pictures; the second curve needs `factor` of the first one's bytes at the same quality.
struct Example {
  bench::RunOptions options;
  std::vector<bench::Row> rows;
  host::ComponentInfo codec;

  explicit Example(double factor) {
    codec.alias = "x";
    options.pictures = {"a.png", "b.png"};
    options.curves.resize(2);
    for (std::size_t curve = 0; curve < 2; ++curve) {
      options.curves[curve].name = curve == 0 ? "x:p=1" : "x:p=2";
      options.curves[curve].codec = &codec;
      options.curves[curve].points.resize(4);
      for (std::size_t picture = 0; picture < 2; ++picture) {
        for (std::size_t point = 0; point < 4; ++point) {
          bench::Row row{picture, curve, point, {}, {}};
          const double step = static_cast<double>(point);
          row.measured.width = 100;
          row.measured.height = 100;
          row.measured.bytes = static_cast<std::uint64_t>(
              10000 * std::exp2(step) * (curve == 0 ? 1 : factor) * (picture == 0 ? 1 : 3));
          row.measured.psnr_rgb = 30 + 3 * step;
          row.measured.psnr_y = 31 + 3 * step;
          row.measured.ssim = 1 - std::exp2(-step - 2);
          row.measured.ms_ssim = std::numeric_limits<double>::quiet_NaN();
          rows.push_back(row);
        }
      }
    }
  }
};

}  // namespace

TEST_CASE("BD-rates are the mean over pictures, metric by metric") {
  Example example(0.8);
  const auto table = bench::bd_table(example.options, example.rows, 0);
  REQUIRE(table.size() == 1);
  CHECK(table[0].curve == 1);
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(bench::metrics_of(example.options)[i].key);
    REQUIRE(table[0].rates[i].percent);
    CHECK(*table[0].rates[i].percent == Approx(-20).margin(1e-6));
    CHECK(table[0].rates[i].pictures == 2);
  }
  CHECK_FALSE(table[0].rates[3].percent);
  CHECK_THAT(table[0].rates[3].reason, Catch::Contains("a.png"));
}

TEST_CASE("a failed row costs its point, a failed picture is named") {
  Example example(1.25);
  for (bench::Row& row : example.rows) {
    if (row.picture == 1 && row.curve == 1) row.error = "it failed";
    if (row.picture == 0 && row.curve == 1 && row.point == 2) row.error = "it failed";
  }
  const auto table = bench::bd_table(example.options, example.rows, 0);
  REQUIRE(table[0].rates[0].percent);
  CHECK(*table[0].rates[0].percent == Approx(25).margin(0.01));
  CHECK(table[0].rates[0].pictures == 1);
  CHECK_THAT(table[0].rates[0].reason, Catch::Contains("b.png"));
}

TEST_CASE("an anchor is found by its name, or by its alias if that is one curve's") {
  Example example(1);
  CHECK(*bench::find_anchor(example.options.curves, "x:p=2") == 1);
  CHECK_FALSE(bench::find_anchor(example.options.curves, "x").ok());
  CHECK_FALSE(bench::find_anchor(example.options.curves, "y").ok());
  example.options.curves.pop_back();
  CHECK(*bench::find_anchor(example.options.curves, "x") == 0);
}
