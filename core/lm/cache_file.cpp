// A sequence in a .holo file.
#include "core/lm/cache_file.hpp"

#include <cstring>

#include "core/base/file.hpp"
#include "core/container/container.hpp"
#include "core/host/kv_storage.hpp"
#include "core/host/sink.hpp"
#include "core/host/source.hpp"
#include "core/lm/fingerprint.hpp"
#include "core/lm/sequence_state.hpp"

namespace holo::lm {

namespace {

constexpr const char* kFormat = "holo-kv-cache";
constexpr const char* kStrategies = "kv";
constexpr const char* kFingerprint = "model";
constexpr std::uint32_t kIds = HOLO_FOURCC('i', 'd', 's', '0');
constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 30;
const std::vector<std::uint8_t>* metadata(const ContainerHeader& header, const char* name) {
  for (const Metadata& each : header.metadata) {
    if (each.name == name) return &each.bytes;
  }
  return nullptr;
}

Result<std::unique_ptr<ContainerReader>> open_cache(const std::string& path) {
  HOLO_ASSIGN(auto bytes, open_reader(path));
  auto reader = open_holo_file(std::move(bytes));
  if (!reader) return std::move(reader).error().in(path);
  const ContainerHeader& header = (*reader)->header();
  if (header.format_id != kFormat || metadata(header, kStrategies) == nullptr ||
      metadata(header, kFingerprint) == nullptr) {
    return make_error(HOLO_INVALID_ARG, path +
                                            ": expected a cache that 'lm save-cache' made, found "
                                            "a file of format " +
                                            header.format_id);
  }
  return std::move(*reader);
}

Result<std::vector<std::int32_t>> read_ids(ContainerReader& reader, const ModelConfig& config) {
  HOLO_ASSIGN(const ChunkEntry entry, reader.find(kIds, HOLO_SHARED_UNIT, 0));
  const std::uint64_t count = entry.chunk.size / 4;
  if (entry.chunk.size % 4 != 0 || count == 0 ||
      count > static_cast<std::uint64_t>(config.max_positions)) {
    return make_error(HOLO_CORRUPT, "the file holds " + std::to_string(count) +
                                        " token ids; expected 1 to the model's " +
                                        std::to_string(config.max_positions));
  }
  std::vector<std::uint8_t> bytes(entry.chunk.size);
  HOLO_TRY(reader.read(entry.chunk, 0, bytes));
  std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::uint32_t id = 0;
    for (std::size_t b = 0; b < 4; ++b) id |= std::uint32_t{bytes[4 * i + b]} << 8 * b;
    if (id >= static_cast<std::uint32_t>(config.vocabulary)) {
      return make_error(HOLO_CORRUPT,
                        "token id " + std::to_string(id) + " is not in the vocabulary");
    }
    ids[i] = static_cast<std::int32_t>(id);
  }
  return ids;
}

}  // namespace

Status check_savable(Sequence& sequence) {
  for (std::int32_t layer = 0; layer < sequence.model()->config().layers; ++layer) {
    if (sequence.cache().keys(layer).keeps_rows() && sequence.cache().values(layer).keeps_rows()) {
      continue;
    }
    return make_error(HOLO_INVALID_ARG,
                      "a strategy that recomputes its rows has nothing to save; choose another one "
                      "with --kv, or keep the text");
  }
  return {};
}

Status save_cache(Sequence& sequence, const std::string& kv, const std::string& path,
                  bool overwrite) {
  if (sequence.positions() == 0 || sequence.positions() < sequence.tokens().size()) {
    return make_error(HOLO_INVALID_ARG,
                      sequence.tokens().empty()
                          ? "there is nothing to save yet"
                          : "the rows of the text are still to be computed: a step does that");
  }
  const Model& model = *sequence.model();
  const ModelConfig& config = model.config();
  HOLO_ASSIGN(auto file, AtomicFile::create(path, overwrite));
  ContainerHeader header;
  header.format_id = kFormat;
  header.plugin_id = "org.holohost.lm";
  header.plugin_version = "1";
  header.stream.kind = HOLO_KV;
  header.stream.unit_count = 2 * static_cast<std::uint64_t>(config.layers);
  header.metadata = {{kStrategies, {kv.begin(), kv.end()}}, {kFingerprint, fingerprint(model)}};
  HOLO_ASSIGN(auto writer, create_holo_file(*file, header));
  host::Sink sink(*writer, header.stream, kMostBytes);

  std::vector<std::uint8_t> ids;
  const auto tokens = sequence.tokens().first(static_cast<std::size_t>(sequence.positions()));
  for (const std::int32_t id : tokens) {
    for (int b = 0; b < 4; ++b) ids.push_back(static_cast<std::uint8_t>(id >> 8 * b));
  }
  const holo_chunk chunk{sizeof(holo_chunk), kIds, HOLO_SHARED_UNIT, 0, 0, ids.size()};
  HOLO_TRY(writer->write(chunk, ids));
  for (std::uint64_t unit = 0; unit < header.stream.unit_count; ++unit) {
    UnitInfo info;
    info.kind = HOLO_KV;
    info.index = unit;
    info.name = "h." + std::to_string(unit / 2) + (unit % 2 == 0 ? ".k" : ".v");
    info.dtype = {kDLFloat, 32, 1};
    info.shape = {static_cast<std::int64_t>(tokens.size()), config.kv_width()};
    HOLO_TRY(sink.announce(info));
  }
  HOLO_TRY(host::store_caches(sequence.cache(), config.layers,
                              static_cast<std::size_t>(config.kv_width()), *sink.view()));
  HOLO_TRY(sink.failure());
  HOLO_TRY(sink.finish());
  HOLO_TRY(writer->finish());
  return file->commit();
}

Result<std::string> cache_strategies(const std::string& path) {
  HOLO_ASSIGN(const auto reader, open_cache(path));
  const std::vector<std::uint8_t>& text = *metadata(reader->header(), kStrategies);
  return std::string(text.begin(), text.end());
}

Result<Sequence> load_cache(const std::shared_ptr<const Model>& model,
                            const std::shared_ptr<const host::PatchSet>& set,
                            const std::string& path) {
  if (set != nullptr) {
    for (const host::PatchSet::Entry& entry : set->entries()) {
      if (entry.plan.recompute_from == HOLO_RECOMPUTE_NONE) continue;
      return make_error(HOLO_UNSUPPORTED,
                        entry.site.name +
                            ": a strategy that recomputes its rows has nothing to load; load "
                            "with another one and swap");
    }
  }
  HOLO_ASSIGN(const auto reader, open_cache(path));
  if (*metadata(reader->header(), kFingerprint) != fingerprint(*model)) {
    return make_error(HOLO_INVALID_ARG,
                      path +
                          ": this cache was saved with another model, or with its weights held "
                          "in another precision; load it with that one");
  }
  const ModelConfig& config = model->config();
  auto ids = read_ids(*reader, config);
  if (!ids) return std::move(ids).error().in(path);
  HOLO_ASSIGN(Sequence sequence, Sequence::create(model, set));
  const host::Source source(*reader);
  const Status restored =
      host::restore_caches(sequence.cache(), config.layers,
                           static_cast<std::size_t>(config.kv_width()), *ids, *source.view());
  if (!restored.ok()) {
    Error error = restored.error();
    return std::move(error).in(path);
  }
  sequence.state().tokens = std::move(*ids);
  return sequence;
}

}  // namespace holo::lm
