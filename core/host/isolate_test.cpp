// Crashes: in a worker and in the process itself.
#include <sys/wait.h>
#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "core/host/job.hpp"
#include "core/host/test_files.hpp"

using namespace holo::host;
using namespace holo::host::testing;

namespace {

struct Outcome {
  int code = -1;
  int signal = 0;
  std::string errors;
};

pid_t start(const std::vector<std::string>& words, int output, int errors) {
  std::vector<std::string> all = {HOLO_TEST_HELPER};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (std::string& word : all) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(output, STDOUT_FILENO);
    ::dup2(errors, STDERR_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(99);
  }
  return child;
}

std::string drain(int descriptor) {
  std::string text;
  char block[512];
  for (ssize_t got = 0; (got = ::read(descriptor, block, sizeof block)) > 0;) {
    text.append(block, static_cast<std::size_t>(got));
  }
  return text;
}

Outcome run_helper(const std::vector<std::string>& words) {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t child = start(words, STDERR_FILENO, pipe[1]);
  ::close(pipe[1]);
  Outcome outcome;
  outcome.errors = drain(pipe[0]);
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) outcome.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  return outcome;
}

struct Place {
  Place() : environment(folder.path()) {
    fs::create_directory(folder.path() / "plugins");
    fs::create_directory(folder.path() / "out");
    for (const auto* name : {"good", "crashes"}) {
      fs::copy_file(test_plugin(name),
                    folder.path() / "plugins" / (std::string(name) + ".holo.so"));
    }
  }
  [[nodiscard]] std::vector<std::string> encode(const std::string& alias) const {
    return {"encode", (folder.path() / "plugins").string(), alias,
            (folder.path() / "out" / "x.holo").string()};
  }
  [[nodiscard]] bool out_is_empty() const { return fs::is_empty(folder.path() / "out"); }
  TemporaryFolder folder;
  CleanEnvironment environment;
};

std::vector<std::string> isolated(std::vector<std::string> words) {
  words.insert(words.begin(), "isolate");
  return words;
}

}  // namespace

TEST_CASE("an isolated job that goes well gives its file and its code") {
  const Place place;
  const Outcome outcome = run_helper(isolated(place.encode("copy")));
  INFO(outcome.errors);
  CHECK(outcome.code == 0);
  CHECK(fs::exists(place.folder.path() / "out" / "x.holo"));
}

TEST_CASE("a job is isolated even where the parent was told to ignore its children") {
  const Place place;
  const auto before = std::signal(SIGCHLD, SIG_IGN);  // what a started process inherits
  const pid_t child = start(isolated(place.encode("crashes")), STDERR_FILENO, STDERR_FILENO);
  std::signal(SIGCHLD, before);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 70);
}

TEST_CASE("an isolated job passes its own failure on") {
  const Place place;
  const Outcome outcome = run_helper(isolated(place.encode("nonsense")));
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.errors, Catch::Contains("there is no codec 'nonsense'"));
}

TEST_CASE("a crash in a worker is code 70, one line, and no file left") {
  const Place place;
  const Outcome outcome = run_helper(isolated(place.encode("crashes")));
  CHECK(outcome.code == 70);
  CHECK_THAT(outcome.errors,
             Catch::Contains("holohost: plugin crashes crashed (SIGABRT) in encode, "
                             "frame 2\n"));
  CHECK(place.out_is_empty());
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("a crash in the process itself is told the same way") {
  const Place place;
  const Outcome outcome = run_helper(place.encode("crashes"));
  CHECK(outcome.code == 70);
  CHECK_THAT(outcome.errors,
             Catch::Contains("holohost: plugin crashes crashed (SIGABRT) in encode, "
                             "frame 2\n"));
  CHECK(place.out_is_empty());
}

#if !defined(__SANITIZE_THREAD__)
TEST_CASE("a stack overflow is told, too, in whatever thread") {
  const Outcome outcome = run_helper({GENERATE("overflow", "overflow-in-worker")});
  CHECK(outcome.code == 70);
  CHECK_THAT(outcome.errors, Catch::Contains("holohost: holohost crashed (SIGSEGV)"));
}
#endif
#endif

TEST_CASE("a request to stop reaches the worker, and its code comes back") {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t parent = start({"isolate", "wait"}, pipe[1], STDERR_FILENO);
  char ready[16] = {};
  REQUIRE(::read(pipe[0], ready, sizeof ready) > 0);
  ::kill(parent, SIGTERM);
  int status = 0;
  ::waitpid(parent, &status, 0);
  ::close(pipe[0]);
  ::close(pipe[1]);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 42);
}

TEST_CASE("a foreign value in the worker's variable changes nothing") {
  const Place place;
  for (const auto* value : {"", "3", "999", "-1", "abc", "2"}) {
    ::setenv("HOLOHOST_WORKER", value, 1);
    CHECK(run_helper(place.encode("copy")).code == 0);
    fs::remove(place.folder.path() / "out" / "x.holo");
  }
  ::unsetenv("HOLOHOST_WORKER");
}
