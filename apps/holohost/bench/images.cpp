// bench images: what was asked for, the run, and where its reports go.
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/holohost/bench/bench_report.hpp"
#include "apps/holohost/bench/benches.hpp"
#include "apps/holohost/bench/crops.hpp"
#include "apps/holohost/bench/page.hpp"
#include "apps/holohost/session.hpp"
#include "core/base/file.hpp"
#include "core/bench/pictures.hpp"
#include "core/bench/scratch.hpp"
#include "core/bench/vmaf.hpp"

namespace holo::cli {

namespace {

Result<bench::RunOptions> options_from(const Arguments& arguments,
                                       const std::vector<std::string>& paths,
                                       const host::Registry& registry) {
  bench::RunOptions options;
  if (paths.empty()) {
    return make_error(
        HOLO_INVALID_ARG,
        "expected a folder or pictures after 'images', such as: holohost bench images "
        "photos --codecs holo-image:quality=20..90/10,peer-jpeg:quality=20..90/10");
  }
  HOLO_ASSIGN(options.jobs, count_option(arguments, "jobs", 1, 1, 1024));
  HOLO_ASSIGN(options.repeat, count_option(arguments, "repeat", 1, 1, 1000));
  HOLO_ASSIGN(options.parallel, count_option(arguments, "parallel", 1, 1, 1024));
  if (!arguments.has("codecs")) {
    return make_error(HOLO_INVALID_ARG,
                      "expected --codecs A,B:key=value,...; 'holohost plugins list' shows what "
                      "there is");
  }
  HOLO_ASSIGN(options.curves, bench::make_curves(registry, arguments.all("codecs")));
  HOLO_ASSIGN(options.pictures, bench::find_pictures(paths));
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

Result<BenchReport> measure(const Arguments& arguments, const std::vector<std::string>& paths,
                            host::Registry& registry, const std::string& scratch) {
  BenchReport report;
  HOLO_ASSIGN(report.options, options_from(arguments, paths, registry));
  if (arguments.has("anchor")) {
    HOLO_ASSIGN(report.anchor, bench::find_anchor(report.options.curves, arguments.text("anchor")));
  }
  if (arguments.has("output")) {
    HOLO_ASSIGN(const int crops, count_option(arguments, "crops", 2, 0, 1000));
    HOLO_TRY(make_folder(arguments.text("output")));
    report.options.keep = scratch;
    report.options.keep_pictures =
        pictures_to_crop(report.options.pictures.size(), static_cast<std::size_t>(crops));
  }
  report.options.vmaf = bench::find_vmaf();
  report.machine = bench::this_machine();
  report.command = bench::command_line();
  HOLO_ASSIGN(const auto job, open_job(arguments, 1));
  HOLO_ASSIGN(report.rows, bench::run(registry, *job, report.options));
  end_progress();
  for (std::size_t anchor = 0; anchor < report.options.curves.size(); ++anchor)
    report.bd_by_anchor.push_back(bench::bd_table(report.options, report.rows, anchor));
  report.bd = report.bd_by_anchor[report.anchor];
  return report;
}

}  // namespace

Result<int> bench_images(const Arguments& arguments, const std::vector<std::string>& paths) {
  HOLO_ASSIGN(const auto registry, open_registry(arguments));
  HOLO_ASSIGN(const auto scratch, bench::ScratchFolder::make());
  HOLO_ASSIGN(const BenchReport report, measure(arguments, paths, *registry, scratch.path()));
  for (const bench::Row& row : report.rows) {
    if (!row.ok()) warn(row_name(report, row) + ": " + row.error);
  }
  if (arguments.has("output")) {
    auto crops = make_crops(report, *registry);
    if (!crops) warn("report.html has no crops: " + crops.error().message);
    HOLO_TRY(
        write_folder(arguments.text("output"), report, crops ? *crops : std::vector<CropSet>()));
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

}  // namespace holo::cli
