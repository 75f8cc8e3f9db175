// holohost encode
#include "core/jobs/encode.hpp"

#include <nlohmann/json.hpp>

#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"

namespace holo::cli {

namespace {

constexpr Option kOptions[] = {
    {"output", 'o', "OUT", "output file, or - for standard output", Complete::file},
    {"codec", 'c', "NAME[:key=value,...]", "codec to use; otherwise chosen by the output's name",
     Complete::codec},
    {"param", 'p', "key=value", "a parameter of the codec", Complete::none, true},
    {"force", 'f', nullptr, "overwrite the output if it exists"},
    {"isolate", 0, nullptr, "run in a process of its own, so that a plugin's crash ends only that"},
    {"json", 0, nullptr, "print one JSON object on stdout"},
};

int run(const Arguments& arguments) {
  jobs::EncodeOptions options;
  auto input = arguments.one_operand("one input file, or - for standard input");
  if (!input) return report_error(arguments, input.error());
  options.input = *input;
  options.output = arguments.text("output");
  options.overwrite = arguments.has("force");
  if (arguments.has("codec")) {
    auto spec = host::parse_component_spec(arguments.text("codec"));
    if (!spec) return report_error(arguments, spec.error());
    options.codec = std::move(*spec);
  }
  auto params = given_params(arguments);
  if (!params) return report_error(arguments, params.error());
  options.params = std::move(*params);

  auto registry = open_registry(arguments);
  if (!registry) return report_error(arguments, registry.error());
  auto job = open_job(arguments);
  if (!job) return report_error(arguments, job.error());
  auto report = jobs::encode(**registry, **job, options);
  if (!report) return report_error(arguments, report.error());
  for (const std::string& text : report->warnings) warn(text);

  const double ratio = report->bytes_out == 0 ? 0
                                              : static_cast<double>(report->samples_in) /
                                                    static_cast<double>(report->bytes_out);
  say(arguments, report->output + ": " + human_bytes(report->bytes_out) + ", 1/" + fixed(ratio, 1) +
                     " of the samples (" + human_bytes(report->samples_in) + "), " +
                     std::to_string(report->units) + (report->units == 1 ? " unit, " : " units, ") +
                     human_seconds(report->seconds));
  if (arguments.has("verbose")) {
    std::string line = "codec " + report->codec_id + " " + report->codec_version + ", chosen by " +
                       report->chosen_by + ":";
    for (const ParamValue& value : report->params.values) {
      line += " " + value.key + "=" + value.to_text();
    }
    say(arguments, line);
  }
  if (!wants_json(arguments)) return kExitOk;
  if (report->output == "-") {
    warn("--json is left out, because the encoded data go to standard output");
    return kExitOk;
  }
  return print_json({{"input", options.input},
                     {"output", report->output},
                     {"bytes_in", report->bytes_in},
                     {"bytes_out", report->bytes_out},
                     {"bytes_samples", report->samples_in},
                     {"units", report->units},
                     {"seconds", report->seconds},
                     {"codec",
                      {{"id", report->codec_id},
                       {"version", report->codec_version},
                       {"chosen_by", report->chosen_by}}},
                     {"params", params_json(report->params)}});
}

}  // namespace

Verb encode_verb() {
  return {"encode",
          "IN [-o OUT] [--codec NAME[:key=value,...]] [-p key=value]...",
          "Encode a picture, a video or a tensor file",
          "The codec is the one named with --codec, or the best one for the extension of OUT. "
          "OUT\ndefaults to IN with the extension of the codec's format. An existing file is "
          "overwritten\nonly with -f. 'holohost encode --codec NAME --help' lists the codec's "
          "parameters.",
          "  holohost encode --codec holovid in.mp4\n"
          "  holohost encode photo.png -o photo.holo -p quality=80\n"
          "  ffmpeg -i in.mov -f matroska - | holohost encode - -o out.holovid\n",
          kOptions,
          Complete::file,
          run,
          true};
}

}  // namespace holo::cli
