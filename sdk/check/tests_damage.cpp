// Tests of codecs on damaged files: an error or samples, never a crash, a hang or a huge
// allocation.
#include <algorithm>
#include <functional>
#include <string>

#include "sdk/check/context.hpp"
#include "sdk/check/session.hpp"

namespace holo_check {
namespace {

using Mutate = std::function<std::string(Store&, Random&)>;

StoredChunk& pick(Store& store, Random& random, std::string& name) {
  auto at = store.chunks.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random.below(store.chunks.size())));
  name = chunk_word(at->first);
  return at->second;
}

// Opens a damaged store and renders everything in it, judging each status.
void try_damaged(CodecUnderTest& codec, const Store& store) {
  Context& c = codec.context();
  const auto judge = [&](const Outcome& outcome) {
    if (outcome.status == HOLO_INTERNAL) {
      c.fail("damaged data reported as INTERNAL, expected CORRUPT: " + outcome.text);
    }
    if (outcome.status == HOLO_NO_MEMORY) {
      c.fail("damaged data made the decoder ask for more memory than the limit: " + outcome.text);
    }
    if (outcome.status == HOLO_CANCELLED) c.fail("damaged data reported as CANCELLED");
  };
  TestHost host(2);
  OpenFile file(codec, store, host, codec.decode_defaults());
  judge(file.outcome());
  if (!file.outcome().ok()) return;
  for (std::uint64_t u = 0; u < store.units.size(); ++u) {
    const auto out = file.buffer(u);
    judge(file.render(u, *out));
  }
  if (file.decoder()->inspect != nullptr) {
    holo_error error = fresh_error();
    const holo_status status = file.decoder()->inspect(
        file.decoder()->self, nullptr, [](void*, const char*, double) {}, &error);
    check_record(c, status, error, "inspect");
  }
  file.destroy();
  c.require(host.bytes_held() == 0, "memory of the host is still held after damaged data");
}

void damage(Context& c, const Mutate& mutate) {
  CodecUnderTest codec(c);
  Random random(c.options().seed);
  for_each_encoded(codec, 2, [&](const Clip& clip, const Store& store, TestHost&) {
    if (store.chunks.empty()) return;
    for (std::uint64_t i = 0; i < c.options().fuzz; ++i) {
      Store damaged = store;
      const std::string what = mutate(damaged, random);
      c.stage(kind_word(clip.kind) + ", " + clip.name + ", mutation " + std::to_string(i) + ", " +
              what);
      try_damaged(codec, damaged);
    }
  });
}

void flipped(Context& c) {
  damage(c, [](Store& store, Random& random) {
    std::string name;
    StoredChunk& chunk = pick(store, random, name);
    if (chunk.bytes.empty()) return name + " is empty";
    const std::uint64_t flips = 1 + random.below(4);
    // Every second time near the start, where the headers are.
    const std::uint64_t span =
        random.below(2) == 0 ? chunk.bytes.size() : std::min<std::uint64_t>(16, chunk.bytes.size());
    for (std::uint64_t i = 0; i < flips; ++i) {
      chunk.bytes[random.below(span)] ^= static_cast<std::uint8_t>(1u << random.below(8));
    }
    return name + " flipped";
  });
}

void overwritten(Context& c) {
  damage(c, [](Store& store, Random& random) {
    std::string name;
    StoredChunk& chunk = pick(store, random, name);
    if (chunk.bytes.empty()) return name + " is empty";
    static constexpr std::uint8_t kExtremes[] = {0x00, 0xFF, 0x7F, 0x80, 0x01};
    const std::uint64_t at = random.below(2) == 0
                                 ? random.below(chunk.bytes.size())
                                 : random.below(std::min<std::uint64_t>(16, chunk.bytes.size()));
    const std::uint64_t count =
        std::min<std::uint64_t>(1 + random.below(8), chunk.bytes.size() - at);
    const std::uint8_t value = kExtremes[random.below(5)];
    std::fill_n(chunk.bytes.begin() + static_cast<std::ptrdiff_t>(at), count, value);
    return name + " overwritten with extremes";
  });
}

void cut(Context& c) {
  damage(c, [](Store& store, Random& random) {
    std::string name;
    StoredChunk& chunk = pick(store, random, name);
    chunk.bytes.resize(chunk.bytes.empty() ? 0 : random.below(chunk.bytes.size()));
    return name + " cut to " + std::to_string(chunk.bytes.size()) + " bytes";
  });
}

void extended(Context& c) {
  damage(c, [](Store& store, Random& random) {
    std::string name;
    StoredChunk& chunk = pick(store, random, name);
    if (random.below(2) == 0) {
      for (auto& byte : chunk.bytes) byte = static_cast<std::uint8_t>(random.next() >> 32);
      return name + " replaced by noise";
    }
    const std::uint64_t more = 1 + random.below(64);
    for (std::uint64_t i = 0; i < more; ++i) {
      chunk.bytes.push_back(static_cast<std::uint8_t>(random.next() >> 32));
    }
    return name + " extended";
  });
}

