// holohost bench
#include "apps/holohost/bench/benches.hpp"
#include "apps/holohost/session.hpp"
#include "apps/holohost/verbs/verbs.hpp"

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
    {"size", 0, "MB", "memory: how much to read (default 512)"},
    {"json", 0, nullptr, "print one JSON object on stdout"},
};

struct Bench {
  const char* name;
  Result<int> (*run)(const Arguments&, const std::vector<std::string>&);  // NULL: not in this build
};
constexpr Bench kBenches[] = {
    {"images", bench_images}, {"memory", bench_memory}, {"video", nullptr}, {"weights", nullptr}};

Result<int> dispatch(const Arguments& arguments) {
  std::vector<std::string> words = arguments.operands();
  const std::string name = words.empty() ? "" : words.front();
  for (const Bench& bench : kBenches) {
    if (name != bench.name) continue;
    if (bench.run == nullptr) {
      return make_error(HOLO_INVALID_ARG, "'bench " + name +
                                              "' is not in this build of holohost; it has 'images' "
                                              "and 'memory'");
    }
    words.erase(words.begin());
    return bench.run(arguments, words);
  }
  return make_error(HOLO_INVALID_ARG, "expected 'images' or 'memory' as the first word" +
                                          (name.empty() ? "" : ", found '" + name + "'"));
}

int run(const Arguments& arguments) {
  auto code = dispatch(arguments);
  return code ? *code : report_error(arguments, code.error());
}

}  // namespace

Result<int> count_option(const Arguments& arguments, std::string_view name, int fallback, int least,
                         int most) {
  HOLO_ASSIGN(const auto value, arguments.integer(name, fallback, least, most));
  return static_cast<int>(value);
}

Verb bench_verb() {
  return {"bench",
          "images PATH... --codecs A,B:key=20..90/10,... [--anchor NAME] [-o DIR] | memory",
          "Compare codecs over pictures: rate, quality, speed",
          "Every codec encodes and decodes every picture at every setting, each row in a process "
          "of its\nown; every decode is verified. A..B/STEP and x|y|z are values to go through. "
          "PATH is a folder\nor pictures. Codecs get one thread, or N with -j N. A row that fails "
          "is reported and the\nothers go on; the exit code is 1 then. docs/bench.md explains the "
          "figures.\n\n'bench memory' measures how fast 1 to N threads read memory. 'bench lm' is "
          "'holohost lm "
          "bench'.",
          "  holohost bench images photos --codecs "
          "holo-image:quality=20..90/10,peer-jpeg:quality=20..90/10\n"
          "  holohost bench images a.png b.png --codecs 'holo-image:quality=30..90/20' "
          "--codecs 'peer-webp:quality=20|50|80' --anchor peer-webp -o report\n",
          kOptions,
          Complete::file,
          run};
}

}  // namespace holo::cli
