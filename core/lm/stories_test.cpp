// A trained model against logits that an independent program computed.
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/lm/format_test_support.hpp"
#include "core/lm/forward.hpp"
#include "core/lm/sampler.hpp"

using namespace holo;
using namespace holo::lm;

TEST_CASE("stories15m gives the reference's logits and goes on with its tokens") {
  const std::string path = test::corpus_file("models/stories15m/reference.json");
  if (path.empty()) return;
  const std::string folder = path.substr(0, path.rfind('/'));
  std::ifstream file(path);
  const auto reference = nlohmann::json::parse(file);
  const auto prompt = reference.at("prompt_ids").get<std::vector<std::int32_t>>();
  const auto expected = reference.at("greedy_ids").get<std::vector<std::int32_t>>();
  host::Job job({});
  for (const Precision precision : {Precision::f32, Precision::f16}) {
    auto model = Model::load(folder, {precision}, job);
    if (!model) FAIL(model.error().message);
    auto sequence = Sequence::create(*model, nullptr);
    REQUIRE(sequence.ok());
    Forward forward(**model, job);
    auto logits = forward.prefill(*sequence, prompt);
    REQUIRE(logits.ok());
    const double tolerance = precision == Precision::f32 ? 1e-3 : 0.05;
    const auto& first = reference.at("last_logits_first16");
    for (std::size_t i = 0; i < first.size(); ++i) {
      CHECK(static_cast<double>((*logits)[i]) == Approx(first[i].get<double>()).margin(tolerance));
    }
    for (const auto& entry : reference.at("last_logits_top5")) {
      CHECK(static_cast<double>((*logits)[entry[0].get<std::size_t>()]) ==
            Approx(entry[1].get<double>()).margin(tolerance));
    }
    auto greedy = Sampler::create({});
    REQUIRE(greedy.ok());
    std::vector<std::int32_t> ids = prompt;
    while (ids.size() < expected.size()) {
      const auto next = greedy->sample(*logits);
      REQUIRE(next.ok());
      ids.push_back(*next);
      const Run run{&*sequence, std::span(ids).last(1)};
      logits = forward.step(std::span(&run, 1), LogitRows::last);
      REQUIRE(logits.ok());
    }
    CHECK(ids == expected);
  }
}
