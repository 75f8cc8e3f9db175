// holohost bench
#include "core/bench/run.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/holohost/bench/bench_report.hpp"
#include "apps/holohost/bench/crops.hpp"
#include "apps/holohost/bench/page.hpp"
#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"
#include "core/base/file.hpp"
#include "core/bench/pictures.hpp"
#include "core/bench/scratch.hpp"

namespace holo::cli {

namespace {

constexpr Option kOptions[] = {
    {"codecs", 0, "A,B:key=20..90/10,...", "codecs with their settings; may be given again",
     Complete::codec, true},
    {"anchor", 0, "NAME", "the codec that BD-rates refer to; otherwise the first"},
    {"output", 'o', "DIR", "folder for table.txt, rows.json, rows.csv and report.html",
     Complete::directory},
    {"repeat", 0, "N", "runs of each encode and decode; speeds are of the median (default 1)"},
    {"parallel", 0, "N", "rows at a time (default 1); above 1, speeds are left out"},
    {"crops", 0, "N", "pictures shown as crops in report.html (default 2)"},
    {"json", 0, nullptr, "print one JSON object on stdout"},
};

constexpr const char* kElsewhere[] = {"video", "weights", "lm", "memory"};

Result<std::vector<std::string>> operands_of(const Arguments& arguments) {
  std::vector<std::string> operands = arguments.operands();
  const std::string what = operands.empty() ? "" : operands.front();
  for (const char* name : kElsewhere) {
    if (what == name) {
      return make_error(HOLO_INVALID_ARG,
                        "'bench " + what + "' is not in this build of holohost; it has 'images'");
    }
  }
  if (what != "images" || operands.size() < 2) {
    return make_error(HOLO_INVALID_ARG,
                      "expected 'images' and a folder or pictures, such as: holohost bench images "
                      "photos --codecs holo-image:quality=20..90/10,peer-jpeg:quality=20..90/10");
  }
  operands.erase(operands.begin());
  return operands;
}

Result<int> count_of(const Arguments& arguments, std::string_view name, int fallback, int least,
                     int most) {
  HOLO_ASSIGN(const auto value, arguments.integer(name, fallback, least, most));
  return static_cast<int>(value);
}

Result<bench::RunOptions> options_from(const Arguments& arguments, const host::Registry& registry) {
  bench::RunOptions options;
  HOLO_ASSIGN(const auto operands, operands_of(arguments));
  HOLO_ASSIGN(options.jobs, count_of(arguments, "jobs", 1, 1, 1024));
  HOLO_ASSIGN(options.repeat, count_of(arguments, "repeat", 1, 1, 1000));
  HOLO_ASSIGN(options.parallel, count_of(arguments, "parallel", 1, 1, 1024));
  if (!arguments.has("codecs")) {
    return make_error(HOLO_INVALID_ARG,
                      "expected --codecs A,B:key=value,...; 'holohost plugins list' shows what "
                      "there is");
  }
  HOLO_ASSIGN(options.curves, bench::make_curves(registry, arguments.all("codecs")));
  HOLO_ASSIGN(options.pictures, bench::find_pictures(operands));
  return options;
}

Status write_text(const std::filesystem::path& path, const std::string& text) {
  HOLO_ASSIGN(const auto file, AtomicFile::create(path.string(), true));
  HOLO_TRY(file->write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
  return file->commit();
}

Status write_folder(const std::filesystem::path& folder, const BenchReport& report,
                    const std::vector<CropSet>& crops) {
  HOLO_TRY(write_text(folder / "table.txt", bench_table(report)));
  HOLO_TRY(write_text(folder / "rows.json", json_text(bench_json(report))));
  HOLO_TRY(write_text(folder / "rows.csv", bench_csv(report)));
  return write_text(folder / "report.html", bench_page(report, crops));
}

// Before the work, so that a folder that cannot be written does not cost the bench.
Status make_folder(const std::string& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (!failure) return {};
  return make_error(HOLO_IO, "cannot create the folder " + path + ": " + failure.message());
}

Result<BenchReport> measure(const Arguments& arguments, host::Registry& registry,
                            const std::string& scratch) {
  BenchReport report;
  HOLO_ASSIGN(report.options, options_from(arguments, registry));
  if (arguments.has("anchor")) {
    HOLO_ASSIGN(report.anchor, bench::find_anchor(report.options.curves, arguments.text("anchor")));
  }
  if (arguments.has("output")) {
    HOLO_ASSIGN(const int crops, count_of(arguments, "crops", 2, 0, 1000));
    HOLO_TRY(make_folder(arguments.text("output")));
    report.options.keep = scratch;
    report.options.keep_pictures =
        pictures_to_crop(report.options.pictures.size(), static_cast<std::size_t>(crops));
  }
  report.machine = bench::this_machine();
  report.command = bench::command_line();
  HOLO_ASSIGN(const auto job, open_job(arguments, 1));
  HOLO_ASSIGN(report.rows, bench::run(registry, *job, report.options));
  end_progress();
  report.bd = bench::bd_table(report.options, report.rows, report.anchor);
  return report;
}

Result<int> run_bench(const Arguments& arguments) {
  HOLO_TRY(operands_of(arguments));
  HOLO_ASSIGN(const auto registry, open_registry(arguments));
  HOLO_ASSIGN(const auto scratch, bench::ScratchFolder::make());
  HOLO_ASSIGN(const BenchReport report, measure(arguments, *registry, scratch.path()));
  for (const bench::Row& row : report.rows) {
    if (!row.ok()) warn(row_name(report, row) + ": " + row.error);
  }
  if (arguments.has("output")) {
    HOLO_ASSIGN(const auto crops, make_crops(report, *registry));
    HOLO_TRY(write_folder(arguments.text("output"), report, crops));
    say(arguments,
        "wrote table.txt, rows.json, rows.csv and report.html to " + arguments.text("output"));
  }
  if (wants_json(arguments)) {
    print_json(bench_json(report));
  } else {
    const std::string table = bench_table(report);
    std::fwrite(table.data(), 1, table.size(), stdout);
  }
  return failed_rows(report) == 0 ? kExitOk : kExitFailure;
}

int run(const Arguments& arguments) {
  auto code = run_bench(arguments);
  return code ? *code : report_error(arguments, code.error());
}

}  // namespace

Verb bench_verb() {
  return {"bench",
          "images PATH... --codecs A,B:key=20..90/10,... [--anchor NAME] [-o DIR]",
          "Compare codecs over pictures: rate, quality, speed",
          "Every codec encodes and decodes every picture at every setting, each row in a process "
          "of its\nown; every decode is verified. A..B/STEP and x|y|z are values to go through. "
          "PATH is a folder\nor pictures. Codecs get one thread, or N with -j N. A row that fails "
          "is reported and the\nothers go on; the exit code is 1 then. docs/bench.md explains the "
          "figures.",
          "  holohost bench images photos --codecs "
          "holo-image:quality=20..90/10,peer-jpeg:quality=20..90/10\n"
          "  holohost bench images a.png b.png --codecs 'holo-image:quality=30..90/20' "
          "--codecs 'peer-webp:quality=20|50|80' --anchor peer-webp -o report\n",
          kOptions,
          Complete::file,
          run};
}

}  // namespace holo::cli
