// holohost decode
#include "core/jobs/decode.hpp"

#include <nlohmann/json.hpp>

#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"

namespace holo::cli {

namespace {

constexpr Option kOptions[] = {
    {"output", 'o', "OUT", "output file, or - for standard output", Complete::file},
    {"format", 0, "NAME", "png, mkv, safetensors ...; otherwise the extension of OUT"},
    {"components", 'k', "K", "render with the first K components only"},
    {"codec", 'c', "NAME", "decode with this codec; otherwise by the file's format",
     Complete::codec},
    {"param", 'p', "key=value", "an option of the decoder", Complete::none, true},
    {"force", 'f', nullptr, "overwrite the output if it exists"},
    {"isolate", 0, nullptr, "run in a process of its own, so that a plugin's crash ends only that"},
    {"json", 0, nullptr, "print one JSON object on stdout"},
};

int run(const Arguments& arguments) {
  jobs::DecodeOptions options;
  auto input = arguments.one_operand("one .holo or .holovid file");
  if (!input) return report_error(arguments, input.error());
  options.input = *input;
  if (!arguments.has("output")) {
    return report_error(arguments, make_error(HOLO_INVALID_ARG, "expected an output: -o OUT"));
  }
  options.output = arguments.text("output");
  options.format = arguments.text("format");
  options.decoder = arguments.text("codec");
  options.overwrite = arguments.has("force");
  auto components = arguments.integer("components", 0, 0, 1 << 20);
  if (!components) return report_error(arguments, components.error());
  options.components = static_cast<std::int32_t>(*components);
  auto params = given_params(arguments);
  if (!params) return report_error(arguments, params.error());
  options.params = std::move(*params);

  auto registry = open_registry(arguments);
  if (!registry) return report_error(arguments, registry.error());
  auto job = open_job(arguments);
  if (!job) return report_error(arguments, job.error());
  auto report = jobs::decode(**registry, **job, options);
  if (!report) return report_error(arguments, report.error());
  for (const std::string& text : report->warnings) warn(text);

  say(arguments, options.output + ": " + human_bytes(report->bytes_out) + ", " +
                     std::to_string(report->units) + (report->units == 1 ? " unit, " : " units, ") +
                     human_seconds(report->seconds));
  if (!wants_json(arguments)) return kExitOk;
  if (options.output == "-") {
    warn("--json is left out, because the decoded data go to standard output");
    return kExitOk;
  }
  return print_json({{"input", options.input},
                     {"output", options.output},
                     {"bytes_in", report->bytes_in},
                     {"bytes_out", report->bytes_out},
                     {"bytes_samples", report->samples_out},
                     {"units", report->units},
                     {"seconds", report->seconds},
                     {"codec", {{"id", report->codec_id}}}});
}

}  // namespace

Verb decode_verb() {
  return {"decode",
          "IN -o OUT",
          "Decode a .holo or .holovid file",
          "Pictures become .png .jpg .ppm .pgm .pam, videos .mkv (exact), .y4m (exact, no audio) "
          "or\n.mp4 (H.264 for players), tensors .safetensors or .npy. Audio, subtitles and "
          "chapters of a\nvideo come along unchanged where the target can hold them.",
          "  holohost decode in.holovid -o out.mp4\n"
          "  holohost decode photo.holo -o photo.png\n"
          "  holohost decode photo.holo -o - --format ppm | display\n",
          kOptions,
          Complete::file,
          run,
          true};
}

}  // namespace holo::cli
