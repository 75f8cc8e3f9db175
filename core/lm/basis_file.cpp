// A basis in a .holo file: the patch's chunks under a header that says whose they are.
#include "core/lm/basis_file.hpp"

#include <algorithm>

#include "core/base/file.hpp"
#include "core/container/container.hpp"
#include "core/host/sink.hpp"
#include "core/host/source.hpp"
#include "core/lm/fingerprint.hpp"

namespace holo::lm {

namespace {

constexpr const char* kFormat = "holo-kv-basis";
constexpr const char* kModel = "model";
constexpr std::uint64_t kMostBytes = std::uint64_t{8} << 30;

}  // namespace

Status save_basis(host::PatchSession& patch, const Model& model, const std::string& path,
                  bool overwrite) {
  HOLO_ASSIGN(auto file, AtomicFile::create(path, overwrite));
  ContainerHeader header;
  header.format_id = kFormat;
  header.plugin_id = patch.callee().alias;
  header.plugin_version = patch.version();
  header.params = patch.params();
  header.stream.kind = HOLO_TENSOR;
  header.metadata = {{kModel, fingerprint(model)}};
  HOLO_ASSIGN(auto writer, create_holo_file(*file, header));
  host::Sink sink(*writer, header.stream, kMostBytes);
  HOLO_TRY(patch.save(*sink.view()));
  HOLO_TRY(sink.failure());
  HOLO_TRY(sink.finish());
  HOLO_TRY(writer->finish());
  return file->commit();
}

Status load_basis(host::PatchSession& patch, const Model& model, const std::string& path) {
  HOLO_ASSIGN(auto bytes, open_reader(path));
  HOLO_ASSIGN(auto reader, open_holo_file(std::move(bytes)));
  const ContainerHeader& header = reader->header();
  if (header.format_id != kFormat || header.plugin_id != patch.callee().alias) {
    return make_error(HOLO_INVALID_ARG, path + ": expected a basis of " + patch.callee().alias +
                                            ", found " + header.format_id + " of " +
                                            header.plugin_id);
  }
  const auto model_of = std::find_if(header.metadata.begin(), header.metadata.end(),
                                     [](const Metadata& each) { return each.name == kModel; });
  if (model_of == header.metadata.end()) {
    return make_error(HOLO_CORRUPT, path + ": the basis does not say of which model it is");
  }
  if (model_of->bytes != fingerprint(model)) {
    return make_error(HOLO_INVALID_ARG,
                      path +
                          ": this basis was fitted on another model; fit one on this model with "
                          "'lm build'");
  }
  const host::Source source(*reader);
  const Status loaded = patch.load(*source.view());
  if (loaded.ok()) return {};
  Error error = loaded.error();
  return std::move(error).in(path);
}

}  // namespace holo::lm
