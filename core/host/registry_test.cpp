// The registry: search path, probing of plugins that misbehave, cache, names.
#include "core/host/registry.hpp"

#include <sys/stat.h>
#include <catch2/catch.hpp>
#include <chrono>

#include "core/host/loader.hpp"
#include "core/host/search_path.hpp"
#include "core/host/test_files.hpp"

using namespace holo;
using namespace holo::host;
using namespace holo::host::testing;

namespace {

class Fixture {
 public:
  Fixture() : environment_(home_.path()) {
    fs::create_directory(plugins());
    options.plugin_paths = {plugins().string()};
    options.probe_executable = HOLO_TEST_HELPER;
  }
  [[nodiscard]] fs::path plugins() const { return home_.path() / "plugins"; }
  [[nodiscard]] fs::path home() const { return home_.path(); }
  fs::path add(const std::string& name, const std::string& as = {}) const {
    const fs::path target = plugins() / ((as.empty() ? name : as) + ".holo.so");
    fs::create_directories(target.parent_path());
    fs::copy_file(test_plugin(name), target);
    return target;
  }
  [[nodiscard]] std::unique_ptr<Registry> open() const {
    auto registry = Registry::open(options);
    REQUIRE(registry.ok());
    return std::move(registry).value();
  }
  RegistryOptions options;

 private:
  TemporaryFolder home_;
  CleanEnvironment environment_;
};

const PluginRecord& record_of(const Registry& registry, const fs::path& path) {
  for (const PluginRecord& record : registry.plugins()) {
    if (record.path == path) return record;
  }
  FAIL("no record of " << path);
  throw 0;
}

std::string find_error(const Registry& registry, const std::string& name) {
  const auto found = registry.find(ComponentKind::codec, name);
  REQUIRE_FALSE(found.ok());
  return found.error().message;
}

}  // namespace

TEST_CASE("a good plugin is found by id and alias and described in full") {
  Fixture fixture;
  const fs::path path = fixture.add("good");
  const auto registry = fixture.open();
  const PluginRecord& record = record_of(*registry, path);
  CHECK(record.state == PluginState::ok);
  CHECK(record.reason.empty());
  CHECK(record.origin == "--plugin-path");
  CHECK(record.id == "org.holohost.test.copy");
  CHECK(record.vendor == "holohost tests");
  REQUIRE(record.components.size() == 2);
  const auto codec = registry->find(ComponentKind::codec, "copy");
  REQUIRE(codec.ok());
  CHECK(*codec == *registry->find(ComponentKind::codec, "org.holohost.test.copy.codec"));
  CHECK((*codec)->params.size() == 2);
  CHECK((*codec)->params[1].choices[1].name == "best");
  CHECK((*codec)->format.format_id == "copy");
  CHECK(registry->find(ComponentKind::analyzer, "count").ok());
  CHECK_FALSE(registry->find(ComponentKind::model_patch, "copy").ok());
  const auto factory = registry->codec_factory(**codec);
  REQUIRE(factory.ok());
  CHECK((*factory)->count == 1);
  CHECK(registry->analyzer_factory(**registry->find(ComponentKind::analyzer, "count")).ok());
}

