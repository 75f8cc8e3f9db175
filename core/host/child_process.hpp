// A child process with captured streams and a time limit.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace holo::host {

struct ChildOutcome {
  bool timed_out = false;  // then it was killed
  int exit_code = -1;      // if it ended by itself
  int signal = 0;          // if a signal ended it
  std::string answer;      // what it wrote to `answer_fd`
  std::string errors;      // the last bytes of its standard output and standard error
};

// Makes sure that the outcome of children can be asked for: a process may be started with SIGCHLD
// ignored, and then the system throws their outcome away. To be called before fork.
void expect_children();

// Runs argv[0] with argv in its own process group, standard input empty, core dumps off, and dies
// with this thread. IO if it cannot be started, CANCELLED if the user asked to stop meanwhile.
Result<ChildOutcome> run_child(const std::vector<std::string>& argv, int answer_fd, int timeout_ms);

}  // namespace holo::host
