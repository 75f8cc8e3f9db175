// A small stand-in for holohost: answers probes, encodes with a plugin, runs itself isolated.
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "core/base/file.hpp"
#include "core/host/codec_session.hpp"
#include "core/host/crash_handler.hpp"
#include "core/host/isolate.hpp"
#include "core/host/job_status.hpp"

namespace holo::host {
namespace {

Status encode(const std::string& directory, const std::string& alias, const std::string& output) {
  RegistryOptions options;
  options.plugin_paths = {directory};
  HOLO_ASSIGN(auto registry, Registry::open(options));
  HOLO_ASSIGN(const ComponentInfo* codec, registry->find(ComponentKind::codec, alias));
  JobOptions job_options;
  job_options.jobs = 1;
  Job job(std::move(job_options));
  ContainerHeader header;
  header.format_id = codec->format.format_id;
  header.plugin_id = codec->id;
  header.plugin_version = codec->version;
  header.stream.kind = HOLO_FRAME;
  header.stream.image = make_image(8, 8, HOLO_GRAY, false, 8);
  header.stream.time_base = {1, 25};
  HOLO_ASSIGN(header.params, resolve_params(codec->params, {}, codec->alias));
  HOLO_ASSIGN(auto file, AtomicFile::create(output, true));
  HOLO_ASSIGN(auto writer, create_holo_file(*file, header));
  HOLO_ASSIGN(auto session, EncoderSession::create(*registry, *codec, job, header.params,
                                                   header.stream, *writer, 1 << 20));
  job.begin_phase("encode", 4);
  for (std::uint64_t i = 0; i < 4; ++i) {
    job.begin_unit(i);
    HOLO_ASSIGN(UnitBuffer unit, UnitBuffer::planes(HOLO_FRAME, *header.stream.image, 1 << 20));
    unit.info.index = i;
    unit.info.pts = static_cast<std::int64_t>(i);
    unit.info.duration = 1;
    HOLO_TRY(session->push(unit));
  }
  HOLO_TRY(session->finish());
  HOLO_TRY(writer->finish());
  return file->commit();
}

// Never ends, and the compiler cannot make a loop of it.
int overflow() {
  struct Deep {
    static int down(volatile int* from) {
      volatile int here[1024] = {*from};
      if (here[0] != 0) return 0;
      return down(here) + here[3];
    }
  };
  volatile int zero = 0;
  return Deep::down(&zero);
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "__probe") run_probe(words[1], kProbeDescriptor);
  adopt_worker_status();
  track_temporary_files();
  install_crash_handler(!is_isolated_worker());
  if (words.size() >= 2 && words[0] == "isolate") {
    const auto code = run_isolated({words.begin() + 1, words.end()});
    return code.ok() ? *code : 1;
  }
  if (words.size() == 4 && words[0] == "encode") {
    const Status done = encode(words[1], words[2], words[3]);
    if (!done.ok()) std::fprintf(stderr, "%s\n", done.error().message.c_str());
    return done.ok() ? 0 : 1;
  }
  if (words.size() == 1 && words[0] == "wait") {
    std::signal(SIGTERM, [](int) { ::_exit(42); });
    std::puts("ready");
    std::fflush(stdout);
    for (;;) ::pause();
  }
  if (words.size() == 1 && words[0] == "overflow") return overflow();
  if (words.size() == 1 && words[0] == "overflow-in-worker") {
    JobOptions options;
    options.jobs = 2;
    Job job(std::move(options));
    // The first worker waits for the other one, which does not come back.
    return job.host()->parallel_for(job.host()->ctx, 2, nullptr,
                                    [](void*, std::uint64_t, std::uint32_t index) -> holo_status {
                                      while (index == 0) ::usleep(1000);
                                      return overflow();
                                    });
  }
  return 2;
}

}  // namespace
}  // namespace holo::host

int main(int argc, char** argv) { return holo::host::run({argv + 1, argv + argc}); }
