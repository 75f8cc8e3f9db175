// Codecs with one fault each, to show that holo-check finds what it looks for.
#include <chrono>
#include <cstdlib>
#include <thread>

#include <holo/abi/foreign.h>
#include <holo/codec.hpp>
#include <holo/plugin.hpp>

#include "sdk/tests/faulty_trainers.hpp"

namespace faulty {

enum class Fault {
  outside,
  unfilled,
  crash,
  hang,
  greedy,
  internal,
  deaf,
  order,
  thread,
  loss,
  foreign
};

constexpr std::uint32_t kRaw = holo::fourcc("raw0");

struct Encoder : holo::Encoder, holo::EncodeJob {
  Fault fault;
  Encoder(const holo::EncodeJob& job, Fault f) : EncodeJob(job), fault(f) {}
  void push(const holo::Unit& unit) override {
    if (fault == Fault::thread) {
      std::thread([] { std::this_thread::sleep_for(std::chrono::hours(1)); }).detach();
    }
    for (int p = 0; p < unit.planes(); ++p) {
      const holo::Tensor plane = unit.tensor(p);
      std::vector<std::uint8_t> bytes(static_cast<std::size_t>(plane.elements()) *
                                      plane.element_bytes());
      plane.copy_to(bytes.data());
      if (fault == Fault::loss && !bytes.empty()) bytes[0] ^= 1u;
      if (fault == Fault::order) bytes.push_back(static_cast<std::uint8_t>(host.workers()));
      try {
        const std::uint32_t type = fault == Fault::foreign ? HOLO_CHUNK_FILE : kRaw;
        sink.write(type, unit.index(), static_cast<std::uint32_t>(p), HOLO_CHUNK_KEY, bytes);
      } catch (const holo::Failure&) {
        if (fault != Fault::deaf) throw;
      }
    }
  }
};

struct Decoder : holo::Decoder, holo::DecodeJob {
  Fault fault;
  Decoder(const holo::DecodeJob& job, Fault f) : DecodeJob(job), fault(f) {}
  void render(const holo::RenderRequest& request, const holo::Unit& out) override {
    const holo::ImageShape shape = source.stream().shape();
    for (int p = 0; p < out.planes(); ++p) {
      const holo::Region r = request.region(source.stream().image(), p);
      const auto size = static_cast<std::size_t>(shape.sample_bytes());
      const std::size_t pitch = static_cast<std::size_t>(shape.width(p)) * size;
      const auto bytes = source.read(kRaw, request.unit(), static_cast<std::uint32_t>(p));
      if (bytes.size() < pitch * static_cast<std::size_t>(shape.height(p))) on_damage();
      for (std::int64_t y = 0; y < r.height; ++y) {
        std::uint8_t* row = out.tensor(p).row(y);
        const std::size_t count = static_cast<std::size_t>(r.width) * size;
        if (fault == Fault::unfilled && y == r.height - 1 && y > 0) continue;
        std::memcpy(row,
                    bytes.data() + static_cast<std::size_t>(r.y + y) * pitch +
                        static_cast<std::size_t>(r.x) * size,
                    count);
        if (fault == Fault::outside) row[count] = 0;
      }
    }
  }
  void on_damage() const {
    if (fault == Fault::crash) std::abort();
    while (fault == Fault::hang) std::this_thread::sleep_for(std::chrono::seconds(1));
    if (fault == Fault::greedy) std::vector<std::uint8_t>(std::size_t{1} << 40);
    holo::fail(fault == Fault::internal ? HOLO_INTERNAL : HOLO_CORRUPT,
               "the samples are cut short");
  }
};

template <Fault kFault>
struct Codec {
  struct Encoder : faulty::Encoder {
    explicit Encoder(const holo::EncodeJob& job) : faulty::Encoder(job, kFault) {}
  };
  struct Decoder : faulty::Decoder {
    explicit Decoder(const holo::DecodeJob& job) : faulty::Decoder(job, kFault) {}
  };
  static holo::CodecInfo info() {
    static const char* const kNames[][2] = {
        {"org.holohost.test.outside", "outside"}, {"org.holohost.test.unfilled", "unfilled"},
        {"org.holohost.test.crash", "crash"},     {"org.holohost.test.hang", "hang"},
        {"org.holohost.test.greedy", "greedy"},   {"org.holohost.test.internal", "internal"},
        {"org.holohost.test.deaf", "deaf"},       {"org.holohost.test.order", "order"},
        {"org.holohost.test.thread", "thread"},   {"org.holohost.test.loss", "loss"},
        {"org.holohost.test.foreign", "foreign"}};
    const auto& name = kNames[static_cast<int>(kFault)];
    return holo::codec_info(name[0], name[1], "1.0.0", "a codec with one fault",
                            HOLO_CODEC_LOSSLESS, 1u << HOLO_PICTURE, {});
  }
};

}  // namespace faulty

using faulty::Codec;
using faulty::Fault;
HOLO_PLUGIN(holo::plugin_info("org.holohost.test.faulty", "1.0.0", "holohost", "Apache-2.0"),
            holo::CodecFactory<Codec<Fault::outside>, Codec<Fault::unfilled>, Codec<Fault::crash>,
                               Codec<Fault::hang>, Codec<Fault::greedy>, Codec<Fault::internal>,
                               Codec<Fault::deaf>, Codec<Fault::order>, Codec<Fault::thread>,
                               Codec<Fault::loss>, Codec<Fault::foreign>>,
            faulty::Trainers);
