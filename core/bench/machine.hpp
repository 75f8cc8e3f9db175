// Where a bench ran, and as what: without that, a speed means nothing.
#pragma once

#include <string>

namespace holo::bench {

struct Machine {
  std::string name;    // of the host
  std::string cpu;     // model
  std::string system;  // kernel
  int threads = 0;     // that the system runs at once
};
Machine this_machine();

// The words that this process was started with, quoted for a shell where they need it.
std::string command_line();

}  // namespace holo::bench
