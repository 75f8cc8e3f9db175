// holohost render
#include "core/jobs/render.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"

namespace holo::cli {

namespace {

constexpr Option kOptions[] = {
    {"output", 'o', "OUT", "output picture, or - for standard output", Complete::file},
    {"format", 0, "NAME", "png, jpg, ppm; otherwise the extension of OUT"},
    {"region", 'r', "X,Y,W,H", "only this rectangle, in pixels of the stored picture"},
    {"frame", 'n', "N", "this frame of a video, counted from 0"},
    {"time", 't', "S", "the frame shown S seconds after the start of a video"},
    {"components", 'k', "K", "render with the first K components only"},
    {"codec", 'c', "NAME", "decode with this codec; otherwise by the file's format",
     Complete::codec},
    {"param", 'p', "key=value", "an option of the decoder", Complete::none, true},
    {"force", 'f', nullptr, "overwrite the output if it exists"},
    {"isolate", 0, nullptr, "run in a process of its own, so that a plugin's crash ends only that"},
    {"json", 0, nullptr, "print one JSON object on stdout"},
};

Status parse_region(const std::string& text, jobs::RenderOptions& options) {
  std::int32_t* const fields[] = {&options.x, &options.y, &options.width, &options.height};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < 4; ++i) {
    const auto [next, failure] = std::from_chars(at, end, *fields[i]);
    const bool last = i == 3;
    if (failure != std::errc() || (last ? next != end : next == end || *next != ',')) {
      return make_error(
          HOLO_INVALID_ARG,
          "--region takes X,Y,W,H in pixels, such as 0,0,640,480; found '" + text + "'");
    }
    at = next + 1;
  }
  if (options.x < 0 || options.y < 0 || options.width < 1 || options.height < 1) {
    return make_error(
        HOLO_INVALID_ARG,
        "--region needs X and Y of at least 0, W and H of at least 1; found '" + text + "'");
  }
  return {};
}

Status parse_time(const std::string& text, jobs::RenderOptions& options) {
  double seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc() || end != text.data() + text.size() || !(seconds >= 0) ||
      seconds > 1e9) {
    return make_error(HOLO_INVALID_ARG, "--time takes seconds, such as 12.5; found '" + text + "'");
  }
  options.seconds = seconds;
  return {};
}

Result<jobs::RenderOptions> options_from(const Arguments& arguments) {
  jobs::RenderOptions options;
  HOLO_ASSIGN(options.input, arguments.one_operand("one .holo or .holovid file"));
  if (!arguments.has("output")) {
    return make_error(HOLO_INVALID_ARG, "expected an output picture: -o OUT.png");
  }
  if (arguments.has("frame") && arguments.has("time")) {
    return make_error(HOLO_INVALID_ARG, "--frame and --time both name a frame; use one of them");
  }
  options.output = arguments.text("output");
  options.format = arguments.text("format");
  options.decoder = arguments.text("codec");
  options.overwrite = arguments.has("force");
  if (arguments.has("region")) HOLO_TRY(parse_region(arguments.text("region"), options));
  if (arguments.has("time")) HOLO_TRY(parse_time(arguments.text("time"), options));
  HOLO_ASSIGN(const auto frame, arguments.integer("frame", 0, 0, INT64_MAX));
  options.frame = static_cast<std::uint64_t>(frame);
  HOLO_ASSIGN(const auto components, arguments.integer("components", 0, 0, 1 << 20));
  options.components = static_cast<std::int32_t>(components);
  HOLO_ASSIGN(options.params, given_params(arguments));
  return options;
}

int run(const Arguments& arguments) {
  auto options = options_from(arguments);
  if (!options) return report_error(arguments, options.error());
  auto registry = open_registry(arguments);
  if (!registry) return report_error(arguments, registry.error());
  auto job = open_job(arguments);
  if (!job) return report_error(arguments, job.error());
  auto report = jobs::render(**registry, **job, *options);
  if (!report) return report_error(arguments, report.error());

  say(arguments, options->output + ": " + std::to_string(report->width) + "x" +
                     std::to_string(report->height) + " from " + human_bytes(report->bytes_read) +
                     " of " + human_bytes(report->file_bytes) + ", " +
                     fixed(static_cast<double>(report->microseconds) / 1000, 2) + " ms");
  if (!wants_json(arguments)) return kExitOk;
  if (options->output == "-") {
    warn("--json is left out, because the picture goes to standard output");
    return kExitOk;
  }
  return print_json({{"output", options->output},
                     {"unit", report->unit},
                     {"bytes_read", report->bytes_read},
                     {"bytes_file", report->file_bytes},
                     {"microseconds", report->microseconds},
                     {"width", report->width},
                     {"height", report->height}});
}

}  // namespace

Verb render_verb() {
  return {"render",
          "IN -o OUT.png [--region X,Y,W,H] [--frame N | --time S] [--components K]",
          "Render a part of a .holo or .holovid file as a picture",
          "Only the parts of the file that the region needs are read and decoded. --components "
          "turns\nthe focus ring: a small K gives the gross shape, a larger one the details.",
          "  holohost render photo.holo --region 0,0,256,256 -o corner.png\n"
          "  holohost render clip.holovid --time 12.5 -o frame.png\n"
          "  holohost render photo.holo --components 4 -o coarse.png --json\n",
          kOptions,
          Complete::file,
          run,
          true};
}

}  // namespace holo::cli
