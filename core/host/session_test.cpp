// Sessions: a good codec round trip, and every way in which a codec may break the contract.
#include <catch2/catch.hpp>
#include <cstring>

#include "core/base/file.hpp"
#include "core/host/analyzer_session.hpp"
#include "core/host/codec_session.hpp"
#include "core/host/sink.hpp"
#include "core/host/source.hpp"
#include "core/host/test_files.hpp"

using namespace holo;
using namespace holo::host;
using namespace holo::host::testing;

namespace {

constexpr std::uint64_t kLimit = 1 << 24;

class Fixture {
 public:
  explicit Fixture(const std::string& plugin, std::int32_t kind = HOLO_PICTURE)
      : environment_(home_.path()), job_(one_thread()) {
    const fs::path plugins = home_.path() / "plugins";
    fs::create_directory(plugins);
    fs::copy_file(test_plugin(plugin), plugins / (plugin + ".holo.so"));
    RegistryOptions options;
    options.plugin_paths = {plugins.string()};
    options.probe_executable = HOLO_TEST_HELPER;
    registry_ = std::move(Registry::open(options)).value();
    codec_ = registry_->components(ComponentKind::codec).at(0);
    header_.format_id = codec_->format.format_id;
    header_.bitstream_version = 2;
    header_.plugin_id = codec_->id;
    header_.plugin_version = codec_->version;
    header_.params = resolve_params(codec_->params, {}, codec_->alias).value();
    header_.stream.kind = kind;
    if (kind != HOLO_TENSOR) header_.stream.image = make_image(11, 7, HOLO_YCBCR, false, 8);
    if (kind != HOLO_TENSOR) {
      header_.stream.image->chroma_shift_x = 1;
      header_.stream.image->chroma_shift_y = 1;
    }
    header_.stream.unit_count = 1;
    header_.stream.time_base = {1, 25};
  }

  Result<std::unique_ptr<EncoderSession>> encoder(std::uint64_t budget = 1 << 20,
                                                  std::int32_t stream_kind = 0) {
    file_ = AtomicFile::create(output().string(), true).value();
    writer_ = create_holo_file(*file_, header_).value();
    StreamInfo stream = header_.stream;
    if (stream_kind != 0) stream.kind = stream_kind;
    return EncoderSession::create(*registry_, *codec_, job_, header_.params, stream, *writer_,
                                  budget);
  }
  std::unique_ptr<ContainerReader> finish_file() {
    REQUIRE(writer_->finish().ok());
    REQUIRE(file_->commit().ok());
    auto reader = open_holo_file(open_reader(output().string()).value());
    REQUIRE(reader.ok());
    return std::move(reader).value();
  }
  Result<std::unique_ptr<DecoderSession>> decoder(ContainerReader& reader) {
    return DecoderSession::create(*registry_, *codec_, job_, ParamValues(), reader);
  }
  // A unit whose samples follow a pattern; `mark` is its first sample.
  UnitBuffer unit(std::uint64_t index, std::uint8_t mark = 0) const {
    UnitInfo info;
    info.kind = header_.stream.kind;
    info.index = index;
    info.pts = static_cast<std::int64_t>(index);
    info.duration = 1;
    info.name = "t" + std::to_string(index);
    info.dtype = {kDLFloat, 32, 1};
    info.shape = {5, 3};
    UnitBuffer result = header_.stream.image
                            ? UnitBuffer::planes(info.kind, *header_.stream.image, kLimit).value()
                            : UnitBuffer::tensor(info, kLimit).value();
    result.info = info;
    for (std::size_t p = 0; p < result.plane_count(); ++p) {
      for (std::int64_t y = 0; y < result.plane_height(p); ++y) {
        std::uint8_t* row = result.plane(p) + y * result.row_bytes(p);
        const std::int64_t bytes =
            header_.stream.image ? result.plane_width(p) : result.row_bytes(p);
        for (std::int64_t x = 0; x < bytes; ++x) {
          row[x] = static_cast<std::uint8_t>(y * 16 + x + static_cast<std::int64_t>(p) * 100);
        }
      }
    }
    result.plane(0)[0] = mark;
    return result;
  }
  std::string push_failure(std::uint8_t mark, holo_status code, std::uint64_t budget = 1 << 20) {
    auto session = encoder(budget);
    REQUIRE(session.ok());
    UnitBuffer first = unit(0, mark);
    const Status pushed = (*session)->push(first);
    REQUIRE_FALSE(pushed.ok());
    CHECK(pushed.error().code == code);
    CHECK_FALSE((*session)->finish().ok());
    return pushed.error().message;
  }
  [[nodiscard]] fs::path output() const { return home_.path() / "x.holo"; }
  Registry& registry() { return *registry_; }
  Job& job() { return job_; }
  ContainerHeader& header() { return header_; }

