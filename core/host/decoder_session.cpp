// One decoder behind the boundary.
#include <algorithm>

#include "core/host/abi_call.hpp"
#include "core/host/checks.hpp"
#include "core/host/codec_session.hpp"
#include "core/host/render_shape.hpp"
#include "core/host/source.hpp"

namespace holo::host {
namespace {

constexpr int kMostFigures = 64;

// What inspect calls back into. The callback itself must not throw into the plugin.
struct Figures {
  const std::function<void(const char*, double)>& receive;
  int count = 0;
  bool bad_key = false;
  bool failed = false;

  static void figure(void* user, const char* key, double value) {
    auto& self = *static_cast<Figures*>(user);
    if (++self.count > kMostFigures) return;
    if (!required_text(key, 64, "key").ok()) {
      self.bad_key = true;
      return;
    }
    try {
      self.receive(key, value);
    } catch (...) {
      self.failed = true;
    }
  }
};

// A parameter that the user did not give to the decoder is one of the file's: not wrong usage, but
// a damaged file.
Error blame_file(Error error, const ParamValues& given) {
  const bool users = std::any_of(given.values.begin(), given.values.end(),
                                 [&](const ParamValue& v) { return v.key == error.param; });
  if (error.code != HOLO_INVALID_ARG || error.param.empty() || users) return error;
  error.code = HOLO_CORRUPT;
  error.message += "; the file's own parameters are damaged";
  return error;
}

}  // namespace

struct DecoderSession::State {
  State(const ComponentInfo& codec, Job& owner, ContainerReader& container)
      : callee{codec.alias, codec.plugin_path.string(), container.header().stream.kind},
        capabilities(codec.capabilities),
        job(owner),
        reader(container),
        source(container) {}
  ~State() {
    if (decoder != nullptr) destroy_instance(callee, [this] { decoder->destroy(decoder->self); });
  }

  Status fill(const RenderShape& shape, UnitBuffer& buffer) {
    const RenderRequest& from = shape.request;
    holo_render_request request{};
    request.struct_size = sizeof(request);
    request.flags = from.sequential ? HOLO_RENDER_SEQUENTIAL : 0;
    request.unit = from.unit;
    request.x = from.x;
    request.y = from.y;
    request.width = shape.image ? from.width : 0;
    request.height = shape.image ? from.height : 0;
    request.row_begin = from.row_begin;
    request.row_count = shape.image ? 0 : from.row_count;
    request.components = from.components;
    request.exec = job.exec();
    const auto unit = static_cast<std::int64_t>(from.unit);
    return call_plugin(callee, "render", unit, [&](holo_error* error) -> holo_status {
      return decoder->render(decoder->self, &request, &buffer.view(), error);
    });
  }

  const Callee callee;
  const std::uint32_t capabilities;
  Job& job;
  ContainerReader& reader;
  Source source;
  holo_decoder* decoder = nullptr;
};

DecoderSession::DecoderSession() = default;
DecoderSession::~DecoderSession() = default;

Result<std::unique_ptr<DecoderSession>> DecoderSession::create(Registry& registry,
                                                               const ComponentInfo& codec, Job& job,
                                                               const ParamValues& params,
                                                               ContainerReader& reader) {
  std::unique_ptr<DecoderSession> session(new DecoderSession);
  session->state_ = std::make_unique<State>(codec, job, reader);
  State& state = *session->state_;
  const ContainerHeader& header = reader.header();
  if ((codec.capabilities & HOLO_CODEC_DECODES) == 0) {
    return make_error(HOLO_UNSUPPORTED, state.callee.name() + " encodes only, it cannot decode");
  }
  if (header.format_id != codec.format.format_id ||
      header.bitstream_version < codec.format.oldest_version ||
      header.bitstream_version > codec.format.bitstream_version) {
    return make_error(HOLO_UNSUPPORTED,
                      state.callee.name() + " reads format '" + codec.format.format_id +
                          "' versions " + std::to_string(codec.format.oldest_version) + " to " +
                          std::to_string(codec.format.bitstream_version) + ", the file has '" +
                          printable(header.format_id) + "' version " +
                          std::to_string(header.bitstream_version));
  }
  HOLO_ASSIGN(const holo_codec_factory* factory, registry.codec_factory(codec));
  holo_decoder* made = nullptr;
  Status created =
      call_plugin(state.callee, "create_decoder", -1, [&](holo_error* error) -> holo_status {
        return factory->create_decoder(codec.id.c_str(), job.host(), &params.view(),
                                       state.source.view(), &made, error);
      });
  if (!created.ok()) return blame_file(std::move(created).error(), params);
  if (!HOLO_HAS(made, holo_decoder, destroy) || made->render == nullptr ||
      made->destroy == nullptr) {
    return make_error(HOLO_INTERNAL, state.callee.name() + ": create_decoder gave " +
                                         (made == nullptr ? "NULL"
                                                          : "a struct that is too short or lacks a "
                                                            "function"));
  }
  state.decoder = made;
  return session;
}

Result<UnitBuffer> DecoderSession::render(const RenderRequest& request, std::uint64_t byte_limit) {
  State& state = *state_;
  const StreamInfo& stream = state.reader.header().stream;
  HOLO_ASSIGN(const UnitInfo unit, state.reader.unit_info(request.unit));
  HOLO_ASSIGN(const RenderShape shape, resolve_request(request, stream, unit));
  if (request.components > 0 && (state.capabilities & HOLO_CODEC_COMPONENTS) == 0) {
    return make_error(HOLO_UNSUPPORTED,
                      state.callee.name() + " cannot render with a chosen number of components");
  }
  HOLO_ASSIGN(UnitBuffer buffer, allocate_unit(shape, byte_limit));
  if ((state.capabilities & HOLO_CODEC_REGIONS) != 0 || is_whole(shape, stream, unit)) {
    HOLO_TRY(state.fill(shape, buffer));
    return buffer;
  }
  // A codec that knows no regions renders the whole, and the host cuts the part out.
  const RenderShape whole = whole_unit(shape, stream, unit);
  HOLO_ASSIGN(UnitBuffer all, allocate_unit(whole, byte_limit));
  HOLO_TRY(state.fill(whole, all));
  crop(all, shape, buffer);
  return buffer;
}

Status DecoderSession::inspect(const std::function<void(const char* key, double value)>& figure) {
  State& state = *state_;
  if (state.decoder->inspect == nullptr) return {};
  Figures figures{figure};
  HOLO_TRY(call_plugin(state.callee, "inspect", -1, [&](holo_error* error) -> holo_status {
    return state.decoder->inspect(state.decoder->self, &figures, Figures::figure, error);
  }));
  if (figures.count > kMostFigures || figures.bad_key || figures.failed) {
    return make_error(HOLO_INTERNAL, state.callee.name() +
                                         ": inspect gave more than 64 figures or a key that is "
                                         "not a short text");
  }
  return {};
}

}  // namespace holo::host
