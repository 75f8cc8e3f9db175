// The patch as the host uses it: fit, caches of all codings, files.
#include <catch2/catch.hpp>

#include "plugins/kv-eigen/tests/test_patch.hpp"

namespace holo::kv_eigen {
namespace {

const std::vector<Given>& codings() {
  static const std::vector<Given> kAll = {
      {{"scope", "site"}, {"coding", "packed"}, {"bits", "5"}, {"recent", "5"}},
      {{"scope", "site"}, {"coding", "packed"}, {"k", "12"}, {"sinks", "3"}},
      {{"scope", "site"}, {"coding", "entropy"}, {"compression", "4"}},
      {{"scope", "layer"}, {"coding", "packed"}, {"bits", "4"}, {"predict", "none"}},
      {{"scope", "layer"}, {"coding", "entropy"}, {"bits", "3"}, {"recent", "7"}},
      {{"scope", "model"}, {"coding", "entropy"}, {"compression", "6"}},
      {{"scope", "model"}, {"coding", "entropy"}, {"basis", "pca"}, {"sinks", "0"}},
      {{"scope", "model"}, {"rope", "after"}, {"bits", "4"}},
  };
  return kAll;
}

std::string name_of(const Given& given) {
  std::string name;
  for (const auto& [key, value] : given) name += key + "=" + value + " ";
  return name;
}

void expect_same(const Floats& a, const Floats& b) { REQUIRE(a.values == b.values); }

TEST_CASE("score and mix agree with the rows that come back, for every coding") {
  for (const bool rope : {false, true}) {
    const TestModel model(rope);
    for (const Given& given : codings()) {
      INFO(name_of(given) << (rope ? "rope" : ""));
      TestPatch test(model, given);
      test.calibrate();
      TestCaches caches(test.patch, model);
      const TestModel::Text text = model.text(90, 1);
      caches.append(text, 0, 50);
      for (int p = 50; p < 90; ++p) caches.append(text, p, 1);
      std::mt19937 random(2);
      for (std::size_t s = 0; s < 4; ++s) {
        const Floats rows = caches.rows(s);
        REQUIRE(rows.rows == 90);
        REQUIRE(relative_error(text.rows[s], rows) < 0.35);
        const bool keys = s % 2 == 0;
        Floats left(4, keys ? 8 : 90);
        for (float& v : left.values) v = static_cast<float>(random() % 2001) / 1000.0F - 1.0F;
        Floats want(4, keys ? 90 : 8);
        Floats got(4, keys ? 90 : 8);
        for (std::int64_t h = 0; h < 4; ++h) {
          for (std::int64_t p = 0; p < 90; ++p) {
            for (std::int64_t d = 0; d < 8; ++d) {
              const float row = rows.view().at(h / 2 * 8 + d, p);
              if (keys) want.view().at(p, h) += left.view().at(d, h) * row;
              if (!keys) want.view().at(d, h) += left.view().at(p, h) * row;
            }
          }
        }
        if (keys) {
          caches.caches[s]->score(std::as_const(left).view(), got.view());
        } else {
          caches.caches[s]->mix(std::as_const(left).view(), got.view());
        }
        REQUIRE(relative_error(want, got) < 1e-4);
      }
    }
  }
}

TEST_CASE("a planted subspace is found: as many components as factors give nearly all") {
  const TestModel model;
  const TestModel::Text text = model.text(150, 1);
  double errors[2];
  for (const int k : {3, TestModel::kFactors}) {
    TestPatch test(model, {{"scope", "site"}, {"coding", "packed"}, {"k", std::to_string(k)}});
    test.calibrate(8, false);
    TestCaches caches(test.patch, model);
    caches.append(text, 0, 150);
    errors[k == 3 ? 0 : 1] = relative_error(text.rows[1], caches.rows(1));
  }
  REQUIRE(errors[1] < 0.03);  // the noise
  REQUIRE(errors[0] > 3 * errors[1]);
}

TEST_CASE("all components in float16 are nearly exact") {
  const TestModel model(true);
  TestPatch test(model, {{"scope", "site"}, {"coding", "packed"}, {"bits", "16"}, {"recent", "0"}});
  test.calibrate();
  TestCaches caches(test.patch, model);
  const TestModel::Text text = model.text(60, 3);
  caches.append(text, 0, 60);
  for (std::size_t s = 0; s < 4; ++s) {
    REQUIRE(relative_error(text.rows[s], caches.rows(s)) < 3e-3);
  }
}

TEST_CASE("compression is what was asked for, sinks and recent rows and token ids counted") {
  const TestModel model;
  for (const char* scope : {"site", "layer", "model"}) {
    for (const char* coding : {"packed", "entropy"}) {
      INFO(scope << " " << coding);
      TestPatch test(model, {{"scope", scope},
                             {"coding", coding},
                             {"compression", "5"},
                             {"recent", "8"},
                             {"predict", "none"}});
      test.calibrate(12);
      TestCaches caches(test.patch, model);
      const TestModel::Text text = model.text(256, 5);
      caches.append(text, 0, 256);
      const double full = 256 * 4 * 16 * 2;
      const double reached = full / static_cast<double>(caches.payload());
      // Packed lanes of 8 components cannot take every rate, but never take more.
      REQUIRE(reached > 4.8);
      REQUIRE(reached < (std::string(coding) == "packed" ? 6.5 : 5.25));
    }
  }
}

TEST_CASE("the metric of the loss keeps errors small where they cost") {
  const TestModel model;
  const TestModel::Text text = model.text(200, 9);
  double costs[2];
  for (const bool loss : {false, true}) {
    TestPatch test(
        model,
        {{"scope", "model"}, {"basis", loss ? "loss" : "pca"}, {"bits", "1"}, {"predict", "none"}});
    test.calibrate();
    TestCaches caches(test.patch, model);
    caches.append(text, 0, 200);
    double cost = 0;
    for (std::size_t s = 0; s < 4; ++s) {
      const Floats rows = caches.rows(s);
      for (std::int64_t p = 0; p < 200; ++p) {
        for (std::int64_t i = 0; i < 16; i += 4) {
          cost += std::pow(double{rows.view().at(i, p)} - text.rows[s].view().at(i, p), 2);
        }
      }
    }
    costs[loss ? 1 : 0] = cost;
  }
  REQUIRE(costs[1] < 0.8 * costs[0]);
}

TEST_CASE("sites whose errors cost more get more of the bits") {
  const TestModel model;
  const TestModel::Text text = model.text(200, 9);
  for (const char* coding : {"packed", "entropy"}) {
    TestPatch test(model, {{"scope", "site"}, {"coding", coding}, {"bits", "2"}});
    test.calibrate(8, true, true, 30);
    TestCaches caches(test.patch, model);
    caches.append(text, 0, 200);
    // Gradients of the last site are 30 times as large as those of the others.
    REQUIRE(static_cast<double>(caches.caches[3]->bytes().payload) >
            1.3 * static_cast<double>(caches.caches[1]->bytes().payload));
    REQUIRE(relative_error(text.rows[3], caches.rows(3)) <
            0.7 * relative_error(text.rows[1], caches.rows(1)));
  }
}

TEST_CASE("guessing rows from tokens saves bits at the same step") {
  const TestModel model;
  const TestModel::Text text = model.text(256, 9);
  double errors[2];
  for (const bool predict : {false, true}) {
    TestPatch test(model, {{"scope", "model"},
                           {"basis", "pca"},
                           {"bits", "1"},
                           {"predict", predict ? "input" : "none"}});
    test.calibrate(12, false);
    TestCaches caches(test.patch, model);
    caches.append(text, 0, 256);
    errors[predict ? 1 : 0] = relative_error(text.rows[3], caches.rows(3));
  }
  REQUIRE(errors[1] < errors[0]);
}

TEST_CASE("trim goes into coded blocks, and appending goes on from there") {
  for (const bool rope : {false, true}) {
    const TestModel model(rope);
    for (const Given& given : codings()) {
      INFO(name_of(given));
      TestPatch test(model, given);
      test.calibrate();
      const TestModel::Text text = model.text(100, 1);
      TestCaches caches(test.patch, model);
      caches.append(text, 0, 80);
      for (const std::int64_t keep : {70, 37, 32, 1, 0}) {
        const Floats before = caches.rows(2);
        for (auto& cache : caches.caches) cache->trim(static_cast<std::uint64_t>(keep));
        const Floats after = caches.rows(2);
        REQUIRE(after.rows == keep);
        REQUIRE(relative_error(before.part(0, keep), after) < 2e-3);
        TestCaches copy(caches);
        copy.append(text, keep, 9);
        REQUIRE(copy.rows(2).rows == keep + 9);
        REQUIRE(relative_error(text.rows[2].part(0, keep + 9), copy.rows(2)) < 0.35);
        REQUIRE(caches.rows(2).rows == keep);
      }
      REQUIRE(caches.payload() == 0);
    }
  }
}

TEST_CASE("a site that is trimmed alone leaves the rows of the others as they are") {
  const TestModel model;
  TestPatch test(model, {{"scope", "model"}});
  test.calibrate();
  const TestModel::Text text = model.text(60, 1);
  TestCaches caches(test.patch, model);
  caches.append(text, 0, 60);
  const Floats before = caches.rows(3);
  caches.caches[0]->trim(20);
  REQUIRE(relative_error(before, caches.rows(3)) < 1e-3);
  REQUIRE(caches.rows(0).rows == 20);
}

TEST_CASE("forks are independent") {
  const TestModel model;
  TestPatch test(model, {{"scope", "model"}});
  test.calibrate();
  const TestModel::Text text = model.text(90, 1);
  const TestModel::Text other = model.text(90, 2);
  TestCaches caches(test.patch, model);
  caches.append(text, 0, 41);
  TestCaches copy(caches);
  const Floats before = copy.rows(1);
  caches.append(other, 41, 20);
  expect_same(before, copy.rows(1));
  for (auto& cache : caches.caches) cache->reset();
  expect_same(before, copy.rows(1));
}

TEST_CASE("rows do not depend on how they were split into steps, nor on the workers") {
  const TestModel model(true);
  const TestModel::Text text = model.text(75, 1);
  std::vector<float> first;
  for (const std::uint32_t workers : {1, 3}) {
    for (const int step : {75, 5, 1}) {
      TestPatch test(model, {{"scope", "model"}, {"bits", "2"}}, workers);
      test.calibrate();
      TestCaches caches(test.patch, model);
      for (int p = 0; p < 75; p += step) caches.append(text, p, step);
      const Floats rows = caches.rows(2);
      if (first.empty()) first = rows.values;
      REQUIRE(rows.values == first);
    }
  }
}

TEST_CASE("a saved calibration gives the same rows and bytes") {
  const TestModel model(true);
  for (const Given& given : codings()) {
    INFO(name_of(given));
    TestPatch fitted(model, given);
    fitted.calibrate();
    MemoryChunks file;
    fitted.patch.save(file.sink());
    TestPatch loaded(model, given);
    loaded.patch.load(file.source());
    loaded.patch.activate();
    const TestModel::Text text = model.text(50, 1);
    TestCaches a(fitted.patch, model), b(loaded.patch, model);
    a.append(text, 0, 50);
    b.append(text, 0, 50);
    for (std::size_t s = 0; s < 4; ++s) expect_same(a.rows(s), b.rows(s));
    REQUIRE(a.payload() == b.payload());
  }
}

TEST_CASE("cold storage gives the same rows") {
  const TestModel model;
  for (const Given& given : codings()) {
    INFO(name_of(given));
    TestPatch test(model, given);
    test.calibrate();
    const TestModel::Text text = model.text(71, 1);
    TestCaches caches(test.patch, model), back(test.patch, model);
    caches.append(text, 0, 70);
    MemoryChunks file;
    for (std::size_t s = 0; s < 4; ++s) caches.caches[s]->store(file.sink(), s);
    back.sequence->tokens(0, text.ids.data(), 70);
    for (std::size_t s = 0; s < 4; ++s) back.caches[s]->restore(file.source(), s);
    for (std::size_t s = 0; s < 4; ++s) expect_same(caches.rows(s), back.rows(s));
    caches.append(text, 70, 1);
    back.append(text, 70, 1);
    expect_same(caches.rows(0), back.rows(0));
  }
}

TEST_CASE("damaged files are refused as such, or give finite rows") {
  const TestModel model;
  std::mt19937 random(11);
  for (const Given& given : codings()) {
    TestPatch test(model, given);
    test.calibrate();
    const TestModel::Text text = model.text(40, 1);
    TestCaches caches(test.patch, model);
    caches.append(text, 0, 40);
    MemoryChunks base, rows;
    test.patch.save(base.sink());
    for (std::size_t s = 0; s < 4; ++s) caches.caches[s]->store(rows.sink(), s);
    for (int round = 0; round < 60; ++round) {
      MemoryChunks damaged;
      damaged.chunks = round % 2 == 0 ? base.chunks : rows.chunks;
      auto& bytes = std::next(damaged.chunks.begin(),
                              static_cast<std::ptrdiff_t>(random() % damaged.chunks.size()))
                        ->second;
      if (random() % 4 == 0) {
        bytes.resize(random() % bytes.size());
      } else {
        const std::size_t reach = random() % 2 == 0 ? 40 : bytes.size();
        bytes[random() % std::min(reach, bytes.size())] ^=
            static_cast<std::uint8_t>(1u << random() % 8);
      }
      try {
        if (round % 2 == 0) {
          TestPatch loaded(model, given);
          loaded.patch.load(damaged.source());
          TestCaches other(loaded.patch, model);
          other.append(text, 0, 40);
          for (std::size_t s = 0; s < 4; ++s) (void)other.rows(s);
        } else {
          TestCaches other(test.patch, model);
          other.sequence->tokens(0, text.ids.data(), 40);
          for (std::size_t s = 0; s < 4; ++s) other.caches[s]->restore(damaged.source(), s);
          for (std::size_t s = 0; s < 4; ++s) (void)other.rows(s);
        }
      } catch (const Failure& failure) {
        REQUIRE(failure.status() == HOLO_CORRUPT);
      }
    }
  }
}

TEST_CASE("projectors come out and go back, scaled or not, without changing rows much") {
  const TestModel model(true);
  for (const Given& given : codings()) {
    Given linear = given;
    linear["predict"] = "none";
    INFO(name_of(linear));
    TestPatch test(model, linear);
    test.calibrate();
    TestPatch changed(model, linear);
    changed.calibrate(8, true, false);
    REQUIRE(changed.patch.projector_count() == test.patch.projector_count());
    for (std::uint32_t i = 0; i < changed.patch.projector_count(); ++i) {
      holo_projector projector = changed.patch.projector(i);
      const auto n = static_cast<std::size_t>(projector.width * projector.components);
      const std::vector<float> encode(projector.encode, projector.encode + n);
      const std::vector<float> decode(projector.decode, projector.decode + n);
      const std::vector<float> mean(projector.mean, projector.mean + projector.width);
      projector.encode = encode.data();
      projector.decode = decode.data();
      projector.mean = mean.data();
      changed.patch.set_projector(i, projector);
      projector.components += 1;
      REQUIRE_THROWS_AS(changed.patch.set_projector(i, projector), Failure);
    }
    changed.patch.activate();
    const TestModel::Text text = model.text(60, 1);
    TestCaches a(test.patch, model), b(changed.patch, model);
    a.append(text, 0, 60);
    b.append(text, 0, 60);
    for (std::size_t s = 0; s < 4; ++s) {
      const double before = relative_error(text.rows[s], a.rows(s));
      REQUIRE(relative_error(text.rows[s], b.rows(s)) < 1.05 * before + 1e-3);
    }
  }
  TestPatch predicted(model, {});
  predicted.calibrate(8, true, false);
  REQUIRE_THROWS_WITH(predicted.patch.projector(0), Catch::Contains("predict=none"));
}

TEST_CASE("what cannot work is said") {
  const TestModel model;
  REQUIRE_THROWS_WITH(TestPatch(model, {{"bits", "4"}, {"compression", "10"}}),
                      Catch::Contains("leave out one of the two"));
  TestPatch short_text(model, {});
  REQUIRE_THROWS_WITH(short_text.calibrate(0), Catch::Contains("no calibration rows"));
  TestPatch brief(model, {});
  const TestModel::Text text = model.text(30, 1);
  brief.patch.calibrate_tokens(text.ids.data(), 30);
  for (std::size_t s = 0; s < 4; ++s) {
    brief.patch.calibrate(model.sites()[s], std::as_const(text.rows[s]).view());
  }
  REQUIRE_THROWS_WITH(brief.patch.fit(), Catch::Contains("calibration text is too short"));
  TestPatch ready(model, {});
  ready.calibrate();
  TestCaches caches(ready.patch, model);
  Floats bad(1, 16);
  bad.values[3] = std::nanf("");
  REQUIRE_THROWS_AS(caches.caches[0]->append(std::as_const(bad).view()), Failure);
  REQUIRE(caches.caches[0]->bytes().positions == 0);
}

}  // namespace
}  // namespace holo::kv_eigen
