// Encode, decode, decode again, compare: with a clock and an eye on memory.
#include "core/bench/measure.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>
#include <vector>

#include <holo/abi/foreign.h>

#include "core/base/file.hpp"
#include "core/bench/memory_peak.hpp"
#include "core/bench/scratch.hpp"
#include "core/bench/vmaf.hpp"
#include "core/container/container.hpp"
#include "core/host/codec_session.hpp"
#include "core/jobs/input.hpp"
#include "core/media/picture.hpp"
#include "core/metrics/quality.hpp"

namespace holo::bench {

namespace {

using Clock = std::chrono::steady_clock;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// What a codec may write whatever the input: headers, a basis, the bookkeeping of chunks.
constexpr std::uint64_t kChunkAllowance = 1 << 20;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Both clocks from the moment that it is made.
struct Stopwatch {
  Clock::time_point start = Clock::now();
  double cpu_start = cpu_seconds();

  void stop(std::vector<double>& seconds, std::vector<double>& cpu) const {
    cpu.push_back(cpu_seconds() - cpu_start);
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

host::JobOptions with_threads(int jobs) {
  host::JobOptions options;
  options.jobs = jobs;
  return options;
}

struct Bench {
  host::Registry& registry;
  const MeasureOptions& options;

  // The .holo file's bytes. It is written as encode writes it, but for the metadata, and never
  // appears under a name.
  Result<std::vector<std::uint8_t>> encode(host::Job& job, UnitBuffer& unit) const {
    const host::ComponentInfo& codec = *options.codec;
    ContainerHeader header;
    header.format_id = codec.format.format_id;
    header.bitstream_version = codec.format.bitstream_version;
    header.plugin_id = codec.id;
    header.plugin_version = codec.version;
    header.params = options.params;
    header.stream.kind = HOLO_PICTURE;
    header.stream.unit_count = 1;
    header.stream.image = unit.image;
    HOLO_ASSIGN(const auto file, scratch_file());
    HOLO_ASSIGN(const auto writer, create_holo_file(*file, header));
    HOLO_ASSIGN(const auto session,
                host::EncoderSession::create(registry, codec, job, header.params, header.stream,
                                             *writer, kChunkAllowance));
    HOLO_TRY(session->push(unit));
    HOLO_TRY(session->finish());
    HOLO_TRY(writer->finish());
    return contents(*file);
  }

  Result<UnitBuffer> decode(host::Job& job, const std::vector<std::uint8_t>& file) const {
    HOLO_ASSIGN(const auto reader, open_holo_file(memory_reader(file)));
    HOLO_ASSIGN(const auto params,
                host::resolve_params(options.codec->params, {}, options.codec->alias, true));
    HOLO_ASSIGN(const auto session,
                host::DecoderSession::create(registry, *options.codec, job, params, *reader));
    return session->render({}, jobs::kUnitLimit);
  }
};

// The payload alone, if the codec says that it is a file of its own.
Result<std::uint64_t> counted_bytes(const std::vector<std::uint8_t>& file) {
  HOLO_ASSIGN(const auto reader, open_holo_file(memory_reader(file)));
  HOLO_ASSIGN(const auto chunks, reader->chunks());
  const bool foreign = chunks.size() == 1 && chunks.front().chunk.type == HOLO_CHUNK_FILE;
  return foreign ? chunks.front().chunk.size : file.size();
}

Status keep_file(const std::string& path, const std::vector<std::uint8_t>& bytes) {
  HOLO_ASSIGN(const auto file, AtomicFile::create(path, true));
  HOLO_TRY(file->write(bytes));
  return file->commit();
}

Status compare(const std::string& vmaf_program, UnitBuffer& picture, UnitBuffer& decoded,
               Measurement& result) {
  HOLO_ASSIGN(const auto quality, metrics::compare(picture, decoded));
  result.psnr_rgb = quality.psnr_rgb;
  result.psnr_y = quality.psnr_luma;
  result.ssim = quality.ssim.value_or(kNone);
  result.ms_ssim = quality.ms_ssim.value_or(kNone);
  result.vmaf = kNone;
  if (!vmaf_program.empty()) {
    if (const auto score = vmaf(vmaf_program, picture, decoded)) result.vmaf = *score;
  }
  result.identical = metrics::same_samples(picture, decoded);
  return {};
}

// Once more, with another number of threads if a file must render the same everywhere.
Status check_again(const Bench& bench, const std::vector<std::uint8_t>& file,
                   const UnitBuffer& decoded) {
  if ((bench.options.codec->capabilities & HOLO_CODEC_BIT_EXACT) == 0) return {};
  host::Job job(with_threads(bench.options.jobs == 1 ? 2 : 1));
  HOLO_ASSIGN(const UnitBuffer again, bench.decode(job, file));
  if (metrics::same_samples(decoded, again)) return {};
  return make_error(HOLO_CORRUPT, "decoding again with " + std::to_string(job.workers()) +
                                      " threads gave other samples, though the codec promises "
                                      "bit-exact files");
}

}  // namespace

Result<Measurement> measure(host::Registry& registry, const MeasureOptions& options) {
  HOLO_ASSIGN(const auto reader, open_reader(options.picture));
  HOLO_ASSIGN(auto picture, media::read_picture(*reader, media::Limits{jobs::kUnitLimit}));
  // Loaded before anything is timed or counted.
  HOLO_TRY(registry.codec_factory(*options.codec));
  const Bench bench{registry, options};
  host::Job job(with_threads(options.jobs));

  Measurement result;
  result.width = picture.unit.image->width;
  result.height = picture.unit.image->height;
  std::vector<std::uint8_t> file;
  std::vector<double> seconds;
  std::vector<double> cpu;
  const MemoryPeak encode_peak;
  for (int run = 0; run < options.repeat; ++run) {
    const Stopwatch watch;
    HOLO_ASSIGN(auto encoded, bench.encode(job, picture.unit));
    watch.stop(seconds, cpu);
    if (run > 0 && encoded != file) {
      return make_error(HOLO_CORRUPT, "encoding twice gave different files");
    }
    file = std::move(encoded);
    if (run == 0) {
      const auto bytes = encode_peak.bytes();
      result.encode_memory = bytes ? static_cast<double>(*bytes) : kNone;
    }
  }
  result.encode_seconds = median(seconds);
  result.encode_cpu_seconds = median(cpu);
  result.file_bytes = file.size();
  HOLO_ASSIGN(result.bytes, counted_bytes(file));
  if (!options.keep.empty()) HOLO_TRY(keep_file(options.keep, file));

  seconds.clear();
  cpu.clear();
  for (int run = 0; run < options.repeat; ++run) {
    const MemoryPeak peak;
    const Stopwatch watch;
    HOLO_ASSIGN(UnitBuffer decoded, bench.decode(job, file));
    watch.stop(seconds, cpu);
    if (run > 0) continue;
    const auto bytes = peak.bytes();
    result.decode_memory = bytes ? static_cast<double>(*bytes) : kNone;
    HOLO_TRY(compare(options.vmaf, picture.unit, decoded, result));
    HOLO_TRY(check_again(bench, file, decoded));
    if ((options.codec->capabilities & HOLO_CODEC_LOSSLESS) != 0 && !result.identical) {
      return make_error(HOLO_CORRUPT,
                        "the decoded picture differs from the original, though the "
                        "codec promises to be lossless");
    }
  }
  result.decode_seconds = median(seconds);
  result.decode_cpu_seconds = median(cpu);
  return result;
}

}  // namespace holo::bench
