#include "tests/cli/tiny_model.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/lm/bpe_trainer.hpp"
#include "core/lm/model_folder.hpp"

namespace holo::test {

namespace {

std::uint32_t next(std::uint64_t& state) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<std::uint32_t>(state >> 32);
}

}  // namespace

std::string tiny_text() {
  const std::vector<std::string> subjects = {"The cat",      "A small dog", "My sister",
                                             "The old king", "Nobody",      "One bird"};
  const std::vector<std::string> verbs = {"sees", "likes", "finds", "follows", "never saw"};
  const std::vector<std::string> objects = {"the red ball", "a tall tree", "the river",
                                            "seven stones", "the moon"};
  std::string text;
  std::uint64_t state = 7;
  while (text.size() < 6000) {
    text += subjects[next(state) % subjects.size()] + " " + verbs[next(state) % verbs.size()] +
            " " + objects[next(state) % objects.size()] + ".\n";
  }
  return text;
}

void write_tiny_model(const std::string& folder, const std::string& text) {
  auto bpe = lm::train_bpe({text}, 320);
  if (!bpe) throw std::runtime_error(bpe.error().message);
  lm::ModelConfig config;
  config.layers = 2;
  config.hidden = 64;
  config.heads = config.kv_heads = 4;
  config.head_dim = 16;
  config.intermediate = 256;
  config.vocabulary = static_cast<std::int32_t>(bpe->tokens.size()) + 1;
  config.max_positions = 64;
  config.bos = config.vocabulary - 1;
  config.eos = {config.vocabulary - 1};

  std::uint64_t state = 1;
  std::vector<std::vector<float>> values;
  std::vector<lm::FolderTensor> tensors;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape, float mean,
                       float spread) {
    std::size_t count = 1;
    for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
    std::vector<float> data(count);
    for (float& each : data) {
      each = mean + spread * (static_cast<float>(next(state)) / 2147483648.0F - 1);
    }
    values.push_back(std::move(data));
    tensors.push_back({name, std::move(shape), {}});
  };
  const std::int64_t d = config.hidden;
  add("wte.weight", {config.vocabulary, d}, 0, 0.5F);
  add("wpe.weight", {config.max_positions, d}, 0, 0.1F);
  for (std::int32_t l = 0; l < config.layers; ++l) {
    const std::string layer = "h." + std::to_string(l) + ".";
    for (const char* norm : {"ln_1", "ln_2"}) {
      add(layer + norm + ".weight", {d}, 1, 0.1F);
      add(layer + norm + ".bias", {d}, 0, 0.1F);
    }
    struct Product {
      const char* name;
      std::int64_t in;
      std::int64_t out;
    };
    for (const Product& each : {Product{"attn.c_attn", d, 3 * d}, Product{"attn.c_proj", d, d},
                                Product{"mlp.c_fc", d, 4 * d}, Product{"mlp.c_proj", 4 * d, d}}) {
      add(layer + each.name + ".weight", {each.in, each.out}, 0,
          1.5F / std::sqrt(static_cast<float>(each.in)));
      add(layer + each.name + ".bias", {each.out}, 0, 0.1F);
    }
  }
  add("ln_f.weight", {d}, 1, 0.1F);
  add("ln_f.bias", {d}, 0, 0.1F);
  for (std::size_t i = 0; i < tensors.size(); ++i) tensors[i].values = values[i];
  const auto written =
      lm::write_model_folder(folder, config, tensors, lm::tokenizer_of(*bpe), true);
  if (!written.ok()) throw std::runtime_error(written.error().message);
}

}  // namespace holo::test