TEST_CASE("each bad plugin has its own reason, and the good one still works") {
  Fixture fixture;
  struct Case {
    const char* name;
    PluginState state;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {"aborts", PluginState::failed,
       "crashed with SIGABRT while loading; its last words: terminate called: no such table"},
      {"hangs", PluginState::failed, "did not answer within 2 s"},
      {"chatters", PluginState::failed, "did not answer within 2 s"},
      {"exits", PluginState::failed, "with exit code 0 and without an answer"},
      {"short-struct", PluginState::failed, "struct_size is 8, expected at least"},
      {"null-string", PluginState::failed, "codec 0.alias: expected a text, found NULL"},
      {"long-summary", PluginState::failed, "codec 0.summary: longer than 80 characters"},
      {"bad-default", PluginState::failed, "parameter 'level': the default is outside"},
      {"no-entry", PluginState::failed, "does not export the symbol 'holo_plugin_entry_v1'"},
      {"undefined-symbol", PluginState::failed,
       "undefined symbol: holo_test_missing_function; if a library"},
      {"init-fails", PluginState::failed,
       "its initialise failed: the accelerator of 1985 was not found"},
      {"no-note", PluginState::rejected, "no note"},
      {"wrong-abi", PluginState::rejected, "built for plugin ABI 2, this holohost speaks ABI 1"},
      {"newer-host", PluginState::rejected, "ABI 1.9 or newer"},
  };
  for (const Case& each : cases) fixture.add(each.name);
  const fs::path good = fixture.add("good");
  const fs::path noisy = fixture.add("noisy");
  fixture.options.probe_timeout_ms = 2000;
  const auto registry = fixture.open();
  for (const Case& each : cases) {
    INFO(each.name);
    const PluginRecord& record =
        record_of(*registry, fixture.plugins() / (std::string(each.name) + ".holo.so"));
    CHECK(record.state == each.state);
    CHECK_THAT(record.reason, Catch::Contains(each.reason));
    CHECK(record.components.empty());
    CHECK(record.reason.size() < 600);
  }
  CHECK(record_of(*registry, good).state == PluginState::ok);
  CHECK(record_of(*registry, noisy).state == PluginState::ok);
  CHECK_THAT(find_error(*registry, "aborts"), Catch::Contains("is failed: crashed with SIGABRT"));
}

TEST_CASE("a warm registry runs and loads nothing, and remembers why plugins failed") {
  Fixture fixture;
  const fs::path good = fixture.add("good");
  const fs::path aborts = fixture.add("aborts");
  (void)fixture.open();
  fixture.options.probe_executable = fixture.home() / "not-there";
  const auto warm = fixture.open();
  CHECK(record_of(*warm, good).state == PluginState::ok);
  CHECK_THAT(record_of(*warm, aborts).reason, Catch::Contains("SIGABRT"));
  CHECK(warm->find(ComponentKind::codec, "copy").ok());

  SECTION("a changed file is examined again") {
    fs::last_write_time(aborts, fs::last_write_time(aborts) + std::chrono::seconds(2));
    const auto again = fixture.open();
    CHECK_THAT(record_of(*again, aborts).reason, Catch::Contains("could not be examined"));
    CHECK(record_of(*again, good).state == PluginState::ok);
    // That said nothing of the plugin, so it is not remembered.
    fixture.options.probe_executable = HOLO_TEST_HELPER;
    CHECK_THAT(record_of(*fixture.open(), aborts).reason, Catch::Contains("SIGABRT"));
  }
  SECTION("a rescan examines everything") {
    fixture.options.rescan = true;
    const auto again = fixture.open();
    CHECK_THAT(record_of(*again, good).reason, Catch::Contains("could not be examined"));
  }
  SECTION("a file that everyone may write to is refused although it is in the cache") {
    fs::permissions(good, fs::perms::others_write, fs::perm_options::add);
    const auto again = fixture.open();
    CHECK(record_of(*again, good).state == PluginState::rejected);
  }
}

TEST_CASE("a damaged or unwritable cache costs nothing but time") {
  Fixture fixture;
  const fs::path good = fixture.add("good");
  (void)fixture.open();
  const fs::path cache = cache_file();
  REQUIRE(fs::exists(cache));
  const std::vector<std::uint8_t> sound = read_bytes(cache);
  for (std::size_t cut = 0; cut < sound.size(); cut += 97) {
    std::vector<std::uint8_t> broken(sound.begin(),
                                     sound.begin() + static_cast<std::ptrdiff_t>(cut));
    write_bytes(cache, broken);
    if (cut % 5 == 0) CHECK(record_of(*fixture.open(), good).state == PluginState::ok);
  }
  // Flipped bytes may not crash it; a record that still parses may be used.
  for (std::size_t at = 3; at < sound.size(); at += 211) {
    std::vector<std::uint8_t> broken = sound;
    broken[at] ^= 0x20;
    write_bytes(cache, broken);
    CHECK(Registry::open(fixture.options).ok());
  }
  // Neither may JSON of another shape where an entry is expected.
  const std::string text(sound.begin(), sound.end());
  const std::string start = "{\"entries\":[";
  REQUIRE(text.starts_with(start));
  for (const char* entry : {"1", "null", "[]", "\"x\"", "{}", "{\"record\":1,\"stamp\":2}"}) {
    std::vector<std::uint8_t> odd = sound;
    const std::string extra = std::string(entry) + ",";
    odd.insert(odd.begin() + static_cast<std::ptrdiff_t>(start.size()), extra.begin(), extra.end());
    write_bytes(cache, odd);
    INFO(entry);
    CHECK(record_of(*fixture.open(), good).state == PluginState::ok);
  }
  fs::remove(cache);
  fs::create_directory(cache);
  CHECK(record_of(*fixture.open(), good).state == PluginState::ok);
}

