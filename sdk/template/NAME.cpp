// @NAME@: lossless pictures and frames as byte differences with runs of zeros, in bands of rows.
#include <holo/codec.hpp>
#include <holo/plugin.hpp>
namespace @IDENT@_codec {
constexpr int64_t kRows = 64;                     // of a band
constexpr uint32_t kBand = holo::fourcc("band");  // one chunk a band, part = 4 * band + plane

struct Encoder : holo::Encoder, holo::EncodeJob {
  explicit Encoder(const holo::EncodeJob& job) : EncodeJob(job) {}
  void push(const holo::Unit& unit) override {
    const int64_t size = stream.shape().sample_bytes(), longest = params.integer("run");
    for (int p = 0; p < unit.planes(); ++p) {
      std::vector<uint8_t> band;
      for (int64_t y = 0; y < unit.tensor(p).rows(); ++y) {
        const uint8_t* row = unit.tensor(p).row(y);
        for (int64_t i = 0, zeros = 0; i < unit.tensor(p).extent(1) * size; ++i) {
          const uint8_t step = row[i] - (i < size ? 0 : row[i - size]);
          zeros = step != 0 ? 0 : zeros % longest + 1;
          if (zeros < 2) band.push_back(step);
          if (zeros == 1) band.push_back(1);  // a zero is followed by its count
          if (zeros > 1) ++band.back();
        }
        if ((y + 1) % kRows != 0 && y + 1 < unit.tensor(p).rows()) continue;
        sink.write(kBand, unit.index(), y / kRows * 4 + p, HOLO_CHUNK_KEY, std::exchange(band, {}));
      }
    }
  }
};

struct Decoder : holo::Decoder, holo::DecodeJob {
  explicit Decoder(const holo::DecodeJob& job) : DecodeJob(job) {}
  void render(const holo::RenderRequest& request, const holo::Unit& out) override {
    for (int p = 0; p < out.planes(); ++p) {
      const holo::Region r = request.region(source.stream().image(), p);
      const int64_t size = out.tensor(p).element_bytes();
      std::vector<uint8_t> band, row(source.stream().shape().width(p) * size);
      holo::ByteCursor in(band);
      for (int64_t y = r.y / kRows * kRows; y < r.y + r.height; ++y) {
        const uint32_t part = y / kRows * 4 + p;
        if (y % kRows == 0) in = holo::ByteCursor(band = source.read(kBand, request.unit(), part));
        for (int64_t i = 0, run = 1; i < int64_t(row.size()); run = 1) {
          const auto step = in.get<uint8_t>();
          if (step == 0) run = in.get<uint8_t>();
          holo::expect(run >= 1 && i + run <= int64_t(row.size()), "a run does not fit its row");
          for (; run > 0; --run, ++i) row[i] = step + (i < size ? 0 : row[i - size]);
        }
        if (y >= r.y) std::memcpy(out.tensor(p).row(y - r.y), &row[r.x * size], r.width * size);
      }
    }
  }
};

holo::CodecInfo info() {
  return holo::codec_info("org.example.@NAME@", "@NAME@", "0.1.0", "byte differences and runs",
                          HOLO_CODEC_LOSSLESS | HOLO_CODEC_BIT_EXACT | HOLO_CODEC_REGIONS,
                          holo::kPictures, {holo::int_param("run", "", "longest run", 255, 1, 255)});
}
HOLO_PLUGIN(holo::plugin_info("org.example.@NAME@", "0.1.0", "you", "Apache-2.0"),
            holo::CodecFactory<holo::Codec<Encoder, Decoder, info>>);
}  // namespace @IDENT@_codec
