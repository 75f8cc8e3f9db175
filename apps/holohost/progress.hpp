// Progress on stderr: one redrawn line with rate and time left on a terminal, a plain line every
// few seconds otherwise.
#pragma once

#include "core/host/job.hpp"

namespace holo::cli {

void show_progress(const host::ProgressUpdate& update);
// Wipes the redrawn line, so that other talk starts on a clean one.
void clear_progress_line();

}  // namespace holo::cli
