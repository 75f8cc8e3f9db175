// Tests of codecs on intact files: what is rendered does not depend on how it is asked for.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <holo/unit.hpp>

#include "sdk/check/context.hpp"
#include "sdk/check/session.hpp"

namespace holo_check {
namespace {

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

}  // namespace

std::vector<Test> render_tests() {
  return {
      {"workers", "codec", "1, 2 and 4 workers give the same bytes and the same samples.",
       any_number_of_workers},
      {"regions", "codec", "A region, or rows, rendered alone equals the crop of the full render.",
       regions},
      {"order", "codec", "Units rendered in order, backwards and alone are the same.", any_order},
      {"components", "codec", "Rendering with 1 component and with more than there are works.",
       fewer_components},
  };
}

}  // namespace holo_check