TEST_CASE("a warm start is quick") {
  Fixture fixture;
  for (int i = 0; i < 10; ++i) fixture.add("good", "copy" + std::to_string(i));
  (void)fixture.open();
  double best = 1e9;
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    (void)fixture.open();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  WARN("warm open of ten plugins: " << best << " ms");
#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(best < 5.0);
#else
  CHECK(best < 200.0);
#endif
}

TEST_CASE("the first file with an id wins, and the other names both") {
  Fixture fixture;
  const fs::path first = fixture.add("good", "a-first");
  const fs::path second = fixture.add("duplicate-id", "b-second");
  const auto registry = fixture.open();
  CHECK(record_of(*registry, first).state == PluginState::ok);
  const PluginRecord& shadowed = record_of(*registry, second);
  CHECK(shadowed.state == PluginState::shadowed);
  CHECK_THAT(shadowed.reason, Catch::Contains(first.string()) && Catch::Contains(second.string()));
  CHECK(registry->components(ComponentKind::codec).size() == 1);
  CHECK_THAT(find_error(*registry, "org.holohost.test.other"), Catch::Contains("is shadowed"));
}

TEST_CASE("an alias of two codecs is an error that lists both files; the ids work") {
  Fixture fixture;
  const fs::path first = fixture.add("good");
  const fs::path second = fixture.add("alias-clash");
  const auto registry = fixture.open();
  CHECK_THAT(find_error(*registry, "copy"), Catch::Contains(first.string()) &&
                                                Catch::Contains(second.string()) &&
                                                Catch::Contains("use the id"));
  CHECK(registry->find(ComponentKind::codec, "org.holohost.test.copy.codec").ok());
  // Both decode the format; the higher priority wins.
  const auto decoder = registry->decoder_for("copy", 2);
  REQUIRE(decoder.ok());
  CHECK((*decoder)->id == "org.holohost.test.copy.codec");
  const auto encoders = registry->encoders_for(HOLO_PICTURE);
  REQUIRE(encoders.size() == 2);
  CHECK(encoders[1]->id == "org.holohost.test.alias-clash.codec");
  CHECK(registry->encoders_for(HOLO_KV).empty());
}

TEST_CASE("unknown names and formats say what there is") {
  Fixture fixture;
  fixture.add("good");
  const auto registry = fixture.open();
  CHECK_THAT(find_error(*registry, "coppy"), Catch::Contains("did you mean 'copy'?"));
  CHECK_THAT(find_error(*registry, "zebra"), Catch::Contains("there are: copy"));
  const auto format = registry->decoder_for("zebra", 1);
  CHECK(format.error().code == HOLO_NOT_FOUND);
  const auto version = registry->decoder_for("copy", 9);
  CHECK(version.error().code == HOLO_UNSUPPORTED);
  CHECK_THAT(version.error().message,
             Catch::Contains("version 9") && Catch::Contains("reads versions 1 to 2"));
}

TEST_CASE("plugins lie directly in a directory or one level deep under their own name") {
  Fixture fixture;
  const fs::path deep = fixture.add("good", "good/good");
  fixture.add("noisy", "other/noisy");
  const auto registry = fixture.open();
  REQUIRE(registry->plugins().size() == 1);
  CHECK(registry->plugins()[0].path == deep);
}

TEST_CASE("a directory that is listed twice counts once") {
  Fixture fixture;
  fixture.add("good");
  ::setenv("HOLOHOST_PLUGIN_PATH", fixture.plugins().c_str(), 1);
  const auto registry = fixture.open();
  CHECK(registry->plugins().size() == 1);
}

