// Context: what one test of one component gets, and how it tells what it found.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "sdk/check/plugin_file.hpp"

namespace holo_check {

struct Options {
  std::uint64_t fuzz = 200;  // mutations a damage test
  std::uint64_t seed = 1;
  std::uint64_t memory_limit = std::uint64_t{1} << 30;  // bytes that a test may allocate
};

// Ends a test as failed or skipped.
struct Stop : std::exception {
  bool failed;
  std::string text;
  Stop(bool f, std::string t) : failed(f), text(std::move(t)) {}
  [[nodiscard]] const char* what() const noexcept override { return text.c_str(); }
};

class Context {
 public:
  Context(const PluginFile& plugin, Component component, Options options,
          std::function<void(const std::string&)> on_stage)
      : plugin_(plugin),
        component_(std::move(component)),
        options_(options),
        on_stage_(std::move(on_stage)) {}

  [[nodiscard]] const PluginFile& plugin() const { return plugin_; }
  [[nodiscard]] const Component& component() const { return component_; }
  [[nodiscard]] const Options& options() const { return options_; }

  // What is being tried: named if the process dies.
  void stage(const std::string& text) {
    stage_ = text;
    on_stage_(text);
  }
  [[noreturn]] void fail(const std::string& text) const {
    throw Stop(true, stage_.empty() ? text : stage_ + ": " + text);
  }
  [[noreturn]] void skip(const std::string& text) const { throw Stop(false, text); }
  void require(bool condition, const std::string& text) const {
    if (!condition) fail(text);
  }
  // A part that the component declined with UNSUPPORTED, and one that was tried.
  void skip_part(const std::string& reason) { skipped_parts_.push_back(stage_ + ": " + reason); }
  void part_done() { ++parts_; }
  // To be called last: a test all of whose parts were declined is skipped.
  void finish_parts() const {
    if (parts_ == 0) {
      skip(skipped_parts_.empty() ? "nothing to try" : skipped_parts_.front());
    }
  }
  [[nodiscard]] const std::vector<std::string>& skipped_parts() const { return skipped_parts_; }

 private:
  const PluginFile& plugin_;
  Component component_;
  Options options_;
  std::function<void(const std::string&)> on_stage_;
  std::string stage_;
  std::vector<std::string> skipped_parts_;
  std::uint64_t parts_ = 0;
};

struct Test {
  const char* id;
  const char* scope;        // "plugin", "codec", "analyzer", "model_patch", "trainer"
  const char* description;  // what is tried and what is expected
  void (*run)(Context&);
};

// The tables of the scopes; that of codecs is in four parts.
std::vector<Test> plugin_tests();
std::vector<Test> codec_tests();
std::vector<Test> render_tests();
std::vector<Test> life_tests();
std::vector<Test> damage_tests();
std::vector<Test> analyzer_tests();
std::vector<Test> patch_tests();
std::vector<Test> trainer_tests();
std::vector<Test> all_tests();

}  // namespace holo_check
