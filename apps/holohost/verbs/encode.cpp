// holohost encode
#include "core/jobs/encode.hpp"

#include <cmath>
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
    {"target", 0, "METRIC=VALUE", "meet psnr=DB, ssim=X, ms_ssim=X, bpp=BITS or size=BYTES",
     Complete::target},
    {"force", 'f', nullptr, "overwrite the output if it exists"},
    {"isolate", 0, nullptr, "run in a process of its own, so that a plugin's crash ends only that"},
    {"json", 0, nullptr, "print one JSON object on stdout"},
};

// "size 198120 bytes (0.9 % below 200000 bytes) in 7 trials"
std::string describe_target(const jobs::TargetReport& report) {
  const jobs::TargetMetric metric = report.target.metric;
  std::string text = jobs::describe_reached(metric, report.reached);
  const std::string wanted = jobs::describe_reached(metric, report.target.wanted);
  if (jobs::is_quality(metric)) {
    text += " for a target of " + wanted;
  } else {
    const double below = 100 * (1 - report.reached / report.target.wanted);
    text += ", " + fixed(below, 1) + " % below the target of " + wanted;
  }
  return text + ", in " + std::to_string(report.trials) +
         (report.trials == 1 ? " trial" : " trials");
}

nlohmann::ordered_json target_json(const jobs::TargetReport& report) {
  nlohmann::ordered_json reached;  // null where nothing differs: JSON has no infinity
  if (std::isfinite(report.reached)) reached = report.reached;
  return {{"metric", jobs::target_metric_name(report.target.metric)},
          {"wanted", report.target.wanted},
          {"reached", reached},
          {"trials", report.trials}};
}

Status read_target(const Arguments& arguments, jobs::EncodeOptions& options) {
  if (!arguments.has("target")) return {};
  HOLO_ASSIGN(options.target, jobs::parse_target(arguments.text("target")));
  options.on_trial = [&arguments, metric = options.target->metric](int number,
                                                                   const jobs::Trial& trial) {
    std::string line = "trial " + std::to_string(number) + ": " + trial.value.key + "=" +
                       trial.value.to_text() + ", " + human_bytes(trial.bytes);
    if (metric != jobs::TargetMetric::size) {
      line += ", " + jobs::describe_reached(metric, trial.reached);
    }
    say(arguments, line);
  };
  return {};
}

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
  if (auto target = read_target(arguments, options); !target) {
    return report_error(arguments, target.error());
  }

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
  if (report->target) say(arguments, describe_target(*report->target));
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
  nlohmann::ordered_json object = {{"input", options.input},
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
                                   {"params", params_json(report->params)}};
  if (report->target) object["target"] = target_json(*report->target);
  return print_json(std::move(object));
}

}  // namespace

Verb encode_verb() {
  return {"encode",
          "IN [-o OUT] [--codec NAME[:key=value,...]] [-p key=value]... [--target METRIC=VALUE]",
          "Encode a picture, a video or a tensor file",
          "The codec is the one named with --codec, or the best one for the extension of OUT. "
          "OUT\ndefaults to IN with the extension of the codec's format. An existing file is "
          "overwritten\nonly with -f. 'holohost encode --codec NAME --help' lists the codec's "
          "parameters.\n\n--target encodes up to nine times and keeps the smallest file that "
          "reaches the psnr, ssim or\nms_ssim, or the best one that is no larger than the bpp "
          "or size. Sizes take k, M, G, kB, MB,\nGB (powers of 1000) and KiB, MiB, GiB.",
          "  holohost encode --codec holovid in.mp4\n"
          "  holohost encode photo.png -o photo.holo -p quality=80\n"
          "  holohost encode photo.png --target size=200k\n"
          "  ffmpeg -i in.mov -f matroska - | holohost encode - -o out.holovid\n",
          kOptions,
          Complete::file,
          run,
          true};
}

}  // namespace holo::cli
