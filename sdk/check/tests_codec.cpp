// Tests of codecs on intact files: round trips of all media and of every parameter.
#include <cmath>
#include <string>

#include <holo/abi/foreign.h>
#include <holo/unit.hpp>

#include "sdk/check/context.hpp"
#include "sdk/check/session.hpp"

namespace holo_check {
namespace {

double sample_at(const std::vector<std::uint8_t>& bytes, std::size_t i, int size) {
  return size == 1 ? bytes[i] : bytes[2 * i] + 256 * bytes[2 * i + 1];
}

// Lossy pictures at their defaults must at least be closer to the input than flat mid-grey planes.
void check_likeness(Context& c, const Clip& clip, const TestUnit& unit,
                    const std::vector<std::uint8_t>& got) {
  const auto want = unit.packed();
  const int size = holo::ImageShape(clip.image).sample_bytes();
  const double grey = holo::ImageShape(clip.image).max_sample() / 2.0;
  double error = 0;
  double flat = 0;
  for (std::size_t i = 0; i < want.size() / static_cast<std::size_t>(size); ++i) {
    const double w = sample_at(want, i, size);
    error += std::pow(w - sample_at(got, i, size), 2);
    flat += std::pow(w - grey, 2);
  }
  c.require(want.size() < 4096 || error < flat,
            "the rendering is further from the input than flat grey");
}

// A foreign file stands alone: whoever takes it out of the container has all of its unit.
void check_foreign_files(Context& c, const Store& store) {
  for (const auto& [key, chunk] : store.chunks) {
    if (key.type != HOLO_CHUNK_FILE) continue;
    for (const auto& [other, ignored] : store.chunks) {
      c.require(other == key || (other.unit != key.unit && other.unit != HOLO_SHARED_UNIT),
                "chunk " + chunk_word(key) +
                    " says that it is a foreign file, but it is not the "
                    "only chunk of its unit");
    }
  }
}

void round_trip(Context& c, std::int32_t kind) {
  CodecUnderTest codec(c);
  if (!codec.stores(kind)) c.skip("the format does not store this kind of media");
  if (!codec.can(HOLO_CODEC_ENCODES) || !codec.can(HOLO_CODEC_DECODES)) {
    c.skip("the codec does not do both ways");
  }
  for (const Clip& clip : clips_of(kind)) {
    c.stage(clip.name);
    TestHost host(2);
    Store store;
    const Outcome outcome = codec.encode(clip, codec.encode_defaults(), host, store);
    if (outcome.status == HOLO_UNSUPPORTED) {
      c.skip_part(outcome.text);
      continue;
    }
    check_foreign_files(c, store);
    OpenFile file(codec, store, host, codec.decode_defaults());
    c.require(file.outcome().ok(), file.outcome().text);
    for (std::uint64_t u = 0; u < clip.units.size(); ++u) {
      const auto got = file.pixels(u);
      if (codec.can(HOLO_CODEC_LOSSLESS)) {
        c.require(
            got == clip.units[u]->packed(),
            "unit " + std::to_string(u) + " is not what was encoded, but the codec says lossless");
      } else if (store.has_image) {
        check_likeness(c, clip, *clip.units[u], got);
      }
    }
    c.part_done();
  }
  c.stage("");
  c.finish_parts();
}
void round_trip_picture(Context& c) { round_trip(c, HOLO_PICTURE); }
void round_trip_frame(Context& c) { round_trip(c, HOLO_FRAME); }
void round_trip_tensor(Context& c) { round_trip(c, HOLO_TENSOR); }
void round_trip_kv(Context& c) { round_trip(c, HOLO_KV); }

void unknown_codec_id(Context& c) {
  CodecUnderTest codec(c);
  const Clip clip = clips_of(HOLO_PICTURE).front();
  const holo_stream stream = clip.stream();
  TestHost host;
  Store store;
  store.stream = stream;
  store.image = clip.image;
  store.has_image = true;
  StoreSink sink(store);
  StoreSource source(store);
  const Values none;
  const ParamView params(none);
  const std::string longer = std::string(codec.descriptor().id) + "x";
  for (const char* id : {"org.holohost.no-such-codec", "", longer.c_str()}) {
    holo_error error = fresh_error();
    holo_encoder* encoder = nullptr;
    holo_status status = codec.factory().create_encoder(id, host.table(), params.get(), &stream,
                                                        sink.table(), &encoder, &error);
    c.require(status != HOLO_OK && encoder == nullptr, "create_encoder took an unknown id");
    check_record(c, status, error, "create_encoder");
    error = fresh_error();
    holo_decoder* decoder = nullptr;
    status = codec.factory().create_decoder(id, host.table(), params.get(), source.table(),
                                            &decoder, &error);
    c.require(status != HOLO_OK && decoder == nullptr, "create_decoder took an unknown id");
    check_record(c, status, error, "create_decoder");
  }
}

void every_parameter(Context& c) {
  CodecUnderTest codec(c);
  if (!codec.can(HOLO_CODEC_ENCODES)) c.skip("the codec does not encode");
  const auto all = variations(codec.descriptor().params, false);
  const auto decode = variations(codec.descriptor().params, true);
  if (all.empty() && decode.empty()) c.skip("the codec has no parameters");
  const bool decodes = codec.can(HOLO_CODEC_DECODES);
  for (const std::int32_t kind : kAllKinds) {
    if (!codec.stores(kind)) continue;
    const Clip clip = clips_of(kind).front();
    const auto try_one = [&](const std::string& name, const Values& encode,
                             const Values& decoding) {
      c.stage(kind_word(kind) + ", " + name);
      TestHost host(2);
      Store store;
      const Outcome outcome = codec.encode(clip, encode, host, store);
      if (outcome.status == HOLO_UNSUPPORTED) return c.skip_part(outcome.text);
      if (decodes) {
        OpenFile file(codec, store, host, decoding);
        c.require(file.outcome().ok(), file.outcome().text);
        for (std::uint64_t u = 0; u < clip.units.size(); ++u) {
          const auto got = file.pixels(u);
          c.require(!codec.can(HOLO_CODEC_LOSSLESS) || got == clip.units[u]->packed(),
                    "unit " + std::to_string(u) + " is not what was encoded");
        }
      }
      c.part_done();
    };
    for (const Variation& v : all) try_one(v.name, v.values, codec.decode_defaults());
    for (const Variation& v : decode) try_one(v.name, codec.encode_defaults(), v.values);
  }
  c.stage("");
  c.finish_parts();
}

}  // namespace

std::vector<Test> codec_tests() {
  return {
      {"unknown-id", "codec",
       "Creating a codec with an unknown id fails, with a message and no instance.",
       unknown_codec_id},
      {"roundtrip-picture", "codec",
       "Grey, RGB, YCbCr, alpha, 8 to 16 bit, odd sizes and 1x1 encode and render; lossless is "
       "exact; "
       "every sample is filled and nothing outside.",
       round_trip_picture},
      {"roundtrip-frame", "codec", "The same for clips of five frames.", round_trip_frame},
      {"roundtrip-tensor", "codec",
       "Tensors of all types, ranks 0 to 4, strided and empty ones encode and render.",
       round_trip_tensor},
      {"roundtrip-kv", "codec", "The same for blocks of a key-value cache.", round_trip_kv},
      {"parameters", "codec", "Every parameter at its minimum, its maximum and each choice.",
       every_parameter},
  };
}

}  // namespace holo_check
