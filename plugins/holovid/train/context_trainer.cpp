// The prior of a context is the mean, in the logistic domain, of the states that frames leave it
// in, weighted by how often the frame used it.
#include "plugins/holovid/train/context_trainer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "plugins/holovid/frame_encoder.hpp"
#include "plugins/holovid/train/y4m.hpp"

namespace holo::holovid::train {
namespace {

struct Sums {
  std::vector<double> weight = std::vector<double>(kContextCount);
  std::vector<double> logit = std::vector<double>(kContextCount);

  void add(const Contexts& before, const Contexts& after) {
    for (std::size_t i = 0; i < after.size(); ++i) {
      const int uses = after[i].age() - std::min<int>(before[i].age(), 3);
      if (uses <= 0) continue;
      const double p = std::clamp(after[i].probability() / 65536.0, 0.002, 0.998);
      const double w = std::min(uses, 60);
      weight[i] += w;
      logit[i] += w * std::log(p / (1 - p));
    }
  }
  void print(const char* name) const {
    std::printf("inline constexpr std::array<std::uint8_t, kContextCount> %s = {", name);
    for (std::size_t i = 0; i < weight.size(); ++i) {
      int value = 128;
      if (weight[i] > 0) {
        // Little evidence pulls towards a half.
        const double mean = logit[i] / (weight[i] + 4);
        value = std::clamp(static_cast<int>(256 / (1 + std::exp(-mean))), 1, 254);
        if (value == 128) value = 127;  // 128 says "not known"
      }
      std::printf("%s%d,", i % 20 == 0 ? "\n    " : " ", value);
    }
    std::printf("\n};\n");
  }
};

}  // namespace

void train_contexts(const std::vector<std::string>& clips) {
  constexpr int kFrames = 12;
  constexpr int kGroup = 12;
  Sums key;
  Sums inter;
  for (const std::string& clip : clips) {
    for (const int quantizer : {72, 94, 116}) {
      Y4mReader reader(clip);
      GopState state(reader.format(), 0, 0);
      for (int i = 0; i < kFrames; ++i) {
        const auto picture = reader.next();
        if (!picture) break;
        if (i % kGroup == 0) state.restart();
        const int position = state.next_position();
        const Contexts before = state.start_contexts();
        const EncodedFrame frame = encode_frame(*picture, quantizer, 5, state);
        // Carried contexts are old before they are used; early frames show what a start needs.
        if (position == 0) key.add(before, frame.contexts);
        if (position == 1 || position == 5) inter.add(initial_contexts(false), frame.contexts);
      }
    }
    std::fprintf(stderr, "%s done\n", clip.c_str());
  }
  std::printf(
      "// Trained probabilities of a one, in 1/256, in the order of contexts.hpp; 128 is \"not\n"
      "// known\". Written by train/main.cpp.\n#pragma once\n\n#include <array>\n#include "
      "<cstdint>\n\n#include \"plugins/holovid/contexts.hpp\"\n\nnamespace holo::holovid {\n\n");
  key.print("kKeyPriors");
  inter.print("kInterPriors");
  std::printf("\n}  // namespace holo::holovid\n");
}

}  // namespace holo::holovid::train
