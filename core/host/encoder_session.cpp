// One encoder behind the boundary.
#include "core/host/abi_call.hpp"
#include "core/host/checks.hpp"
#include "core/host/codec_session.hpp"
#include "core/host/sink.hpp"

namespace holo::host {

struct EncoderSession::State {
  State(Callee who, StreamInfo what, ContainerWriter& writer, std::uint64_t budget)
      : callee(std::move(who)), stream(std::move(what)), sink(writer, stream, budget) {}
  ~State() {
    if (encoder != nullptr) destroy_instance(callee, [this] { encoder->destroy(encoder->self); });
  }

  // The outcome of a call: what the sink refused counts even if the plugin went on.
  Status settle(Status called) {
    Status refused = sink.failure();
    if (!refused.ok()) {
      usable = false;
      if (!sink.plugin_at_fault()) return refused;
      return std::move(refused).error().in(callee.name());
    }
    if (!called.ok()) usable = false;
    return called;
  }

  [[nodiscard]] Error misuse(const std::string& what) const {
    return make_error(HOLO_INVALID_ARG, callee.name() + ": " + what);
  }

  const Callee callee;
  const StreamInfo stream;
  Sink sink;
  holo_encoder* encoder = nullptr;
  std::uint64_t next_unit = 0;
  bool usable = true;  // false after a failure or finish
};

EncoderSession::EncoderSession() = default;
EncoderSession::~EncoderSession() = default;

Result<std::unique_ptr<EncoderSession>> EncoderSession::create(
    Registry& registry, const ComponentInfo& codec, Job& job, const ParamValues& params,
    const StreamInfo& stream, ContainerWriter& writer, std::uint64_t budget) {
  Callee callee{codec.alias, codec.plugin_path.string(), stream.kind};
  if ((codec.capabilities & HOLO_CODEC_ENCODES) == 0) {
    return make_error(HOLO_UNSUPPORTED, callee.name() + " decodes only, it cannot encode");
  }
  if (stream.kind < 0 || stream.kind > 31 || (codec.format.kinds & (1u << stream.kind)) == 0) {
    return make_error(HOLO_UNSUPPORTED, callee.name() + " does not store a " +
                                            std::string(unit_noun(stream.kind)) +
                                            "; choose another codec");
  }
  HOLO_ASSIGN(const holo_codec_factory* factory, registry.codec_factory(codec));
  std::unique_ptr<EncoderSession> session(new EncoderSession);
  session->state_ = std::make_unique<State>(std::move(callee), stream, writer, budget);
  State& state = *session->state_;
  const holo_stream view = state.stream.view();
  holo_encoder* made = nullptr;
  Status created =
      call_plugin(state.callee, "create_encoder", -1, [&](holo_error* error) -> holo_status {
        return factory->create_encoder(codec.id.c_str(), job.host(), &params.view(), &view,
                                       state.sink.view(), &made, error);
      });
  HOLO_TRY(state.settle(std::move(created)));
  if (!HOLO_HAS(made, holo_encoder, destroy) || made->push == nullptr || made->finish == nullptr ||
      made->destroy == nullptr) {
    return make_error(HOLO_INTERNAL, state.callee.name() + ": create_encoder gave " +
                                         (made == nullptr ? "NULL"
                                                          : "a struct that is too short or lacks a "
                                                            "function"));
  }
  state.encoder = made;
  return session;
}

Status EncoderSession::push(UnitBuffer& unit) {
  State& state = *state_;
  if (!state.usable) return state.misuse("push after a failure or after finish");
  if (unit.info.index != state.next_unit || unit.info.kind != state.stream.kind) {
    return state.misuse(
        "units must come in order: expected unit " + std::to_string(state.next_unit) + " of kind " +
        std::to_string(state.stream.kind) + ", got unit " + std::to_string(unit.info.index) +
        " of kind " + std::to_string(unit.info.kind));
  }
  ++state.next_unit;
  state.sink.allow(kExpansion * unit.byte_size());
  HOLO_TRY(state.settle(state.sink.announce(unit.info)));
  const auto index = static_cast<std::int64_t>(unit.info.index);
  return state.settle(
      call_plugin(state.callee, "push", index, [&](holo_error* error) -> holo_status {
        return state.encoder->push(state.encoder->self, &unit.view(), error);
      }));
}

Status EncoderSession::finish() {
  State& state = *state_;
  if (!state.usable) return state.misuse("finish after a failure or a second time");
  HOLO_TRY(state.settle(call_plugin(state.callee, "finish", -1, [&](holo_error* error) {
    return state.encoder->finish(state.encoder->self, error);
  })));
  state.usable = false;
  return state.settle(state.sink.finish());
}

std::uint64_t EncoderSession::bytes_written() const { return state_->sink.bytes_written(); }

}  // namespace holo::host
