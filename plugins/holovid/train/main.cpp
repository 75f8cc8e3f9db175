// holovid-train contexts|klt CLIP.y4m... > header: writes the trained tables of the codec.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "plugins/holovid/train/context_trainer.hpp"
#include "plugins/holovid/train/klt_trainer.hpp"

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  const std::vector<std::string> clips(argv + (argc > 2 ? 2 : argc), argv + argc);
  try {
    if (what == "contexts") {
      holo::holovid::train::train_contexts(clips);
    } else if (what == "klt") {
      holo::holovid::train::train_klt(clips);
    } else {
      std::fprintf(stderr, "usage: holovid-train contexts|klt CLIP.y4m... > header\n");
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "holovid-train: %s\n", error.what());
    return 1;
  }
  return 0;
}
