// The module's networks against plain loops in double precision, gradients against differences.
#include <algorithm>
#include <catch2/catch.hpp>

#include "core/host/loader.hpp"
#include "core/lm/torch_reference.hpp"

namespace holo::lm {
namespace {

const std::vector<std::int32_t> kIds{3, 17, 28, 0, 3, 9, 11, 17, 2};

TorchModule& module() {
  const auto loaded = load_torch_module();
  INFO((loaded ? "" : loaded.error().message));
  REQUIRE(loaded);
  return **loaded;
}

double largest_difference(std::span<const float> got, std::span<const double> expected) {
  REQUIRE(got.size() == expected.size());
  double largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(got[i]) - expected[i]));
  }
  return largest;
}

std::unique_ptr<TorchModel> open(const ModelConfig& config, test::TinyWeights& weights) {
  auto model = module().open_model(config, std::ref(weights), {});
  INFO((model ? "" : model.error().message));
  REQUIRE(model);
  return std::move(*model);
}

TEST_CASE("The module is loaded once and says which LibTorch it brings") {
  CHECK_THAT(module().version(), Catch::StartsWith("LibTorch "));
  CHECK(&module() == &module());
}

TEST_CASE("A plugin with another LibTorch is refused once the module is there") {
  const std::string version = module().version().substr(std::string("LibTorch ").size());
  CHECK(host::claim_torch_version(version, "a plugin").ok());
  const Status other = host::claim_torch_version("0.0.1", "a plugin");
  REQUIRE_FALSE(other.ok());
  CHECK_THAT(other.error().message, Catch::Contains("libholohost-torch.so"));
}

TEST_CASE("Logits and the residual stream are those of plain loops") {
  const auto architecture = GENERATE(Architecture::gpt2, Architecture::llama);
  const ModelConfig config = test::tiny_config(architecture);
  test::TinyWeights weights;
  const auto model = open(config, weights);
  const auto expected = test::reference_forward(config, weights, kIds, {});
  const auto trace = model->trace(kIds);
  REQUIRE(trace);
  CHECK(largest_difference(trace->logits, expected.logits) < 1e-4);
  const auto last = model->logits_of_last(kIds);
  REQUIRE(last);
  const auto words = static_cast<std::size_t>(config.vocabulary);
  CHECK(largest_difference(*last, std::span(expected.logits).last(words)) < 1e-4);
  REQUIRE(trace->hidden.size() == expected.hidden.size());
  for (std::size_t i = 0; i < expected.hidden.size(); ++i) {
    CHECK(largest_difference(trace->hidden[i], expected.hidden[i]) < 1e-4);
  }
}

TEST_CASE("Gradients with respect to keys and values are those of finite differences") {
  const auto architecture = GENERATE(Architecture::gpt2, Architecture::llama);
  const ModelConfig config = test::tiny_config(architecture);
  test::TinyWeights weights;
  const auto model = open(config, weights);
  const auto found = model->row_gradients(kIds, Labels::text, 1);
  REQUIRE(found);
  const auto expected = test::reference_forward(config, weights, kIds, {});
  CHECK(found->loss == Approx(test::reference_loss(config, expected, kIds)).epsilon(1e-4));
  const std::size_t width = static_cast<std::size_t>(config.kv_width());
  const std::size_t block = kIds.size() * width;
  REQUIRE(found->rows.size() == expected.rows.size() * block);
  for (std::size_t site = 0; site < expected.rows.size(); ++site) {
    CHECK(largest_difference(found->rows.subspan(site * block, block), expected.rows[site]) < 1e-4);
  }
  constexpr double kStep = 1e-4;
  std::vector<double> change(found->rows.size());
  const auto loss_with = [&](std::size_t place, double step) {
    change[place] = step;
    const auto result = test::reference_forward(config, weights, kIds, change);
    change[place] = 0;
    return test::reference_loss(config, result, kIds);
  };
  double largest = 0;
  double size = 0;
  for (std::size_t place = 0; place < change.size(); place += 7) {
    const double slope = (loss_with(place, kStep) - loss_with(place, -kStep)) / (2 * kStep);
    largest = std::max(largest, std::abs(slope - static_cast<double>(found->gradients[place])));
    size = std::max(size, std::abs(slope));
  }
  CHECK(size > 0.01);  // there is something to compare
  CHECK(largest < 1e-3);
}

TEST_CASE("Sampled labels follow the seed and give the last position's values a gradient") {
  const ModelConfig config = test::tiny_config(Architecture::llama);
  test::TinyWeights weights;
  const auto model = open(config, weights);
  const auto gradients = [&](Labels labels, std::uint64_t seed) {
    const auto found = model->row_gradients(kIds, labels, seed);
    REQUIRE(found);
    return std::vector<float>(found->gradients.begin(), found->gradients.end());
  };
  const auto once = gradients(Labels::sampled, 5);
  CHECK(once == gradients(Labels::sampled, 5));
  CHECK(once != gradients(Labels::sampled, 6));
  const auto last_row = [&](const std::vector<float>& all) {
    double sum = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(config.kv_width()); ++i) {
      sum += std::abs(all[all.size() - 1 - i]);
    }
    return sum;
  };
  CHECK(last_row(once) > 0);
  CHECK(last_row(gradients(Labels::text, 5)) == 0);  // nothing follows the last token
}

TEST_CASE("What cannot be served is said") {
  ModelConfig config = test::tiny_config(Architecture::gpt2);
  test::TinyWeights weights;
  const auto model = open(config, weights);
  const std::vector<std::int32_t> outside{1, 29};
  CHECK(model->trace(outside).error().code == HOLO_INVALID_ARG);
  CHECK_THAT(model->trace(outside).error().message, Catch::Contains("29 at place 1"));
  CHECK(model->trace(std::vector<std::int32_t>(17, 1)).error().code == HOLO_INVALID_ARG);
  CHECK(model->row_gradients(std::span(outside).first(1), Labels::text, 1).error().code ==
        HOLO_INVALID_ARG);
  const auto device = module().open_model(config, std::ref(weights), {"tpu", 1});
  REQUIRE_FALSE(device);
  CHECK_THAT(device.error().message, Catch::Contains("tpu"));
  const auto gone = module().open_model(
      config,
      [](const std::string& name, std::span<const std::int64_t>) -> Result<std::vector<float>> {
        return make_error(HOLO_NOT_FOUND, "no " + name);
      },
      {});
  REQUIRE_FALSE(gone);
  CHECK(gone.error().message == "no wte.weight");
  const auto far = module().open_model(config, std::ref(weights), {"cuda:99", 1});
  REQUIRE_FALSE(far);
  CHECK(far.error().code == HOLO_UNSUPPORTED);
  CHECK_THAT(far.error().message, Catch::Contains("cuda:99"));
}

}  // namespace
}  // namespace holo::lm
