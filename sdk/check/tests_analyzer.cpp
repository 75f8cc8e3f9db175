// Tests of analyzers: every kind of media they take gives a finite report, in any number of calls.
#include <cctype>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "sdk/check/context.hpp"
#include "sdk/check/session.hpp"

namespace holo_check {
namespace {

// Collects a report as lines, and what is wrong with it.
struct Collected {
  std::vector<std::string> lines;
  std::string wrong;

  void key(const char* key) {
    if (key == nullptr || key[0] == '\0') {
      wrong = "a key is missing";
      return;
    }
    for (const char* c = key; *c != '\0'; ++c) {
      const auto u = static_cast<unsigned char>(*c);
      if (std::islower(u) == 0 && std::isdigit(u) == 0 && *c != '_') {
        wrong = std::string("the key '") + key + "' is not snake_case";
      }
    }
  }
  void number(const char* k, double value) {
    key(k);
    if (!std::isfinite(value) && k != nullptr) wrong = std::string(k) + " is not a finite number";
  }
};
Collected& of(void* ctx) { return *static_cast<Collected*>(ctx); }
std::string line(const char* key, const std::string& value) {
  return std::string(key != nullptr ? key : "") + "=" + value;
}

holo_report report_into(Collected& collected) {
  return {sizeof(holo_report),
          0,
          &collected,
          [](void* ctx, const char* key, std::int64_t value) {
            of(ctx).key(key);
            of(ctx).lines.push_back(line(key, std::to_string(value)));
          },
          [](void* ctx, const char* key, double value) {
            of(ctx).number(key, value);
            of(ctx).lines.push_back(line(key, std::to_string(value)));
          },
          [](void* ctx, const char* key, const char* value) {
            of(ctx).key(key);
            if (value == nullptr) of(ctx).wrong = "a text is NULL";
            of(ctx).lines.push_back(line(key, value != nullptr ? value : ""));
          },
          [](void* ctx, const char* key, const double* values, std::uint64_t count) {
            of(ctx).key(key);
            std::string text;
            for (std::uint64_t i = 0; i < count; ++i) {
              of(ctx).number(key, values[i]);
              text += std::to_string(values[i]) + " ";
            }
            of(ctx).lines.push_back(line(key, text));
          }};
}

struct Session {
  Context& c;
  const holo_analyzer_factory* factory;
  const holo_analyzer_descriptor* descriptor;

  explicit Session(Context& context)
      : c(context),
        factory(context.plugin().analyzers()),
        descriptor(factory->descriptor(context.component().index)) {}

