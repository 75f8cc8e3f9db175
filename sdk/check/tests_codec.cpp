// Tests of codecs on intact files.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

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

void any_number_of_workers(Context& c) {
  CodecUnderTest codec(c);
  for_each_encoded(codec, 3, [&](const Clip& clip, const Store& two, TestHost&) {
    for (const std::uint32_t workers : {1u, 4u}) {
      TestHost host(workers);
      Store store;
      const Outcome outcome = codec.encode(clip, codec.encode_defaults(), host, store);
      c.require(outcome.ok(), outcome.text);
      c.require(store.same_bytes(two),
                "the bytes with " + std::to_string(workers) + " workers differ from those with 2");
      OpenFile file(codec, store, host, codec.decode_defaults());
      TestHost other(2);
      OpenFile reference(codec, two, other, codec.decode_defaults());
      c.require(file.outcome().ok(), file.outcome().text);
      c.require(reference.outcome().ok(), reference.outcome().text);
      for (std::uint64_t u = 0; u < clip.units.size(); ++u) {
        c.require(file.pixels(u) == reference.pixels(u),
                  "unit " + std::to_string(u) + " rendered with " + std::to_string(workers) +
                      " workers differs from 2");
      }
    }
  });
}

// The samples of `region` cut out of a full render.
std::vector<std::uint8_t> crop(const std::vector<std::uint8_t>& full, const holo_image& image,
                               int x, int y, int width, int height) {
  const holo::ImageShape shape(image);
  const auto size = static_cast<std::int64_t>(shape.sample_bytes());
  std::vector<std::uint8_t> out;
  std::int64_t plane_at = 0;
  for (int p = 0; p < shape.planes(); ++p) {
    const int sx = shape.shift_x(p);
    const int sy = shape.shift_y(p);
    const std::int64_t w = (width + sx) >> sx;
    const std::int64_t h = (height + sy) >> sy;
    for (std::int64_t r = 0; r < h; ++r) {
      const std::int64_t at = plane_at + (((y >> sy) + r) * shape.width(p) + (x >> sx)) * size;
      out.insert(out.end(), full.begin() + at, full.begin() + at + w * size);
    }
    plane_at += shape.width(p) * shape.height(p) * size;
  }
  return out;
}

void check_regions(Context& c, CodecUnderTest& codec, const Clip& clip, const Store& store,
                   TestHost& host) {
  OpenFile file(codec, store, host, codec.decode_defaults());
  c.require(file.outcome().ok(), file.outcome().text);
  Random random(c.options().seed);
  const std::uint64_t unit = clip.units.size() - 1;
  const auto full = file.pixels(unit);
  const int W = clip.image.width;
  const int H = clip.image.height;
  const bool chroma = clip.image.model == HOLO_YCBCR;
  const int mx = chroma ? 1 << clip.image.chroma_shift_x : 1;
  const int my = chroma ? 1 << clip.image.chroma_shift_y : 1;
  for (int i = 0; i < 12; ++i) {
    const int x = static_cast<int>(random.below(static_cast<std::uint64_t>(W))) / mx * mx;
    const int y = static_cast<int>(random.below(static_cast<std::uint64_t>(H))) / my * my;
    const int w = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(W - x)));
    const int h = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(H - y)));
    holo_image image = clip.image;
    image.width = w;
    image.height = h;
    TestUnit out(clip.kind, unit, image);
    const Outcome outcome = file.render_region(unit, x, y, out);
    const std::string name = std::to_string(w) + "x" + std::to_string(h) + " at " +
                             std::to_string(x) + "," + std::to_string(y);
    c.require(outcome.ok(), "region " + name + ": " + outcome.text);
    c.require(out.packed() == crop(full, clip.image, x, y, w, h),
              "region " + name + " is not the crop of the full render");
  }
}

