#include "tests/lm/bench.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <random>

#include "core/lm/calibrate.hpp"
#include "core/media/media_test_support.hpp"

namespace holo::lm::test {

namespace {

host::JobOptions two_jobs() {
  host::JobOptions options;
  options.jobs = 2;
  return options;
}

}  // namespace

const std::vector<std::string> kStrategies = {
    "none",
    "kv-full:precision=f32",
    "kv-recompute:keep=ids",
    "kv-recompute:keep=residual",
    "kv-full:precision=f16",
    "kv-quant:bits=8,group=16",
    "kv-quant:bits=4,group=16",
    "kv-quant:bits=2,group=16",
    "kv-window:sinks=2,recent=8",
    "kv-eigen:scope=site,coding=packed",
    "kv-eigen:scope=model,coding=entropy,bits=4",
};

host::Registry& registry() {
  static media::test::Folder home;
  static const std::unique_ptr<host::Registry> opened = [] {
    ::setenv("XDG_CACHE_HOME", home.file("cache").c_str(), 1);
    ::setenv("XDG_DATA_HOME", home.file("data").c_str(), 1);
    ::unsetenv("HOLOHOST_PLUGIN_PATH");
    host::RegistryOptions options;
    options.plugin_paths = {HOLO_PLUGIN_DIRECTORY};
    options.probe_executable = HOLO_TEST_HELPER;
    return std::move(host::Registry::open(options)).value();
  }();
  return *opened;
}

std::vector<std::int32_t> random_text(const ModelConfig& config, std::size_t tokens,
                                      unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::int32_t> text(tokens);
  for (std::int32_t& id : text) {
    id = static_cast<std::int32_t>(random() % static_cast<unsigned>(config.vocabulary));
  }
  return text;
}

Bench::Bench(const ModelConfig& of, std::uint64_t seed)
    : config(of), tensors(seed), job(two_jobs()) {
  model = std::move(Model::build(config, tensors.source(), {}, job)).value();
  forward = std::make_unique<Forward>(*model, job);
  text = random_text(config, static_cast<std::size_t>(config.max_positions), 1);
}

KvPatches Bench::open(const std::string& kv) {
  auto opened = open_kv(registry(), job, *model, kv);
  if (!opened) FAIL(kv + ": " + opened.error().message);
  return std::move(opened).value();
}

Set Bench::set(const std::string& kv) {
  const KvPatches opened = open(kv);
  if (opened.patches.empty()) return nullptr;
  bool calibrated = true;
  for (const auto& patch : opened.patches) calibrated = calibrated && patch->ready();
  if (!calibrated) {
    const auto sample = random_text(config, 8 * text.size(), 99);
    const Status done = calibrate(model, opened.patches, sample, 0, nullptr, job);
    if (!done.ok()) FAIL(kv + ": " + done.error().message);
  }
  auto made = host::PatchSet::create(opened.patches);
  if (!made) FAIL(kv + ": " + made.error().message);
  return std::move(made).value();
}

Sequence Bench::sequence(Set set) {
  auto created = Sequence::create(model, std::move(set));
  if (!created) FAIL(created.error().message);
  return std::move(created).value();
}

std::vector<float> Bench::feed(Sequence& sequence, std::size_t begin, std::size_t end,
                               std::size_t chunk) {
  std::vector<float> logits;
  for (std::size_t at = begin; at < end; at += chunk) {
    const Run run{&sequence, std::span(text).subspan(at, std::min(chunk, end - at))};
    const auto part = forward->step({&run, 1}, LogitRows::all);
    if (!part) FAIL(part.error().message);
    logits.insert(logits.end(), part->begin(), part->end());
  }
  return logits;
}

double difference(std::span<const float> a, std::span<const float> b) {
  REQUIRE(a.size() == b.size());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(d <= most)) most = d;
  }
  return most;
}

bool all_finite(std::span<const float> values) {
  for (const float value : values) {
    if (!std::isfinite(value)) return false;
  }
  return true;
}

}  // namespace holo::lm::test
