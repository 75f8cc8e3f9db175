// Analyzers: derive Analyzer, describe it, and name it in AnalyzerFactory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <holo/abi/analyzer.h>
#include <holo/error.hpp>
#include <holo/factory.hpp>
#include <holo/host.hpp>
#include <holo/params.hpp>
#include <holo/unit.hpp>

namespace holo {

// Where a report goes. Keys are snake_case; the order of the calls is the order of the report.
class Report {
 public:
  explicit Report(const holo_report* report) : r_(report) {
    if (!HOLO_HAS(report, holo_report, series)) {
      throw Failure(HOLO_ABI_MISMATCH, "the report is shorter than version 1.0");
    }
  }
  void integer(const char* key, std::int64_t value) const { r_->integer(r_->ctx, key, value); }
  void number(const char* key, double value) const { r_->number(r_->ctx, key, value); }
  void text(const char* key, const std::string& value) const {
    r_->text(r_->ctx, key, value.c_str());
  }
  void series(const char* key, const std::vector<double>& values) const {
    r_->series(r_->ctx, key, values.data(), values.size());
  }

 private:
  const holo_report* r_;
};

class Analyzer {
 public:
  virtual ~Analyzer() = default;
  virtual void push(const Unit& unit) = 0;
  virtual void report(const Report& report) = 0;  // over all units pushed so far
};

// What a constructor of an Analyzer gets.
struct AnalyzeJob {
  Host host;
  Params params;
  Stream stream;
};

// What holo_analyzer_descriptor says. Texts are string literals.
struct AnalyzerInfo {
  const char* id = nullptr;
  const char* alias = nullptr;
  const char* version = nullptr;
  const char* summary = nullptr;
  std::uint32_t kinds = 0;
  ParamTable params;
};

namespace detail {

struct AnalyzerInstance {
  holo_analyzer abi{};
  std::unique_ptr<Analyzer> analyzer;
  explicit AnalyzerInstance(std::unique_ptr<Analyzer> a) : analyzer(std::move(a)) {
    abi = {sizeof abi, 0, this, &push, &report, &destroy};
  }
  static holo_status push(void* self, const holo_unit* unit, holo_error* error) {
    return guard(error, [&] { static_cast<AnalyzerInstance*>(self)->analyzer->push(Unit(unit)); });
  }
  static holo_status report(void* self, const holo_report* report, holo_error* error) {
    return guard(error,
                 [&] { static_cast<AnalyzerInstance*>(self)->analyzer->report(Report(report)); });
  }
  static void destroy(void* self) { destroy_instance(static_cast<AnalyzerInstance*>(self)); }
};

template <class Type>
struct AnalyzerEntry {
  AnalyzerInfo info = Type::info();
  holo_analyzer_descriptor descriptor{sizeof descriptor, info.kinds,   info.id,          info.alias,
                                      info.version,      info.summary, info.params.get()};
};

}  // namespace detail

// Serves one or several analyzers: types derived from Analyzer, constructed from AnalyzeJob, with
//   static holo::AnalyzerInfo info();
template <class... Analyzers>
class AnalyzerFactory {
 public:
  static const char* interface_id() { return HOLO_ANALYZER_ID; }
  static const void* get() {
    static const holo_analyzer_factory factory{sizeof factory, sizeof...(Analyzers), &descriptor,
                                               &create};
    return &factory;
  }

 private:
  static const holo_analyzer_descriptor* descriptor(std::uint32_t index) {
    const holo_analyzer_descriptor* found = nullptr;
    guard(nullptr, [&] {
      std::uint32_t i = 0;
      ((i++ == index ? void(found = &detail::entry<detail::AnalyzerEntry<Analyzers>>().descriptor)
                     : void()),
       ...);
    });
    return found;
  }
  static holo_status create(const char* id, const holo_host* host, const holo_params* params,
                            const holo_stream* stream, holo_analyzer** out, holo_error* error) {
    return detail::create_instance<detail::AnalyzerEntry, Analyzers...>(
        id, out, error, [&](auto tag) -> holo_analyzer* {
          using Made = typename decltype(tag)::type;
          const AnalyzeJob job{Host(host), Params(params), Stream(stream)};
          return &(new detail::AnalyzerInstance(std::make_unique<Made>(job)))->abi;
        });
  }
};

}  // namespace holo
