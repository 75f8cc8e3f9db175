// Opening a container and the codec that its header asks for.
#include "core/jobs/container_session.hpp"

#include "core/jobs/encode.hpp"

namespace holo::jobs {

Result<ContainerSession> ContainerSession::open(host::Registry& registry, host::Job& job,
                                                Input input, const std::string& decoder,
                                                const std::vector<host::KeyValue>& params) {
  HOLO_ASSIGN(auto reader, open_container(input));
  const ContainerHeader& header = reader->header();
  const host::ComponentInfo* codec = nullptr;
  if (decoder.empty()) {
    HOLO_ASSIGN(codec, registry.decoder_for(header.format_id, header.bitstream_version));
  } else {
    HOLO_ASSIGN(codec, find_named(registry, host::ComponentKind::codec, decoder));
    if (codec->format.format_id != header.format_id) {
      return make_error(HOLO_INVALID_ARG, "codec '" + decoder + "' decodes " +
                                              codec->format.format_id + ", " + input.name() +
                                              " holds " + header.format_id);
    }
  }
  HOLO_ASSIGN(const auto resolved, host::resolve_params(codec->params, params, codec->alias, true));
  auto session = host::DecoderSession::create(registry, *codec, job, resolved, *reader);
  if (!session) return about(input.name(), std::move(session).error());
  return ContainerSession{std::move(input), std::move(reader), codec, std::move(*session)};
}

}  // namespace holo::jobs
