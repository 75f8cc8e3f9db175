// Calls across the boundary, with the checks that hold for every call.
#include "sdk/check/session.hpp"

#include <malloc.h>

#include <cstring>
#include <filesystem>

namespace holo_check {
namespace {

Outcome outcome_of(const Context& context, holo_status status, const holo_error& error,
                   const std::string& call) {
  if (status == HOLO_OK) return {};
  check_record(context, status, error, call);
  return {status, call + ": " + status_word(status) + ": " + error.message};
}

void check_violations(const Context& context, Store& store, TestHost& host) {
  if (!store.violations.empty()) context.fail(store.violations.front());
  const auto violations = host.violations();
  if (!violations.empty()) context.fail(violations.front());
}

}  // namespace

std::string status_word(holo_status status) {
  static const char* const kWords[] = {"OK",        "INVALID_ARG",  "UNSUPPORTED", "CORRUPT",
                                       "NOT_FOUND", "NO_MEMORY",    "DEVICE",      "IO",
                                       "CANCELLED", "ABI_MISMATCH", "INTERNAL"};
  if (status < HOLO_OK || status > HOLO_INTERNAL) return "unknown status " + std::to_string(status);
  return kWords[status];
}

holo_error fresh_error() {
  holo_error error{};
  error.struct_size = sizeof error;
  error.unit = -1;
  return error;
}

void check_record(const Context& context, holo_status status, const holo_error& error,
                  const std::string& call) {
  if (status == HOLO_OK) return;
  if (status < HOLO_OK || status > HOLO_INTERNAL) {
    context.fail(call + " returned " + status_word(status));
  }
  if (error.code != status) {
    context.fail(call + " returned " + status_word(status) + " but left code " +
                 std::to_string(error.code) + " in the error record");
  }
  if (std::memchr(error.message, 0, sizeof error.message) == nullptr ||
      std::memchr(error.param, 0, sizeof error.param) == nullptr) {
    context.fail(call + " left a text in the error record that has no end");
  }
  if (error.message[0] == '\0') {
    context.fail(call + " returned " + status_word(status) + " without a message");
  }
}

CodecUnderTest::CodecUnderTest(Context& context)
    : context_(context),
      factory_(context.plugin().codecs()),
      descriptor_(factory_->descriptor(context.component().index)) {}

Outcome CodecUnderTest::create_encoder(const Clip& clip, const Values& params, TestHost& host,
                                       Store& store, const holo_sink* sink, holo_encoder** out) {
  const holo_stream stream = clip.stream();
  store.stream = stream;
  store.stream.image = nullptr;
  store.has_image = stream.image != nullptr;
  store.image = clip.image;
  store.params = params;
  store.bitstream_version = descriptor_->format->bitstream_version;
  if (store.budget == UINT64_MAX)
    store.budget = (std::uint64_t{64} << 20) + 16 * clip.sample_bytes();
  // The borrowed views end with this call, as they do in a host.
  const ParamView view(params);
  holo_error error = fresh_error();
  *out = reinterpret_cast<holo_encoder*>(std::uintptr_t{1});
  const holo_status status = factory_->create_encoder(descriptor_->id, host.table(), view.get(),
                                                      &stream, sink, out, &error);
  if (status != HOLO_OK && *out != nullptr) {
    context_.fail("create_encoder failed but did not set *out to NULL");
  }
  if (status == HOLO_OK) {
    if (!HOLO_HAS(*out, holo_encoder, destroy) || (*out)->push == nullptr ||
        (*out)->finish == nullptr || (*out)->destroy == nullptr) {
      context_.fail("create_encoder gave an encoder that is too short or lacks a function");
    }
  }
  return outcome_of(context_, status, error, "create_encoder");
}

Outcome CodecUnderTest::encode(const Clip& clip, const Values& params, TestHost& host, Store& out,
                               bool tolerant) {
  StoreSink sink(out);
  holo_encoder* encoder = nullptr;
  Outcome outcome = create_encoder(clip, params, host, out, sink.table(), &encoder);
  for (std::size_t i = 0; outcome.ok() && i < clip.units.size(); ++i) {
    const TestUnit& unit = *clip.units[i];
    const holo_unit& view = *unit.view();
    out.units.push_back(
        {view.kind, view.pts, view.duration, unit.name(), unit.dtype(), unit.shape()});
    holo_error error = fresh_error();
    outcome = outcome_of(context_, encoder->push(encoder->self, &view, &error), error, "push");
  }
  if (outcome.ok()) {
    holo_error error = fresh_error();
    outcome = outcome_of(context_, encoder->finish(encoder->self, &error), error, "finish");
  }
  if (encoder != nullptr) encoder->destroy(encoder->self);
  check_violations(context_, out, host);
  if (!outcome.ok() && outcome.status != HOLO_UNSUPPORTED && !tolerant) context_.fail(outcome.text);
  return outcome;
}

OpenFile::OpenFile(CodecUnderTest& codec, const Store& store, TestHost& host, const Values& params)
    : codec_(codec), store_(store), source_(store), exec_{sizeof exec_, 0, {kDLCPU, 0}, nullptr} {
  const ParamView view(params);
  holo_error error = fresh_error();
  decoder_ = reinterpret_cast<holo_decoder*>(std::uintptr_t{1});
  const holo_status status = codec.factory().create_decoder(
      codec.descriptor().id, host.table(), view.get(), source_.table(), &decoder_, &error);
  if (status != HOLO_OK) {
    const bool cleared = decoder_ == nullptr;
    decoder_ = nullptr;
    if (!cleared) codec.context().fail("create_decoder failed but did not set *out to NULL");
  } else if (!HOLO_HAS(decoder_, holo_decoder, destroy) || decoder_->render == nullptr ||
             decoder_->destroy == nullptr) {
    codec.context().fail("create_decoder gave a decoder that is too short or lacks a function");
  }
  outcome_ = outcome_of(codec.context(), status, error, "create_decoder");
}

OpenFile::~OpenFile() { destroy(); }
void OpenFile::destroy() {
  if (decoder_ != nullptr) decoder_->destroy(decoder_->self);
  decoder_ = nullptr;
}

std::unique_ptr<TestUnit> OpenFile::buffer(std::uint64_t unit) const {
  const StoredUnit& info = store_.units[unit];
  if (store_.has_image) return std::make_unique<TestUnit>(info.kind, unit, store_.image);
  return std::make_unique<TestUnit>(info.kind, unit, info.name, info.dtype, info.shape);
}

Outcome OpenFile::call(holo_render_request& request, TestUnit& out) {
  request.struct_size = sizeof request;
  request.exec = &exec_;
  holo_error error = fresh_error();
  const holo_status status = decoder_->render(decoder_->self, &request, out.view(), &error);
  if (!out.guards_intact()) {
    codec_.context().fail("render wrote outside the samples it was given (unit " +
                          std::to_string(request.unit) + ")");
  }
  return outcome_of(codec_.context(), status, error, "render");
}

Outcome OpenFile::render(std::uint64_t unit, TestUnit& out, std::int32_t components,
                         bool sequential) {
  holo_render_request request{};
  request.unit = unit;
  request.components = components;
  request.flags = sequential ? HOLO_RENDER_SEQUENTIAL : 0;
  if (store_.has_image) {
    request.width = store_.image.width;
    request.height = store_.image.height;
  } else {
    const auto& shape = store_.units[unit].shape;
    request.row_count = shape.empty() ? 1 : static_cast<std::uint64_t>(shape[0]);
  }
  return call(request, out);
}

Outcome OpenFile::render_region(std::uint64_t unit, std::int32_t x, std::int32_t y, TestUnit& out) {
  holo_render_request request{};
  request.unit = unit;
  request.x = x;
  request.y = y;
  request.width = out.image().width;
  request.height = out.image().height;
  return call(request, out);
}

Outcome OpenFile::render_rows(std::uint64_t unit, std::uint64_t begin, std::uint64_t count,
                              TestUnit& out) {
  holo_render_request request{};
  request.unit = unit;
  request.row_begin = begin;
  request.row_count = count;
  return call(request, out);
}

std::vector<std::uint8_t> OpenFile::pixels(std::uint64_t unit, std::int32_t components,
                                           bool sequential) {
  const auto out = buffer(unit);
  std::vector<std::uint8_t> first;
  for (const int prefill : {0x00, 0xFF}) {
    out->fill(static_cast<std::uint8_t>(prefill));
    const Outcome outcome = render(unit, *out, components, sequential);
    if (!outcome.ok()) codec_.context().fail(outcome.text);
    const auto pixels = out->packed();
    if (prefill == 0) {
      first = pixels;
    } else if (pixels != first) {
      codec_.context().fail("two renders of unit " + std::to_string(unit) +
                            " differ: elements stay unfilled, or rendering is not repeatable");
    }
  }
  return first;
}

void for_each_encoded(CodecUnderTest& codec, std::size_t most_per_kind,
                      const std::function<void(const Clip&, const Store&, TestHost&)>& try_clip) {
  Context& context = codec.context();
  if (!codec.can(HOLO_CODEC_ENCODES)) context.skip("the codec does not encode");
  if (!codec.can(HOLO_CODEC_DECODES)) context.skip("the codec does not decode");
  for (const std::int32_t kind : kAllKinds) {
    if (!codec.stores(kind)) continue;
    std::size_t tried = 0;
    for (const Clip& clip : clips_of(kind)) {
      if (tried == most_per_kind) break;
      context.stage(kind_word(kind) + ", " + clip.name);
      TestHost host(2);
      Store store;
      const Outcome outcome = codec.encode(clip, codec.encode_defaults(), host, store);
      if (outcome.status == HOLO_UNSUPPORTED) {
        context.skip_part(outcome.text);
        continue;
      }
      ++tried;
      try_clip(clip, store, host);
      context.part_done();
    }
  }
  context.stage("");
  context.finish_parts();
}

std::size_t thread_count() {
  std::size_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    (void)task;
    ++count;
  }
  return count;
}

std::uint64_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace holo_check