TEST_CASE("HOLOHOST_DISABLE takes away a plugin or one of its components") {
  Fixture fixture;
  const fs::path path = fixture.add("good");
  ::setenv("HOLOHOST_DISABLE", "org.holohost.test.copy", 1);
  CHECK(record_of(*fixture.open(), path).state == PluginState::disabled);
  ::setenv("HOLOHOST_DISABLE", "other,copy", 1);
  const auto registry = fixture.open();
  CHECK(record_of(*registry, path).state == PluginState::ok);
  CHECK_FALSE(registry->find(ComponentKind::codec, "copy").ok());
  CHECK(registry->find(ComponentKind::analyzer, "count").ok());
}

TEST_CASE("the search path has its order, and the environment can replace its tail") {
  Fixture fixture;
  ::unsetenv("HOLOHOST_PLUGIN_SYSTEM_PATH");
  ::setenv("HOLOHOST_PLUGIN_PATH", "/a::relative:/b", 1);
  const auto origins = [&fixture] {
    std::vector<std::string> result;
    for (const SearchDirectory& directory : search_path(fixture.options)) {
      result.push_back(directory.origin + " " + directory.path.string());
    }
    return result;
  };
  const std::vector<std::string> all = origins();
  REQUIRE(all.size() == 7);
  CHECK(all[0] == "--plugin-path " + fixture.plugins().string());
  CHECK(all[1] == "HOLOHOST_PLUGIN_PATH /a");
  CHECK(all[2] == "HOLOHOST_PLUGIN_PATH (ignored: not an absolute path) relative");
  CHECK(all[3] == "HOLOHOST_PLUGIN_PATH /b");
  CHECK(all[4] == "user " + (fixture.home() / "data/holohost/plugins/1").string());
  CHECK_THAT(all[5], Catch::StartsWith("bundled /") && Catch::EndsWith("lib/holohost/plugins/1"));
  CHECK_THAT(all[6], Catch::StartsWith("system /"));
  ::setenv("XDG_DATA_HOME", "relative", 1);
  ::setenv("HOME", "/home/someone", 1);
  CHECK(origins()[4] == "user /home/someone/.local/share/holohost/plugins/1");
  ::setenv("HOLOHOST_PLUGIN_SYSTEM_PATH", "/only", 1);
  CHECK(origins().size() == 5);
  CHECK(origins()[4] == "HOLOHOST_PLUGIN_SYSTEM_PATH /only");
  ::setenv("HOLOHOST_PLUGIN_SYSTEM_PATH", "", 1);
  CHECK(origins().size() == 4);
  fixture.options.safe_mode = true;
  const std::vector<std::string> safe = origins();
  REQUIRE(safe.size() == 1);
  CHECK_THAT(safe[0], Catch::StartsWith("bundled "));
}

TEST_CASE("a second, different LibTorch in one process is refused with both names") {
  Fixture fixture;
  const fs::path first = fixture.add("torch-1");
  const fs::path second = fixture.add("torch-2");
  const auto registry = fixture.open();
  CHECK(record_of(*registry, first).torch_version == "1.13.1");
  const auto* one = *registry->find(ComponentKind::codec, "org.holohost.test.torch-1.codec");
  const auto* two = *registry->find(ComponentKind::codec, "org.holohost.test.torch-2.codec");
  REQUIRE(registry->codec_factory(*one).ok());
  REQUIRE(registry->codec_factory(*one).ok());
  const auto refused = registry->codec_factory(*two);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == HOLO_ABI_MISMATCH);
  CHECK_THAT(refused.error().message, Catch::Contains("1.13.1") && Catch::Contains("2.4.0") &&
                                          Catch::Contains(first.string()));
  CHECK(claim_torch_version("1.13.1", "the language model runtime").ok());
  CHECK_FALSE(claim_torch_version("2.0.0", "the language model runtime").ok());
}

TEST_CASE("a plugin that has changed since it was examined is not used") {
  Fixture fixture;
  const fs::path path = fixture.add("good");
  const auto registry = fixture.open();
  fs::remove(path);
  fixture.add("noisy", "good");
  const auto factory = registry->codec_factory(**registry->find(ComponentKind::codec, "copy"));
  REQUIRE_FALSE(factory.ok());
  CHECK(factory.error().code == HOLO_ABI_MISMATCH);
  CHECK_THAT(factory.error().message, Catch::Contains("differently"));
}
