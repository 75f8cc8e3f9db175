// One analyzer behind the boundary, and the report that it fills.
#include "core/host/analyzer_session.hpp"

#include <set>

#include "core/host/abi_call.hpp"
#include "core/host/checks.hpp"

namespace holo::host {
namespace {

constexpr std::size_t kMostEntries = 10'000;
constexpr std::uint64_t kLongestSeries = std::uint64_t{1} << 24;

bool is_key(const std::string& key) {
  return key[0] >= 'a' && key[0] <= 'z' &&
         key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

// Collects what the analyzer reports; remembers the first thing that is wrong.
class Collector {
 public:
  Collector() {
    table_.struct_size = sizeof(table_);
    table_.ctx = this;
    table_.integer = [](void* ctx, const char* key, std::int64_t value) {
      self(ctx).add(key, [value] { return ReportValue(value); });
    };
    table_.number = [](void* ctx, const char* key, double value) {
      self(ctx).add(key, [value] { return ReportValue(value); });
    };
    table_.text = [](void* ctx, const char* key, const char* value) {
      self(ctx).add(key, [value] { return ReportValue(printable(value ? value : "")); });
    };
    table_.series = [](void* ctx, const char* key, const double* values, std::uint64_t count) {
      self(ctx).add(key, [&]() -> ReportValue {
        if (count > kLongestSeries || (values == nullptr && count > 0)) {
          self(ctx).blame("a series of " + std::to_string(count) + " values is NULL or too long");
          return std::vector<double>();
        }
        return std::vector<double>(values, values + count);
      });
    };
  }
  [[nodiscard]] const holo_report* view() const { return &table_; }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  Report take() { return std::move(entries_); }

 private:
  static Collector& self(void* ctx) { return *static_cast<Collector*>(ctx); }

  void blame(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  template <class Make>
  void add(const char* key, Make&& make) noexcept {
    try {
      auto name = required_text(key, 64, "the key of a report entry");
      if (!name.ok()) return blame(name.error().message);
      if (!is_key(*name)) return blame("key '" + *name + "' is not snake_case");
      if (!keys_.insert(*name).second) return blame("key '" + *name + "' was given twice");
      if (entries_.size() >= kMostEntries) return blame("more than 10000 entries");
      entries_.push_back({std::move(*name), make()});
    } catch (...) {
      wrong_ = "no memory for the report";
    }
  }

  holo_report table_{};
  Report entries_;
  std::set<std::string> keys_;
  std::string wrong_;
};

}  // namespace

struct AnalyzerSession::State {
  ~State() {
    if (analyzer != nullptr) {
      destroy_instance(callee, [this] { analyzer->destroy(analyzer->self); });
    }
  }
  Callee callee;
  holo_analyzer* analyzer = nullptr;
  bool usable = true;
};

AnalyzerSession::AnalyzerSession() : state_(std::make_unique<State>()) {}
AnalyzerSession::~AnalyzerSession() = default;

Result<std::unique_ptr<AnalyzerSession>> AnalyzerSession::create(Registry& registry,
                                                                 const ComponentInfo& analyzer,
                                                                 Job& job,
                                                                 const ParamValues& params,
                                                                 const StreamInfo& stream) {
  std::unique_ptr<AnalyzerSession> session(new AnalyzerSession);
  State& state = *session->state_;
  state.callee = {analyzer.alias, analyzer.plugin_path.string(), stream.kind};
  if (stream.kind < 0 || stream.kind > 31 || (analyzer.kinds & (1u << stream.kind)) == 0) {
    return make_error(HOLO_UNSUPPORTED, state.callee.name() + " does not take a " +
                                            std::string(unit_noun(stream.kind)));
  }
  HOLO_ASSIGN(const holo_analyzer_factory* factory, registry.analyzer_factory(analyzer));
  const holo_stream view = stream.view();
  holo_analyzer* made = nullptr;
  HOLO_TRY(call_plugin(state.callee, "create", -1, [&](holo_error* error) -> holo_status {
    return factory->create(analyzer.id.c_str(), job.host(), &params.view(), &view, &made, error);
  }));
  if (!HOLO_HAS(made, holo_analyzer, destroy) || made->push == nullptr || made->report == nullptr ||
      made->destroy == nullptr) {
    return make_error(HOLO_INTERNAL, state.callee.name() + ": create gave " +
                                         (made == nullptr ? "NULL"
                                                          : "a struct that is too short or lacks a "
                                                            "function"));
  }
  state.analyzer = made;
  return session;
}

Status AnalyzerSession::push(UnitBuffer& unit) {
  State& state = *state_;
  if (!state.usable) {
    return make_error(HOLO_INVALID_ARG, state.callee.name() + ": push after a failure");
  }
  const auto index = static_cast<std::int64_t>(unit.info.index);
  Status pushed = call_plugin(state.callee, "push", index, [&](holo_error* error) -> holo_status {
    return state.analyzer->push(state.analyzer->self, &unit.view(), error);
  });
  state.usable = pushed.ok();
  return pushed;
}

Result<Report> AnalyzerSession::report() {
  State& state = *state_;
  if (!state.usable) {
    return make_error(HOLO_INVALID_ARG, state.callee.name() + ": report after a failure");
  }
  Collector collector;
  HOLO_TRY(call_plugin(state.callee, "report", -1, [&](holo_error* error) -> holo_status {
    return state.analyzer->report(state.analyzer->self, collector.view(), error);
  }));
  if (!collector.wrong().empty()) {
    return make_error(HOLO_INTERNAL,
                      state.callee.name() + ": the report breaks the rules: " + collector.wrong());
  }
  return collector.take();
}

}  // namespace holo::host
