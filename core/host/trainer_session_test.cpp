// A trainer behind the boundary: what it is lent, what of it may fail, and a stop on the way.
#include "core/host/trainer_session.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <map>

#include "core/host/test_files.hpp"

using namespace holo;
using namespace holo::host;
using namespace holo::host::testing;

namespace {

// Small grey pictures whose samples are all their number.
class Pictures final : public TrainingSupply {
 public:
  explicit Pictures(std::uint64_t count) : count_(count) {}
  [[nodiscard]] std::uint32_t input() const override { return HOLO_TRAIN_PICTURES; }
  [[nodiscard]] std::uint64_t count() const override { return count_; }
  Result<UnitBuffer> read(std::uint64_t index) override {
    if (index == cancel_at) Job::cancel_all();
    if (index == fail_at) return make_error(HOLO_IO, "the disk is gone");
    HOLO_ASSIGN(auto unit,
                UnitBuffer::planes(HOLO_PICTURE, make_image(8, 8, HOLO_GRAY, false, 8), 1 << 20));
    for (std::int64_t y = 0; y < 8; ++y) {
      std::memset(unit.plane(0) + y * unit.row_bytes(0), static_cast<int>(index), 8);
    }
    return unit;
  }
  Status save_checkpoint(const std::string& name, std::span<const std::uint8_t> bytes) override {
    checkpoints[name].assign(bytes.begin(), bytes.end());
    return {};
  }
  Result<std::vector<std::uint8_t>> load_checkpoint(const std::string& name) override {
    if (!checkpoints.contains(name)) return make_error(HOLO_NOT_FOUND, "nothing of that name");
    return checkpoints[name];
  }
  Status write(std::span<const std::uint8_t> bytes) override {
    if (disk_full) return make_error(HOLO_IO, "no space left");
    output.insert(output.end(), bytes.begin(), bytes.end());
    return {};
  }

  std::uint64_t cancel_at = UINT64_MAX;
  std::uint64_t fail_at = UINT64_MAX;
  bool disk_full = false;
  std::map<std::string, std::vector<std::uint8_t>> checkpoints;
  std::vector<std::uint8_t> output;

 private:
  std::uint64_t count_;
};

class Fixture {
 public:
  Fixture() : environment_(home_.path()), job_(JobOptions{}) {
    const fs::path plugins = home_.path() / "plugins";
    fs::create_directory(plugins);
    fs::copy_file(HOLO_EXAMPLE_TRAINER, plugins / "mean-picture.holo.so");
    RegistryOptions options;
    options.plugin_paths = {plugins.string()};
    options.probe_executable = HOLO_TEST_HELPER;
    registry_ = std::move(Registry::open(options)).value();
  }
  Status train(Pictures& supply) {
    HOLO_ASSIGN(const auto* trainer, registry_->find(ComponentKind::trainer, "mean-picture"));
    HOLO_ASSIGN(const auto params,
                resolve_params(trainer->params, {{"side", "4"}}, trainer->alias));
    HOLO_ASSIGN(auto session, TrainerSession::create(*registry_, *trainer, job_, params));
    return session->train(supply);
  }
  Registry& registry() { return *registry_; }

 private:
  TemporaryFolder home_;
  CleanEnvironment environment_;
  Job job_;
  std::unique_ptr<Registry> registry_;
};

}  // namespace

TEST_CASE("a trainer describes itself and writes its file") {
  Fixture fixture;
  const auto trainers = fixture.registry().components(ComponentKind::trainer);
  REQUIRE(trainers.size() == 1);
  CHECK(trainers[0]->kinds == HOLO_TRAIN_PICTURES);
  CHECK(trainers[0]->format.format_id == "pgm");
  CHECK(trainers[0]->format.extension == ".pgm");
  Pictures supply(9);
  REQUIRE(fixture.train(supply).ok());
  const std::string header = "P5\n4 4\n255\n";
  REQUIRE(supply.output.size() == header.size() + 16);
  CHECK(supply.output.back() == 4);  // the mean of 0..8
}

TEST_CASE("a stopped training goes on from its checkpoint") {
  Fixture fixture;
  Pictures whole(9);
  REQUIRE(fixture.train(whole).ok());
  Pictures supply(9);
  supply.cancel_at = 6;
  const Status stopped = fixture.train(supply);
  Job::reset_cancelled();
  REQUIRE_FALSE(stopped.ok());
  CHECK(stopped.error().code == HOLO_CANCELLED);
  CHECK(supply.checkpoints.contains("sums"));
  CHECK(supply.output.empty());
  supply.cancel_at = UINT64_MAX;
  supply.fail_at = 0;  // is in the checkpoint already
  REQUIRE(fixture.train(supply).ok());
  CHECK(supply.output == whole.output);
}

TEST_CASE("failures of the host's side are told as such") {
  Fixture fixture;
  Pictures unreadable(9);
  unreadable.fail_at = 3;
  const Status read = fixture.train(unreadable);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == HOLO_IO);
  CHECK(read.error().message == "the disk is gone");
  Pictures full(9);
  full.disk_full = true;
  const Status written = fixture.train(full);
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().message == "no space left");
}
