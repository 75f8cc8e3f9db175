// Training from scratch: it learns, and a stopped run goes on as if it had not been stopped.
#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "core/lm/torch_test_support.hpp"
#include "core/lm/training_checkpoint.hpp"

namespace holo::lm {
namespace {

TorchModule& module() {
  const auto loaded = load_torch_module();
  INFO((loaded ? "" : loaded.error().message));
  REQUIRE(loaded);
  return **loaded;
}

// Each token follows from the one before: a model that looks at its past can know it, one that
// counts tokens cannot do better than ln(11).
std::vector<std::int32_t> chain(std::size_t count) {
  std::vector<std::int32_t> ids(count);
  std::int32_t state = 1;
  for (std::size_t i = 0; i < count; ++i) {
    ids[i] = state;
    state = state * 6 % 11;
    if (i % 37 == 36) state = static_cast<std::int32_t>(i / 37 % 10) + 1;
  }
  return ids;
}

TrainOptions small_run() {
  TrainOptions options;
  options.config = test::tiny_config(Architecture::gpt2);
  options.config.vocabulary = 11;
  options.window = 12;
  options.run.steps = 60;
  options.run.batch = 4;
  options.run.learning_rate = 1e-2;
  options.run.warm_up_steps = 5;
  options.run.evaluate_every = 20;
  options.validation_fraction = 0.1;
  return options;
}

const TorchOptions kOneThread{"cpu", 1};

TEST_CASE("Training learns what follows what") {
  std::int64_t told = 0;
  const auto result = module().train(chain(4000), small_run(), kOneThread, [&](const auto& now) {
    told = now.step;
    return Status{};
  });
  INFO((result ? "" : result.error().message));
  REQUIRE(result);
  CHECK(told == 60);
  CHECK(result->validation_loss < 1.2);  // ln(10) = 2.3 by counting
  CHECK(result->weights.at("h.1.attn.c_attn.weight").shape == std::vector<std::int64_t>{24, 72});
  CHECK(result->weights.at("wte.weight").shape == std::vector<std::int64_t>{11, 24});
}

TEST_CASE("A stopped run goes on to the same weights, through its file") {
  const std::string path = (std::filesystem::temp_directory_path() /
                            ("holo-checkpoint-" + std::to_string(::getpid()) + ".safetensors"))
                               .string();
  const auto text = chain(2000);
  TrainOptions options = small_run();
  options.run.steps = 24;
  const auto whole = module().train(text, options, kOneThread, {});
  REQUIRE(whole);

  options.run.checkpoint = [&](const TrainingCheckpoint& checkpoint) {
    return write_training_checkpoint(path, checkpoint, "run a");
  };
  const auto stopped = module().train(text, options, kOneThread, [](const RunProgress& now) {
    return now.step == 9 ? Status(make_error(HOLO_CANCELLED, "stopped")) : Status{};
  });
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == HOLO_CANCELLED);
  CHECK(read_training_checkpoint(path, "run b").error().code == HOLO_INVALID_ARG);
  const auto checkpoint = read_training_checkpoint(path, "run a");
  INFO((checkpoint ? "" : checkpoint.error().message));
  REQUIRE(checkpoint);
  CHECK(checkpoint->step == 9);
  options.run.resume = &*checkpoint;
  const auto resumed = module().train(text, options, kOneThread, {});
  REQUIRE(resumed);
  for (const auto& [name, tensor] : whole->weights) {
    INFO(name);
    CHECK(tensor.data == resumed->weights.at(name).data);
  }

  SECTION("a checkpoint of another model is refused") {
    options.config.layers = 3;
    const auto other = module().train(text, options, kOneThread, {});
    REQUIRE_FALSE(other);
    CHECK_THAT(other.error().message, Catch::Contains("checkpoint has no tensor"));
  }
  SECTION("a damaged file is refused") {
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    CHECK_FALSE(read_training_checkpoint(path, "run a"));
    std::ofstream(path) << "not a checkpoint";
    CHECK_FALSE(read_training_checkpoint(path, "run a"));
  }
  std::filesystem::remove(path);
}

TEST_CASE("Impossible training is refused with what to change") {
  const auto refused = [&](const std::vector<std::int32_t>& text, const TrainOptions& options) {
    const auto result = module().train(text, options, kOneThread, {});
    REQUIRE_FALSE(result);
    return result.error().message;
  };
  TrainOptions options = small_run();
  CHECK_THAT(refused(chain(60), options), Catch::Contains("too few"));
  auto text = chain(2000);
  text[70] = 11;
  CHECK_THAT(refused(text, options), Catch::Contains("11 at place 70"));
  options.window = 17;
  CHECK_THAT(refused(chain(2000), options), Catch::Contains("16 positions"));
  options = small_run();
  options.config.hidden = 25;
  CHECK_THAT(refused(chain(2000), options), Catch::Contains("heads * head_dim"));
  options = small_run();
  options.run.steps = 0;
  CHECK_THAT(refused(chain(2000), options), Catch::Contains("at least 1 step"));
}

}  // namespace
}  // namespace holo::lm
