// Codecs: derive Encoder and Decoder, describe them, and name the codec in CodecFactory.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <holo/abi/codec.h>
#include <holo/bytes.hpp>
#include <holo/chunks.hpp>
#include <holo/error.hpp>
#include <holo/factory.hpp>
#include <holo/host.hpp>
#include <holo/params.hpp>
#include <holo/unit.hpp>

namespace holo {

// One encode job. Calls are serialised; any exception becomes the call's status. Progress is
// reported, and a wish to stop honoured, before each unit; long units report more often.
class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual void push(const Unit& unit) = 0;  // units arrive in order
  virtual void finish() {}                  // after the last push
};

// Receives the figures of Decoder::inspect. `key` is a string literal.
class Figures {
 public:
  Figures(void* user, void (*figure)(void*, const char*, double)) : user_(user), figure_(figure) {}
  void operator()(const char* key, double value) const { figure_(user_, key, value); }

 private:
  void* user_;
  void (*figure_)(void*, const char*, double);
};

// An opened file. Units are asked for in any order.
class Decoder {
 public:
  virtual ~Decoder() = default;
  // Fills every element of `out`, whose planes have the size of the requested region.
  virtual void render(const RenderRequest& request, const Unit& out) = 0;
  virtual void inspect(const Figures&) {}  // at most 64 figures
};

// What a constructor of an Encoder gets; copy what you keep, all members may be copied.
struct EncodeJob {
  Host host;
  Params params;
  Stream stream;
  Sink sink;
};

// What a constructor of a Decoder gets. `params` are those flagged HOLO_PARAM_DECODE; the encoder's
// are in source.params().
struct DecodeJob {
  Host host;
  Params params;
  Source source;
};

// What holo_codec_descriptor and holo_format say. Texts are string literals.
struct CodecInfo {
  const char* id = nullptr;
  const char* alias = nullptr;
  const char* version = nullptr;
  const char* summary = nullptr;
  std::uint32_t capabilities = 0;
  std::uint32_t kinds = 0;  // of media: kind_bit(HOLO_PICTURE) | ...
  const char* format_id = nullptr;
  const char* extension = ".holo";
  std::uint32_t bitstream_version = 1;
  std::uint32_t oldest_version = 1;
  std::int32_t priority = 0;
  ParamTable params;
};

constexpr std::uint32_t kind_bit(std::int32_t kind) { return 1u << kind; }
inline constexpr std::uint32_t kPictures = kind_bit(HOLO_PICTURE) | kind_bit(HOLO_FRAME);
inline constexpr std::uint32_t kTensors = kind_bit(HOLO_TENSOR) | kind_bit(HOLO_KV);

// A description with the usual rest: the alias is also the format's id, bitstream version 1.
inline CodecInfo codec_info(const char* id, const char* alias, const char* version,
                            const char* summary, std::uint32_t capabilities, std::uint32_t kinds,
                            ParamTable params) {
  return {id,      alias, version, summary, capabilities,     kinds, alias,
          ".holo", 1,     1,       0,       std::move(params)};
}

// A codec put together from its three parts, for CodecFactory.
template <class EncoderType, class DecoderType, CodecInfo (*kInfo)()>
struct Codec {
  using Encoder = EncoderType;
  using Decoder = DecoderType;
  static CodecInfo info() { return kInfo(); }
};

