// Tests of codecs on intact files: refusals, cancelling, clean ends, and a younger host.
// are.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "sdk/check/context.hpp"
#include "sdk/check/session.hpp"

namespace holo_check {
namespace {

void budget_is_honoured(Context& c) {
  CodecUnderTest codec(c);
  for_each_encoded(codec, 2, [&](const Clip& clip, const Store& store, TestHost&) {
    c.require(!store.chunks.empty(), "nothing was written");
    for (const std::uint64_t share : {0u, 2u}) {
      Store small;
      small.budget = share == 0 ? 0 : store.bytes_written / share;
      if (small.budget >= store.bytes_written) continue;
      TestHost host(2);
      const Outcome outcome = codec.encode(clip, codec.encode_defaults(), host, small, true);
      c.require(!outcome.ok(), "the sink refused a chunk, but the encoder reported success");
      c.require(outcome.status == HOLO_NO_MEMORY,
                "the sink refused a chunk with NO_MEMORY, the encoder returned " +
                    status_word(outcome.status));
    }
  });
}

void cancelling(Context& c) {
  CodecUnderTest codec(c);
  for_each_encoded(codec, 2, [&](const Clip& clip, const Store& store, TestHost& plain) {
    std::uint64_t calls = 0;
    {
      TestHost host(2);
      Store again;
      codec.encode(clip, codec.encode_defaults(), host, again);
      calls = host.progress_calls;
    }
    c.require(calls >= clip.units.size(), "progress was reported " + std::to_string(calls) +
                                              " times for " + std::to_string(clip.units.size()) +
                                              " units; expected at least once a unit");
    for (const std::uint64_t after : {std::uint64_t{0}, calls / 2, calls - 1}) {
      TestHost host(2);
      host.cancel_after = static_cast<std::int64_t>(after);
      Store partial;
      const Outcome outcome = codec.encode(clip, codec.encode_defaults(), host, partial, true);
      c.require(outcome.status == HOLO_CANCELLED,
                "the user asked to stop, the encoder returned " + status_word(outcome.status));
    }
    OpenFile file(codec, store, plain, codec.decode_defaults());
    c.require(file.outcome().ok(), file.outcome().text);
    plain.cancel_after = static_cast<std::int64_t>(plain.progress_calls);
    const auto out = file.buffer(0);
    const Outcome outcome = file.render(0, *out);
    c.require(outcome.status == HOLO_CANCELLED,
              "the user asked to stop, render returned " + status_word(outcome.status));
    plain.cancel_after = -1;
  });
}

void abandoned(Context& c) {
  CodecUnderTest codec(c);
  for_each_encoded(codec, 2, [&](const Clip& clip, const Store& good, TestHost&) {
    for (std::size_t pushes = 0; pushes <= clip.units.size(); ++pushes) {
      TestHost host(2);
      Store store;
      StoreSink sink(store);
      holo_encoder* encoder = nullptr;
      const Outcome outcome =
          codec.create_encoder(clip, codec.encode_defaults(), host, store, sink.table(), &encoder);
      c.require(outcome.ok(), outcome.text);
      for (std::size_t i = 0; i < pushes; ++i) {
        const holo_unit& unit = *clip.units[i]->view();
        store.units.push_back({unit.kind, 0, 0, clip.units[i]->name(), clip.units[i]->dtype(),
                               clip.units[i]->shape()});
        holo_error error = fresh_error();
        c.require(encoder->push(encoder->self, &unit, &error) == HOLO_OK, error.message);
      }
      encoder->destroy(encoder->self);
      c.require(host.bytes_held() == 0, "an encoder destroyed without finish leaves " +
                                            std::to_string(host.bytes_held()) +
                                            " bytes of the host");
    }
    TestHost host(2);
    OpenFile unused(codec, good, host, codec.decode_defaults());
    unused.destroy();
    c.require(host.bytes_held() == 0, "a decoder leaves memory of the host");
  });
}

void nothing_stays(Context& c) {
  CodecUnderTest codec(c);
  const std::size_t threads = thread_count();
  for_each_encoded(codec, 1, [&](const Clip& clip, const Store& store, TestHost&) {
    std::uint64_t heap = 0;
    for (int i = 0; i < 20; ++i) {
      if (i == 10) heap = heap_bytes();
      TestHost host(4);
      Store again;
      c.require(codec.encode(clip, codec.encode_defaults(), host, again).ok(),
                "encoding again failed");
      OpenFile file(codec, store, host, codec.decode_defaults());
      const auto out = file.buffer(0);
      c.require(file.render(0, *out).ok(), "rendering again failed");
      file.destroy();
      c.require(host.bytes_held() == 0, "memory of the host is still held after destroy");
    }
    const std::uint64_t now = heap_bytes();
    c.require(now <= heap + 256 * 1024,
              "ten more jobs leave " + std::to_string(now - heap) + " bytes of the heap behind");
    c.require(thread_count() <= threads,
              "threads of the plugin outlive destroy: " + std::to_string(threads) + " before, " +
                  std::to_string(thread_count()) + " after");
  });
}

void younger_host(Context& c) {
  CodecUnderTest codec(c);
  for_each_encoded(codec, 1, [&](const Clip& clip, const Store& store, TestHost&) {
    TestHost host(2);
    host.pretend_future();
    for (const auto& unit : clip.units) unit->pretend_future();
    Store again;
    const Outcome outcome = codec.encode(clip, codec.encode_defaults(), host, again);
    c.require(outcome.ok(), outcome.text);
    c.require(again.same_bytes(store), "larger structs of a younger host change the bytes");
    OpenFile file(codec, again, host, codec.decode_defaults());
    c.require(file.outcome().ok(), file.outcome().text);
    (void)file.pixels(0);
  });
}

void optional_nulls(Context& c) {
  CodecUnderTest codec(c);
  for_each_encoded(codec, 1, [&](const Clip& clip, const Store& store, TestHost&) {
    TestHost host;
    Store again;
    StoreSink sink(again);
    holo_encoder* encoder = nullptr;
    const Outcome outcome =
        codec.create_encoder(clip, codec.encode_defaults(), host, again, sink.table(), &encoder);
    c.require(outcome.ok(), outcome.text);
    for (const auto& unit : clip.units) {
      again.units.push_back({clip.kind, 0, 0, unit->name(), unit->dtype(), unit->shape()});
      c.require(encoder->push(encoder->self, unit->view(), nullptr) == HOLO_OK,
                "push without an error record failed");
    }
    c.require(encoder->finish(encoder->self, nullptr) == HOLO_OK,
              "finish without an error record failed");
    encoder->destroy(encoder->self);
    c.require(again.same_bytes(store), "the bytes differ without error records");
    // A unit that is not there is an error, with and without a record.
    OpenFile file(codec, store, host, codec.decode_defaults());
    c.require(file.outcome().ok(), file.outcome().text);
    const auto out = file.buffer(0);
    holo_render_request request{};
    request.struct_size = sizeof request;
    request.unit = clip.units.size() + 5;
    request.width = clip.image.width;
    request.height = clip.image.height;
    request.row_count = out->shape().empty() ? 1 : static_cast<std::uint64_t>(out->shape()[0]);
    const holo_exec exec{sizeof exec, 0, {kDLCPU, 0}, nullptr};
    request.exec = &exec;
    c.require(
        file.decoder()->render(file.decoder()->self, &request, out->view(), nullptr) != HOLO_OK,
        "rendering a unit that is not in the file succeeded");
  });
}

void inspecting(Context& c) {
  CodecUnderTest codec(c);
  for_each_encoded(codec, 1, [&](const Clip&, const Store& store, TestHost& host) {
    OpenFile file(codec, store, host, codec.decode_defaults());
    c.require(file.outcome().ok(), file.outcome().text);
    holo_decoder* decoder = file.decoder();
    if (decoder->inspect == nullptr) return;
    holo_error error = fresh_error();
    std::string bad;
    struct Sink {
      int count;
      std::string* bad;
    } sink{0, &bad};
    const holo_status status = decoder->inspect(
        decoder->self, &sink,
        [](void* user, const char* key, double value) {
          auto& s = *static_cast<Sink*>(user);
          ++s.count;
          if (key == nullptr || key[0] == '\0')
            *s.bad = "a figure has no key";
          else if (!std::isfinite(value))
            *s.bad = std::string(key) + " is not a finite number";
        },
        &error);
    check_record(c, status, error, "inspect");
    c.require(status == HOLO_OK, error.message);
    c.require(bad.empty(), bad);
    c.require(sink.count <= 64, "inspect gave more than 64 figures");
  });
}

}  // namespace

std::vector<Test> life_tests() {
  return {
      {"budget", "codec",
       "A sink that refuses chunks makes the encoder return NO_MEMORY, not success.",
       budget_is_honoured},
      {"cancel", "codec",
       "Progress is reported for each unit; a wish to stop gives CANCELLED, and destroy still "
       "works.",
       cancelling},
      {"abandon", "codec",
       "Encoders destroyed without finish and decoders never used leave nothing.", abandoned},
      {"leftovers", "codec", "After 20 jobs no thread and no memory of the host is left.",
       nothing_stays},
      {"younger-host", "codec", "Larger structs and a higher minor version change nothing.",
       younger_host},
      {"optional-null", "codec",
       "Calls without an error record work, and a unit that is not there is an error.",
       optional_nulls},
      {"inspect", "codec", "inspect gives at most 64 finite figures with keys.", inspecting},
  };
}

}  // namespace holo_check