void missing(Context& c) {
  CodecUnderTest codec(c);
  for_each_encoded(codec, 2, [&](const Clip& clip, const Store& store, TestHost&) {
    const auto try_one = [&](const std::string& what, const Store& damaged) {
      c.stage(kind_word(clip.kind) + ", " + clip.name + ", " + what);
      try_damaged(codec, damaged);
    };
    std::uint64_t tried = 0;
    for (const auto& [key, chunk] : store.chunks) {
      if (++tried > c.options().fuzz) break;
      Store gone = store;
      gone.chunks.erase(key);
      try_one(chunk_word(key) + " missing", gone);
      Store empty = store;
      empty.chunks[key].bytes.clear();
      try_one(chunk_word(key) + " empty", empty);
      Store unflagged = store;
      unflagged.chunks[key].flags ^= HOLO_CHUNK_KEY;
      try_one(chunk_word(key) + " with its key flag turned", unflagged);
    }
    Store none = store;
    none.chunks.clear();
    try_one("all chunks missing", none);
    Store prefix = store;  // a file cut short
    for (std::size_t keep = store.order.size(); keep-- > 0;) {
      prefix.chunks.erase(store.order[keep]);
      try_one("only the first " + std::to_string(keep) + " chunks", prefix);
    }
  });
}

void exchanged(Context& c) {
  damage(c, [](Store& store, Random& random) {
    std::string a;
    std::string b;
    StoredChunk& first = pick(store, random, a);
    StoredChunk& second = pick(store, random, b);
    if (&first != &second) std::swap(first.bytes, second.bytes);
    return a + " exchanged with " + b;
  });
}

// Headers are hostile, too: another size, another layout, other parameters than were encoded.
void foreign_header(Context& c) {
  CodecUnderTest codec(c);
  Random random(c.options().seed);
  const auto changed = variations(codec.descriptor().params, false);
  for_each_encoded(codec, 2, [&](const Clip& clip, const Store& store, TestHost&) {
    for (std::uint64_t i = 0; i < c.options().fuzz / 4 + 1; ++i) {
      Store other = store;
      std::string what;
      const std::uint64_t choice = random.below(4);
      if (choice == 0 && !changed.empty()) {
        const Variation& v = changed[random.below(changed.size())];
        other.params = v.values;
        what = "read as if encoded with " + v.name;
      } else if (choice == 1) {
        if (!other.params.empty()) {
          Value& value = other.params[random.below(other.params.size())];
          value.integer = static_cast<std::int64_t>(random.next());
          value.number = (random.unit() - 0.5) * 1e30;
          if (!value.text.empty()) value.text = "no-such-choice";
          what = "parameter " + value.key + " out of its range";
        }
        other.params.resize(other.params.size() - random.below(other.params.size() + 1) / 2);
      } else if (other.has_image) {
        other.image.width = 1 + static_cast<std::int32_t>(random.below(400));
        other.image.height = 1 + static_cast<std::int32_t>(random.below(400));
        other.image.model = 1 + static_cast<std::int32_t>(random.below(3));
        other.image.bit_depth = 1 + static_cast<std::int32_t>(random.below(16));
        other.image.has_alpha = static_cast<std::int32_t>(random.below(2));
        const bool chroma = other.image.model == HOLO_YCBCR;
        other.image.chroma_shift_x = chroma ? static_cast<std::int32_t>(random.below(2)) : 0;
        other.image.chroma_shift_y = chroma ? static_cast<std::int32_t>(random.below(2)) : 0;
        what = "read as another kind of picture";
      } else {
        StoredUnit& unit = other.units[random.below(other.units.size())];
        static constexpr DLDataType kTypes[] = {
            {kDLFloat, 32, 1}, {kDLFloat, 16, 1}, {kDLInt, 8, 1}, {kDLFloat, 64, 1}};
        unit.dtype = kTypes[random.below(4)];
        for (auto& extent : unit.shape) extent = static_cast<std::int64_t>(random.below(100));
        if (random.below(3) == 0) unit.shape.push_back(static_cast<std::int64_t>(random.below(9)));
        what = "read as another tensor";
      }
      if (random.below(4) == 0)
        other.bitstream_version = static_cast<std::uint32_t>(random.below(300));
      c.stage(kind_word(clip.kind) + ", " + clip.name + ", header " + std::to_string(i) + ", " +
              what);
      try_damaged(codec, other);
    }
  });
}

}  // namespace

std::vector<Test> damage_tests() {
  return {
      {"damage-flip", "codec", "Flipped bits give an error or samples.", flipped},
      {"damage-extremes", "codec", "Runs of extreme bytes give an error or samples.", overwritten},
      {"damage-cut", "codec", "Chunks cut short give an error or samples.", cut},
      {"damage-noise", "codec", "Chunks of noise and chunks that go on give an error or samples.",
       extended},
      {"damage-missing", "codec", "Missing and empty chunks, and files cut short, likewise.",
       missing},
      {"damage-exchange", "codec", "Chunks that change places give an error or samples.",
       exchanged},
      {"damage-header", "codec",
       "Another size, layout, type, version or other parameters than were encoded, likewise.",
       foreign_header},
  };
}

}  // namespace holo_check