 private:
  static JobOptions one_thread() {
    JobOptions options;
    options.jobs = 2;
    return options;
  }
  TemporaryFolder home_;
  CleanEnvironment environment_;
  Job job_;
  std::unique_ptr<Registry> registry_;
  const ComponentInfo* codec_ = nullptr;
  ContainerHeader header_;
  std::unique_ptr<AtomicFile> file_;
  std::unique_ptr<ContainerWriter> writer_;
};

RenderRequest region(std::int32_t x, std::int32_t y, std::int32_t width, std::int32_t height) {
  RenderRequest request;
  request.x = x;
  request.y = y;
  request.width = width;
  request.height = height;
  return request;
}

bool same_samples(const UnitBuffer& a, const UnitBuffer& b, std::int64_t x = 0,
                  std::int64_t y = 0) {
  for (std::size_t p = 0; p < a.plane_count(); ++p) {
    const std::int64_t shift = p == 0 ? 0 : 1;
    for (std::int64_t row = 0; row < a.plane_height(p); ++row) {
      const std::uint8_t* left = a.plane(p) + row * a.row_bytes(p);
      const std::uint8_t* right = b.plane(p) + (row + (y >> shift)) * b.row_bytes(p) + (x >> shift);
      if (std::memcmp(left, right, static_cast<std::size_t>(a.plane_width(p))) != 0) return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("a picture goes through a codec in C and comes back, whole and in part") {
  Fixture fixture("good");
  auto encoder = fixture.encoder();
  REQUIRE(encoder.ok());
  UnitBuffer picture = fixture.unit(0);
  REQUIRE((*encoder)->push(picture).ok());
  REQUIRE((*encoder)->finish().ok());
  CHECK((*encoder)->bytes_written() == 11 * 7 + 2 * 6 * 4);
  CHECK_FALSE((*encoder)->finish().ok());
  CHECK_FALSE((*encoder)->push(picture).ok());
  const auto reader = fixture.finish_file();
  auto decoder = fixture.decoder(*reader);
  REQUIRE(decoder.ok());
  const auto whole = (*decoder)->render({}, kLimit);
  REQUIRE(whole.ok());
  CHECK(same_samples(*whole, picture));
  // The codec knows no regions: the host cuts the part out.
  const auto part = (*decoder)->render(region(4, 2, 7, 3), kLimit);
  REQUIRE(part.ok());
  CHECK(part->image->width == 7);
  CHECK(part->image->height == 3);
  CHECK(part->plane_width(1) == 4);
  CHECK(same_samples(*part, picture, 4, 2));
  double copies = 0;
  REQUIRE((*decoder)
              ->inspect([&copies](const char* key, double value) {
                if (std::string(key) == "copies") copies = value;
              })
              .ok());
  CHECK(copies == 1.0);
  CHECK(fixture.job().memory_held() == 0);
}

TEST_CASE("impossible render requests are refused with the reason") {
  Fixture fixture("good");
  auto encoder = fixture.encoder();
  REQUIRE(encoder.ok());
  UnitBuffer picture = fixture.unit(0);
  REQUIRE((*encoder)->push(picture).ok());
  REQUIRE((*encoder)->finish().ok());
  const auto reader = fixture.finish_file();
  auto decoder = fixture.decoder(*reader);
  REQUIRE(decoder.ok());
  const auto failure = [&](const RenderRequest& request, std::uint64_t limit = kLimit) {
    auto result = (*decoder)->render(request, limit);
    REQUIRE_FALSE(result.ok());
    return result.error();
  };
  CHECK_THAT(failure(region(0, 0, 12, 7)).message,
             Catch::Contains("region 0,0,12,7") && Catch::Contains("11x7"));
  CHECK(failure(region(-2, 0, 4, 4)).code == HOLO_INVALID_ARG);
  CHECK(failure(region(2147483646, 0, 4, 4)).code == HOLO_INVALID_ARG);
  CHECK(failure(region(0, 0, 2147483647, 2147483647)).code == HOLO_INVALID_ARG);
  CHECK(failure(region(0, 0, 4, 0)).code == HOLO_INVALID_ARG);
  CHECK_THAT(failure(region(1, 0, 4, 4)).message, Catch::Contains("x must be a multiple of 2"));
  CHECK_THAT(failure(region(0, 3, 4, 4)).message, Catch::Contains("y of 2"));
  RenderRequest request;
  request.components = -1;
  CHECK(failure(request).code == HOLO_INVALID_ARG);
  request.components = 3;
  CHECK(failure(request).code == HOLO_UNSUPPORTED);
  request = {};
  request.unit = 4;
  CHECK(failure(request).code == HOLO_NOT_FOUND);
  CHECK(failure({}, 10).code == HOLO_NO_MEMORY);
}

TEST_CASE("tensors keep name, type and shape, and rows can be rendered alone") {
  Fixture fixture("good", HOLO_TENSOR);
  fixture.header().stream.unit_count = 2;
  auto encoder = fixture.encoder();
  REQUIRE(encoder.ok());
  for (std::uint64_t i = 0; i < 2; ++i) {
    UnitBuffer tensor = fixture.unit(i);
    REQUIRE((*encoder)->push(tensor).ok());
  }
  REQUIRE((*encoder)->finish().ok());
  const auto reader = fixture.finish_file();
  auto decoder = fixture.decoder(*reader);
  REQUIRE(decoder.ok());
  RenderRequest request;
  request.unit = 1;
  const auto whole = (*decoder)->render(request, kLimit);
  REQUIRE(whole.ok());
  CHECK(whole->info.name == "t1");
  CHECK(whole->info.shape == std::vector<std::int64_t>{5, 3});
  const UnitBuffer expected = fixture.unit(1);
  CHECK(std::memcmp(whole->plane(0), expected.plane(0), 60) == 0);
  request.row_begin = 3;
  request.row_count = 2;
  const auto rows = (*decoder)->render(request, kLimit);
  REQUIRE(rows.ok());
  CHECK(rows->info.shape == std::vector<std::int64_t>{2, 3});
  CHECK(std::memcmp(rows->plane(0), expected.plane(0) + 36, 24) == 0);
  request.row_count = 3;
  CHECK((*decoder)->render(request, kLimit).error().code == HOLO_INVALID_ARG);
  request.row_begin = UINT64_MAX;
  CHECK((*decoder)->render(request, kLimit).error().code == HOLO_INVALID_ARG);
}

TEST_CASE("units must come in order and be of the stream's kind") {
  Fixture fixture("good");
  auto encoder = fixture.encoder();
  REQUIRE(encoder.ok());
  UnitBuffer second = fixture.unit(1);
  const Status pushed = (*encoder)->push(second);
  CHECK(pushed.error().code == HOLO_INVALID_ARG);
  CHECK_THAT(pushed.error().message, Catch::Contains("expected unit 0"));
}

TEST_CASE("a codec refuses kinds that it does not store, before it is loaded") {
  Fixture fixture("good");
  const auto session = fixture.encoder(1 << 20, HOLO_KV);
  REQUIRE_FALSE(session.ok());
  CHECK_THAT(session.error().message, Catch::Contains("does not store a cache block"));
}

TEST_CASE("an exception that a codec lets out is an error with its text") {
  Fixture fixture("throws");
  const auto session = fixture.encoder();
  REQUIRE_FALSE(session.ok());
  CHECK(session.error().code == HOLO_INTERNAL);
  CHECK_THAT(session.error().message,
             Catch::Contains("plugin 'throws' (") && Catch::Contains("the basis is singular"));
}

TEST_CASE("an encoder that is too short a struct is refused") {
  Fixture fixture("short-encoder");
  const auto session = fixture.encoder();
  REQUIRE_FALSE(session.ok());
  CHECK_THAT(session.error().message, Catch::Contains("too short"));
}

TEST_CASE("a status that nobody knows is INTERNAL") {
  Fixture fixture("unknown-status");
  CHECK_THAT(fixture.push_failure(0, HOLO_INTERNAL),
             Catch::Contains("push returned the unknown status 77"));
}

TEST_CASE("a codec that ignores the sink's refusal is found out") {
  Fixture fixture("writes-past");
  CHECK_THAT(fixture.push_failure(0, HOLO_NO_MEMORY, 100'000),
             Catch::Contains("passes the limit") && Catch::Contains("plugin 'writes-past'"));
}

TEST_CASE("many empty chunks are limited too") {
  struct Nowhere final : ContainerWriter {
    Status begin_unit(const UnitInfo&) override { return {}; }
    Status write(const holo_chunk&, std::span<const std::uint8_t>) override { return {}; }
    Status finish() override { return {}; }
  } nowhere;
  host::Sink sink(nowhere, StreamInfo{}, Sink::kChunkCharge);
  sink.allow(Sink::kChunkCharge);
  REQUIRE(sink.announce(UnitInfo{}).ok());
  holo_chunk chunk{sizeof(holo_chunk), HOLO_FOURCC('v', 'o', 'i', 'd'), 0, 0, 0, 0};
  for (chunk.part = 0; chunk.part < 2; ++chunk.part) {
    CHECK(sink.view()->write(sink.view()->ctx, &chunk, nullptr, nullptr) == HOLO_OK);
  }
  CHECK(sink.view()->write(sink.view()->ctx, &chunk, nullptr, nullptr) == HOLO_NO_MEMORY);
  CHECK_THAT(sink.failure().error().message, Catch::Contains("passes the limit"));
}

TEST_CASE("each rule of the sink has its message") {
  Fixture fixture("bad-sink-calls");
  CHECK_THAT(fixture.push_failure(1, HOLO_INVALID_ARG),
             Catch::Contains("chunk 'RULE' of unit 0, part 0") && Catch::Contains("lower-case"));
  CHECK_THAT(fixture.push_failure(2, HOLO_INVALID_ARG), Catch::Contains("struct_size"));
  CHECK_THAT(fixture.push_failure(3, HOLO_INVALID_ARG), Catch::Contains("only 1 units"));
  CHECK_THAT(fixture.push_failure(4, HOLO_INVALID_ARG), Catch::Contains("unknown flags 64"));
  CHECK_THAT(fixture.push_failure(5, HOLO_INVALID_ARG), Catch::Contains("data is NULL"));
  CHECK_THAT(fixture.push_failure(6, HOLO_INVALID_ARG), Catch::Contains("was written before"));
}

TEST_CASE("frames are written one after the other") {
  Fixture fixture("frame-order", HOLO_FRAME);
  auto session = fixture.encoder();
  REQUIRE(session.ok());
  for (std::uint64_t i = 0; i < 3; ++i) {
    UnitBuffer frame = fixture.unit(i);
    const Status pushed = (*session)->push(frame);
    CHECK(pushed.ok() == (i < 2));
    if (i == 2) {
      CHECK_THAT(pushed.error().message, Catch::Contains("a chunk of unit 0 was written after"));
    }
  }
}

TEST_CASE("a format or version that the codec does not read is refused") {
  Fixture fixture("good");
  fixture.header().bitstream_version = 7;
  auto encoder = fixture.encoder();
  UnitBuffer picture = fixture.unit(0);
  REQUIRE((*encoder)->push(picture).ok());
  REQUIRE((*encoder)->finish().ok());
  const auto reader = fixture.finish_file();
  const auto decoder = fixture.decoder(*reader);
  REQUIRE_FALSE(decoder.ok());
  CHECK(decoder.error().code == HOLO_UNSUPPORTED);
  CHECK_THAT(decoder.error().message, Catch::Contains("the file has 'copy' version 7"));
}

TEST_CASE("cancelling ends a push with CANCELLED") {
  Fixture fixture("good");
  auto session = fixture.encoder();
  REQUIRE(session.ok());
  UnitBuffer picture = fixture.unit(0);
  Job::cancel_all();
  const Status pushed = (*session)->push(picture);
  Job::reset_cancelled();
  CHECK(pushed.error().code == HOLO_CANCELLED);
}

TEST_CASE("an analyzer's report keeps order and types") {
  Fixture fixture("good");
  const auto* analyzer = fixture.registry().components(ComponentKind::analyzer).at(0);
  auto session = AnalyzerSession::create(fixture.registry(), *analyzer, fixture.job(),
                                         ParamValues(), fixture.header().stream);
  REQUIRE(session.ok());
  for (int i = 0; i < 2; ++i) {
    UnitBuffer picture = fixture.unit(0);
    REQUIRE((*session)->push(picture).ok());
  }
  const auto report = (*session)->report();
  REQUIRE(report.ok());
  REQUIRE(report->size() == 4);
  CHECK((*report)[0].key == "units");
  CHECK(std::get<std::int64_t>((*report)[0].value) == 2);
  CHECK(std::get<double>((*report)[1].value) == 2 * (77 + 48));
  CHECK(std::get<std::string>((*report)[2].value) == "counted");
  CHECK(std::get<std::vector<double>>((*report)[3].value).size() == 3);
  fixture.header().stream.kind = HOLO_FRAME;
  CHECK_FALSE(AnalyzerSession::create(fixture.registry(), *analyzer, fixture.job(), ParamValues(),
                                      fixture.header().stream)
                  .ok());
}

TEST_CASE("a source fills as much of a struct as the plugin has room for") {
  Fixture fixture("good", HOLO_TENSOR);
  auto session = fixture.encoder();
  REQUIRE(session.ok());
  UnitBuffer first = fixture.unit(0);
  REQUIRE((*session)->push(first).ok());
  REQUIRE((*session)->finish().ok());
  const auto reader = fixture.finish_file();
  const Source source(*reader);
  const holo_source& table = *source.view();
  constexpr std::uint32_t kData = HOLO_FOURCC('d', 'a', 't', 'a');
  // A plugin of a later version has more room, one of 1.0 may leave the field at zero.
  struct Later {
    holo_unit_info info;
    std::uint64_t younger;
  };
  for (const std::uint32_t room : {0u, std::uint32_t{sizeof(holo_unit_info)}, 4096u}) {
    Later later{};
    later.younger = 77;
    later.info.struct_size = room;
    REQUIRE(table.unit_info(table.ctx, 0, &later.info) == HOLO_OK);
    CHECK(later.info.struct_size == sizeof(holo_unit_info));
    CHECK(later.info.ndim == 2);
    CHECK(later.info.shape[0] == 5);
    CHECK(later.younger == 77);
    holo_chunk chunk{};
    chunk.struct_size = room;
    REQUIRE(table.find(table.ctx, kData, 0, 0, &chunk) == HOLO_OK);
    CHECK(chunk.struct_size == sizeof(holo_chunk));
    CHECK(chunk.size == 60);
  }
  // Too little room: nothing is written.
  holo_unit_info info{};
  info.struct_size = 16;
  info.index = 99;
  CHECK(table.unit_info(table.ctx, 0, &info) == HOLO_INVALID_ARG);
  CHECK(info.index == 99);
  holo_chunk chunk{};
  chunk.struct_size = 8;
  chunk.size = 99;
  CHECK(table.find(table.ctx, kData, 0, 0, &chunk) == HOLO_INVALID_ARG);
  CHECK(chunk.size == 99);
  CHECK(table.find(table.ctx, kData, 0, 0, nullptr) == HOLO_INVALID_ARG);
  // An error record that says too little room is left as it is.
  holo_error error{};
  error.code = 5;
  chunk.struct_size = sizeof(chunk);
  chunk.type = kData;
  chunk.size = 60;
  CHECK(table.read(table.ctx, &chunk, 61, &error, 1, &error) == HOLO_INVALID_ARG);
  CHECK(error.code == 5);
}

TEST_CASE("a wrong parameter in a file is a damaged file, not wrong usage") {
  Fixture fixture("blames-user");
  auto session = fixture.encoder();
  REQUIRE(session.ok());
  REQUIRE((*session)->finish().ok());
  const auto reader = fixture.finish_file();
  const auto decoder = fixture.decoder(*reader);
  REQUIRE_FALSE(decoder.ok());
  CHECK(decoder.error().code == HOLO_CORRUPT);
  CHECK_THAT(decoder.error().message, Catch::Contains("level is 99; the file's own parameters"));
}