void check_rows(Context& c, CodecUnderTest& codec, const Clip& clip, const Store& store,
                TestHost& host) {
  OpenFile file(codec, store, host, codec.decode_defaults());
  c.require(file.outcome().ok(), file.outcome().text);
  Random random(c.options().seed);
  for (std::uint64_t u = 0; u < clip.units.size(); ++u) {
    const TestUnit& unit = *clip.units[u];
    if (unit.shape().empty() || unit.shape()[0] == 0) continue;
    const auto full = file.pixels(u);
    const auto rows = static_cast<std::uint64_t>(unit.shape()[0]);
    const std::uint64_t row_bytes = full.size() / rows;
    for (int i = 0; i < 6; ++i) {
      const std::uint64_t begin = random.below(rows);
      const std::uint64_t count = 1 + random.below(rows - begin);
      auto shape = unit.shape();
      shape[0] = static_cast<std::int64_t>(count);
      TestUnit out(clip.kind, u, unit.name(), unit.dtype(), shape);
      const Outcome outcome = file.render_rows(u, begin, count, out);
      const std::string name = std::to_string(count) + " rows from " + std::to_string(begin);
      c.require(outcome.ok(), name + ": " + outcome.text);
      const auto from = full.begin() + static_cast<std::ptrdiff_t>(begin * row_bytes);
      c.require(out.packed() == std::vector<std::uint8_t>(
                                    from, from + static_cast<std::ptrdiff_t>(count * row_bytes)),
                name + " are not those of the full render");
    }
  }
}

void regions(Context& c) {
  CodecUnderTest codec(c);
  for_each_encoded(codec, 8, [&](const Clip& clip, const Store& store, TestHost& host) {
    store.has_image ? check_regions(c, codec, clip, store, host)
                    : check_rows(c, codec, clip, store, host);
  });
}

void any_order(Context& c) {
  CodecUnderTest codec(c);
  for_each_encoded(codec, 3, [&](const Clip& clip, const Store& store, TestHost& host) {
    OpenFile forward(codec, store, host, codec.decode_defaults());
    OpenFile backward(codec, store, host, codec.decode_defaults());
    c.require(forward.outcome().ok(), forward.outcome().text);
    c.require(backward.outcome().ok(), backward.outcome().text);
    std::vector<std::vector<std::uint8_t>> in_order;
    for (std::uint64_t u = 0; u < clip.units.size(); ++u) {
      in_order.push_back(forward.pixels(u, 0, true));
    }
    for (std::uint64_t u = clip.units.size(); u-- > 0;) {
      c.require(backward.pixels(u) == in_order[u],
                "unit " + std::to_string(u) + " differs when the last unit is rendered first");
    }
    for (std::uint64_t u = 0; u < clip.units.size(); ++u) {
      OpenFile alone(codec, store, host, codec.decode_defaults());
      c.require(alone.outcome().ok(), alone.outcome().text);
      c.require(alone.pixels(u) == in_order[u],
                "unit " + std::to_string(u) + " differs when it is the only one rendered");
    }
  });
}

void fewer_components(Context& c) {
  CodecUnderTest codec(c);
  for_each_encoded(codec, 4, [&](const Clip&, const Store& store, TestHost& host) {
    OpenFile file(codec, store, host, codec.decode_defaults());
    c.require(file.outcome().ok(), file.outcome().text);
    const auto all = file.pixels(0);
    (void)file.pixels(0, 1);
    c.require(file.pixels(0, INT32_MAX) == all, "more components than there are differ from all");
    c.require(file.pixels(0) == all, "rendering one component changes later renders");
  });
}

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
      {"workers", "codec", "1, 2 and 4 workers give the same bytes and the same samples.",
       any_number_of_workers},
      {"regions", "codec", "A region, or rows, rendered alone equals the crop of the full render.",
       regions},
      {"order", "codec", "Units rendered in order, backwards and alone are the same.", any_order},
      {"components", "codec", "Rendering with 1 component and with more than there are works.",
       fewer_components},
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
