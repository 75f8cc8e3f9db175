// holohost compare
#include "core/jobs/compare.hpp"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"

namespace holo::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr Option kOptions[] = {
    {"json", 0, nullptr, "print one JSON object on stdout"},
};

struct Figure {
  const char* key;
  const char* unit;
  int decimals;
  std::optional<double> value;
};

// JSON has no infinity: null stands for "nothing differs", told apart by "identical".
Json number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json();
}

int run(const Arguments& arguments) {
  if (arguments.operands().size() != 2) {
    return report_error(arguments, make_error(HOLO_INVALID_ARG,
                                              "expected two files: the original, then the "
                                              "one to judge"));
  }
  auto registry = open_registry(arguments);
  if (!registry) return report_error(arguments, registry.error());
  auto job = open_job(arguments);
  if (!job) return report_error(arguments, job.error());
  const auto& files = arguments.operands();
  auto report = jobs::compare(**registry, **job, files[0], files[1]);
  if (!report) return report_error(arguments, report.error());
  if (!report->warning.empty()) warn(report->warning);

  const Figure figures[] = {{"psnr_rgb", " dB", 2, report->psnr_rgb},
                            {"psnr_y", " dB", 2, report->psnr_y},
                            {"psnr_cb", " dB", 2, report->psnr_cb},
                            {"psnr_cr", " dB", 2, report->psnr_cr},
                            {"ssim", "", 5, report->ssim},
                            {"ms_ssim", "", 5, report->ms_ssim}};
  if (wants_json(arguments)) {
    Json object = {{"reference", files[0]},
                   {"test", files[1]},
                   {"units", report->units},
                   {"identical", report->identical}};
    for (const Figure& figure : figures) object[figure.key] = number(figure.value);
    return print_json(std::move(object));
  }
  std::string line = std::to_string(report->units) + (report->units == 1 ? " unit" : " units");
  if (report->identical) line += ", identical";
  for (const Figure& figure : figures) {
    if (figure.value && std::isfinite(*figure.value)) {
      line += std::string(", ") + figure.key + " " + fixed(*figure.value, figure.decimals) +
              figure.unit;
    }
  }
  end_progress();
  std::puts(line.c_str());
  return kExitOk;
}

}  // namespace

Verb compare_verb() {
  return {"compare",
          "ORIGINAL FILE",
          "Measure how far a file is from its original",
          "PSNR, SSIM and MS-SSIM of two pictures or videos of the same size. Either may be a "
          ".holo or\n.holovid file. The ratios pool the squared error over all frames; "
          "ms_ssim needs 161 pixels\neach way. In JSON a ratio is null where nothing differs.",
          "  holohost compare photo.png photo.holo\n"
          "  holohost compare clip.mp4 clip.holovid --json\n",
          kOptions,
          Complete::file,
          run};
}

}  // namespace holo::cli