namespace detail {

struct EncoderInstance {
  holo_encoder abi{};
  Host host;
  std::unique_ptr<Encoder> encoder;
  EncoderInstance(const Host& h, std::unique_ptr<Encoder> e) : host(h), encoder(std::move(e)) {
    abi = {sizeof abi, 0, this, &push, &finish, &destroy};
  }
  static holo_status push(void* self, const holo_unit* unit, holo_error* error) {
    return guard(error, [&] {
      auto& instance = *static_cast<EncoderInstance*>(self);
      instance.host.progress(0);
      instance.encoder->push(Unit(unit));
    });
  }
  static holo_status finish(void* self, holo_error* error) {
    return guard(error, [&] { static_cast<EncoderInstance*>(self)->encoder->finish(); });
  }
  static void destroy(void* self) { destroy_instance(static_cast<EncoderInstance*>(self)); }
};

struct DecoderInstance {
  holo_decoder abi{};
  Host host;
  std::unique_ptr<Decoder> decoder;
  DecoderInstance(const Host& h, std::unique_ptr<Decoder> d) : host(h), decoder(std::move(d)) {
    abi = {sizeof abi, 0, this, &render, &inspect, &destroy};
  }
  static holo_status render(void* self, const holo_render_request* request, const holo_unit* out,
                            holo_error* error) {
    return guard(error, [&] {
      auto& instance = *static_cast<DecoderInstance*>(self);
      instance.host.progress(0);
      instance.decoder->render(RenderRequest(request), Unit(out));
    });
  }
  static holo_status inspect(void* self, void* user, void (*figure)(void*, const char*, double),
                             holo_error* error) {
    return guard(error, [&] {
      static_cast<DecoderInstance*>(self)->decoder->inspect(Figures(user, figure));
    });
  }
  static void destroy(void* self) { destroy_instance(static_cast<DecoderInstance*>(self)); }
};

// The ABI's view of one codec type's description.
template <class Codec>
struct CodecEntry {
  CodecInfo info = Codec::info();
  holo_format format{sizeof format,          info.kinds,         info.format_id, info.extension,
                     info.bitstream_version, info.oldest_version};
  holo_codec_descriptor descriptor{sizeof descriptor, info.capabilities | kWays,
                                   info.id,           info.alias,
                                   info.version,      info.summary,
                                   &format,           info.params.get(),
                                   info.priority,     0};

  static constexpr std::uint32_t kWays =
      (std::is_void_v<typename Codec::Encoder> ? 0u : HOLO_CODEC_ENCODES) |
      (std::is_void_v<typename Codec::Decoder> ? 0u : HOLO_CODEC_DECODES);
};

}  // namespace detail

// Serves one or several codecs. Each `Codec` is a type with
//   using Encoder = ...;  derived from holo::Encoder, constructed from EncodeJob; void: none
//   using Decoder = ...;  derived from holo::Decoder, constructed from DecodeJob; void: none
//   static holo::CodecInfo info();
template <class... Codecs>
class CodecFactory {
 public:
  static const char* interface_id() { return HOLO_CODEC_ID; }
  static const void* get() {
    static const holo_codec_factory factory{sizeof factory, sizeof...(Codecs), &descriptor,
                                            &create_encoder, &create_decoder};
    return &factory;
  }

 private:
  static const holo_codec_descriptor* descriptor(std::uint32_t index) {
    const holo_codec_descriptor* found = nullptr;
    guard(nullptr, [&] {
      std::uint32_t i = 0;
      ((i++ == index ? void(found = &detail::entry<detail::CodecEntry<Codecs>>().descriptor)
                     : void()),
       ...);
    });
    return found;
  }
  static holo_status create_encoder(const char* id, const holo_host* host,
                                    const holo_params* params, const holo_stream* stream,
                                    const holo_sink* sink, holo_encoder** out, holo_error* error) {
    return detail::create_instance<detail::CodecEntry, Codecs...>(
        id, out, error, [&](auto tag) -> holo_encoder* {
          using Made = typename decltype(tag)::type::Encoder;
          if constexpr (std::is_void_v<Made>) {
            throw Failure(HOLO_UNSUPPORTED, std::string(id) + " does not encode");
          } else {
            const EncodeJob job{Host(host), Params(params), Stream(stream), Sink(sink)};
            return &(new detail::EncoderInstance(job.host, std::make_unique<Made>(job)))->abi;
          }
        });
  }
  static holo_status create_decoder(const char* id, const holo_host* host,
                                    const holo_params* params, const holo_source* source,
                                    holo_decoder** out, holo_error* error) {
    return detail::create_instance<detail::CodecEntry, Codecs...>(
        id, out, error, [&](auto tag) -> holo_decoder* {
          using Made = typename decltype(tag)::type::Decoder;
          if constexpr (std::is_void_v<Made>) {
            throw Failure(HOLO_UNSUPPORTED, std::string(id) + " does not decode");
          } else {
            const DecodeJob job{Host(host), Params(params), Source(source)};
            return &(new detail::DecoderInstance(job.host, std::make_unique<Made>(job)))->abi;
          }
        });
  }
};

}  // namespace holo