  // The report over the first `count` units; empty with a skipped part if the clip is declined.
  bool analyze(const Clip& clip, const Values& values, TestHost& host, std::size_t count,
               Collected& out, holo_status* status_out = nullptr) {
    const holo_stream stream = clip.stream();
    holo_error error = fresh_error();
    holo_analyzer* analyzer = nullptr;
    holo_status status;
    {
      const ParamView params(values);
      status =
          factory->create(descriptor->id, host.table(), params.get(), &stream, &analyzer, &error);
    }
    check_record(c, status, error, "create");
    std::string call = "create";
    if (status == HOLO_OK) {
      c.require(HOLO_HAS(analyzer, holo_analyzer, destroy), "the analyzer is too short");
    }
    for (std::size_t i = 0; status == HOLO_OK && i < count; ++i) {
      call = "push";
      error = fresh_error();
      status = analyzer->push(analyzer->self, clip.units[i]->view(), &error);
      check_record(c, status, error, call);
    }
    if (status == HOLO_OK) {
      call = "report";
      const holo_report report = report_into(out);
      error = fresh_error();
      status = analyzer->report(analyzer->self, &report, &error);
      check_record(c, status, error, call);
    }
    if (analyzer != nullptr) analyzer->destroy(analyzer->self);
    if (status_out != nullptr) *status_out = status;
    if (status == HOLO_OK) return true;
    if (status == HOLO_UNSUPPORTED) {
      c.skip_part(call + ": " + error.message);
    } else if (status_out == nullptr) {
      c.fail(call + " returned " + status_word(status) + ": " + error.message);
    }
    return false;
  }
  template <class Body>
  void each(std::size_t most, Body&& body) {
    for (const std::int32_t kind : kAllKinds) {
      if ((descriptor->kinds & (1u << kind)) == 0) continue;
      std::size_t tried = 0;
      for (const Clip& clip : clips_of(kind)) {
        if (tried++ == most) break;
        c.stage(kind_word(kind) + ", " + clip.name);
        body(clip);
      }
    }
    c.stage("");
    c.finish_parts();
  }
};

void reports(Context& c) {
  Session s(c);
  const Values defaults = default_values(s.descriptor->params, false);
  s.each(100, [&](const Clip& clip) {
    Collected one;
    Collected four;
    TestHost single(1);
    TestHost many(4);
    if (!s.analyze(clip, defaults, single, clip.units.size(), one)) return;
    c.require(one.wrong.empty(), one.wrong);
    c.require(!one.lines.empty(), "the report is empty");
    s.analyze(clip, defaults, many, clip.units.size(), four);
    c.require(one.lines == four.lines, "the report depends on the number of workers");
    c.require(single.violations().empty(), "the host was used against its contract");
    c.require(single.bytes_held() == 0, "memory of the host is held after destroy");
    c.part_done();
  });
}

void parameters(Context& c) {
  Session s(c);
  const auto all = variations(s.descriptor->params, false);
  if (all.empty()) c.skip("the analyzer has no parameters");
  s.each(1, [&](const Clip& clip) {
    for (const Variation& v : all) {
      c.stage(clip.name + ", " + v.name);
      Collected out;
      TestHost host(2);
      if (!s.analyze(clip, v.values, host, clip.units.size(), out)) continue;
      c.require(out.wrong.empty(), out.wrong);
      c.part_done();
    }
  });
}

// No units, and some of them: a report or an error with a message.
void partial(Context& c) {
  Session s(c);
  const Values defaults = default_values(s.descriptor->params, false);
  s.each(1, [&](const Clip& clip) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}}) {
      Collected out;
      TestHost host(2);
      holo_status status = HOLO_OK;
      if (s.analyze(clip, defaults, host, count, out, &status)) {
        c.require(out.wrong.empty(), out.wrong);
      }
      c.require(status != HOLO_INTERNAL, "a report over " + std::to_string(count) +
                                             " units is INTERNAL, expected a report or a reason");
    }
    c.part_done();
  });
}

void cancelling(Context& c) {
  Session s(c);
  const Values defaults = default_values(s.descriptor->params, false);
  s.each(1, [&](const Clip& clip) {
    Collected out;
    TestHost plain(2);
    if (!s.analyze(clip, defaults, plain, clip.units.size(), out)) return;
    TestHost host(2);
    host.cancel_after = 0;
    holo_status status = HOLO_OK;
    s.analyze(clip, defaults, host, clip.units.size(), out, &status);
    c.require(plain.progress_calls == 0 || status == HOLO_CANCELLED,
              "the user asked to stop, the analyzer returned " + status_word(status));
    c.part_done();
  });
}

void unknown_id(Context& c) {
  Session s(c);
  const Clip clip = clips_of(HOLO_PICTURE).front();
  const holo_stream stream = clip.stream();
  const Values none;
  const ParamView params(none);
  TestHost host;
  holo_error error = fresh_error();
  holo_analyzer* analyzer = nullptr;
  const holo_status status = s.factory->create("org.holohost.no-such-analyzer", host.table(),
                                               params.get(), &stream, &analyzer, &error);
  c.require(status != HOLO_OK && analyzer == nullptr, "create took an unknown id");
  check_record(c, status, error, "create");
}

}  // namespace

std::vector<Test> analyzer_tests() {
  return {
      {"analyzer-unknown-id", "analyzer",
       "Creating an analyzer with an unknown id fails with a message.", unknown_id},
      {"analyzer-report", "analyzer",
       "All media it takes give a report of finite numbers under snake_case keys, the same for any "
       "number of workers.",
       reports},
      {"analyzer-parameters", "analyzer",
       "Every parameter at its minimum, maximum and each choice.", parameters},
      {"analyzer-partial", "analyzer",
       "A report over no unit and over one is a report or a reason.", partial},
      {"analyzer-cancel", "analyzer", "A wish to stop gives CANCELLED.", cancelling},
  };
}

}  // namespace holo_check
