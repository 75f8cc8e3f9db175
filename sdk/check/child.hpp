// Child: this program started again to run one test, with a time limit, watched through a pipe.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace holo_check {

struct Ending {
  enum class How { exited, killed_by_signal, timed_out } how = How::exited;
  int code = 0;  // exit status, or the signal
};

// Runs this executable with `arguments`; `line` gets every line that it writes to descriptor 3.
// The child's standard output is dropped, its standard error passes through.
Ending run_child(const std::vector<std::string>& arguments, double timeout_seconds,
                 const std::function<void(const std::string&)>& line);

// In the child: one line to the parent.
void tell_parent(const std::string& line);

// In the child: at most `bytes` more of private memory, so that a huge allocation fails at once.
// Does nothing where a sanitizer's shadow memory would count.
void limit_memory(unsigned long long bytes);

}  // namespace holo_check
