// Both sides of the plugin boundary in memory: a host, a sink, a source and pictures, for tests
// that go through the real entry symbol.
#pragma once

#include <holo/abi/plugin.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <holo/codec.hpp>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

extern "C" const holo_plugin_entry holo_plugin_entry_v1;

namespace holo::image::test {

inline const holo_codec_factory& factory() {
  return *static_cast<const holo_codec_factory*>(holo_plugin_entry_v1.get_factory(HOLO_CODEC_ID));
}

struct TestFailure : std::runtime_error {
  TestFailure(holo_status s, const holo_error& e) : std::runtime_error(e.message), status(s) {}
  holo_status status;
};

// Runs loop bodies on real threads, worker w taking indices w, w + workers, ... from the back.
struct TestHost {
  explicit TestHost(std::uint32_t workers = 1) {
    table.struct_size = sizeof table;
    table.abi_major = HOLO_ABI_MAJOR;
    table.abi_minor = HOLO_ABI_MINOR;
    table.workers = workers;
    table.ctx = this;
    table.log = [](void* ctx, std::int32_t level, const char* message) {
      if (level == HOLO_LOG_WARNING) static_cast<TestHost*>(ctx)->warnings.emplace_back(message);
    };
    table.allocate = [](void*, std::uint64_t size, std::uint64_t) -> void* {
      return std::malloc(size);
    };
    table.deallocate = [](void*, void* pointer) { std::free(pointer); };
    table.parallel_for = [](void* ctx, std::uint64_t count, void* user, holo_loop_body body) {
      const std::uint32_t workers = static_cast<TestHost*>(ctx)->table.workers;
      std::vector<holo_status> statuses(count, HOLO_OK);
      std::vector<std::thread> threads;
      for (std::uint32_t w = 0; w < workers; ++w)
        threads.emplace_back([&, w] {
          for (std::uint64_t i = count; i-- > 0;)
            if (i % workers == w) statuses[i] = body(user, i, w);
        });
      for (std::thread& thread : threads) thread.join();
      for (const holo_status status : statuses)
        if (status != HOLO_OK) return status;
      return HOLO_OK;
    };
    table.progress = [](void*, double, const char*) { return HOLO_OK; };
    table.get_interface = [](void*, const char*) -> const void* { return nullptr; };
  }
  holo_host table{};
  std::vector<std::string> warnings;  // of one thread at a time
};

// Parameters of the codec; what a test leaves alone is plain.
struct Settings {
  std::string basis = "trained";
  double quality = 50;
  int effort = 4;
  bool lossless = false;
  std::string tune = "psnr";
  std::string tile = "128";
  int layers = 1;
  int thumbnail = 0;
  int components = 30;
};

// The better profile, the fast one, and principal components.
inline Settings trained(double quality, const std::string& tile = "128") {
  Settings settings;
  settings.quality = quality;
  settings.tile = tile;
  return settings;
}
inline Settings fast(double quality, const std::string& tile = "256") {
  Settings settings = trained(quality, tile);
  settings.effort = 3;
  return settings;
}
inline Settings own_basis(int components) {
  Settings settings;
  settings.basis = "image";
  settings.components = components;
  return settings;
}

// Settings as a host hands them over, resolved.
struct TestParams {
  explicit TestParams(const Settings& settings)
      : basis(settings.basis), tune(settings.tune), tile(settings.tile) {
    const auto value = [](std::int32_t type, const char* key, double number, const char* text) {
      return holo_param_value{sizeof(holo_param_value), type,   key,
                              std::int64_t(number),     number, text};
    };
    values = {value(HOLO_PARAM_CHOICE, "basis", 0, basis.c_str()),
              value(HOLO_PARAM_FLOAT, "quality", settings.quality, nullptr),
              value(HOLO_PARAM_INT, "effort", settings.effort, nullptr),
              value(HOLO_PARAM_CHOICE, "tune", 0, tune.c_str()),
              value(HOLO_PARAM_BOOL, "lossless", settings.lossless ? 1 : 0, nullptr),
              value(HOLO_PARAM_CHOICE, "tile", 0, tile.c_str()),
              value(HOLO_PARAM_INT, "layers", settings.layers, nullptr),
              value(HOLO_PARAM_INT, "thumbnail", settings.thumbnail, nullptr),
              value(HOLO_PARAM_INT, "components", settings.components, nullptr)};
    for (const holo_param_value& v : values) pointers.push_back(&v);
    table = {sizeof table, std::uint32_t(pointers.size()), pointers.data()};
  }
  TestParams(const TestParams&) = delete;
  TestParams& operator=(const TestParams&) = delete;
  std::string basis, tune, tile;
  std::vector<holo_param_value> values;
  std::vector<const holo_param_value*> pointers;
  holo_params table{};
};

// Planar picture with padded rows.
struct TestPicture {
  TestPicture(int width, int height, int model = HOLO_RGB, int depth = 8, bool alpha = false) {
    image.struct_size = sizeof image;
    image.width = width;
    image.height = height;
    image.model = model;
    image.has_alpha = alpha;
    image.bit_depth = depth;
    image.matrix = image.transfer = image.primaries = 2;
    image.full_range = image.orientation = 1;
    link();
  }
  TestPicture(const TestPicture& other) : image(other.image) {
    link();
    bytes = other.bytes;
    link();
  }
  [[nodiscard]] int planes() const { return ImageShape(image).planes(); }
  [[nodiscard]] int sample_bytes() const { return image.bit_depth > 8 ? 2 : 1; }
  [[nodiscard]] int stride() const { return image.width + 3; }
  [[nodiscard]] std::uint16_t get(int plane, int x, int y) const {
    std::uint16_t value = 0;
    std::memcpy(&value, &bytes[offset(plane, x, y)], std::size_t(sample_bytes()));
    return value;
  }
  void set(int plane, int x, int y, std::uint16_t value) {
    std::memcpy(&bytes[offset(plane, x, y)], &value, std::size_t(sample_bytes()));
  }
  void fill(const std::function<double(int plane, int x, int y)>& shade) {
    const int top = (1 << image.bit_depth) - 1;
    for (int p = 0; p < planes(); ++p)
      for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x)
          set(p, x, y,
              std::uint16_t(std::lround(std::min(1.0, std::max(0.0, shade(p, x, y))) * top)));
  }
  [[nodiscard]] std::size_t offset(int plane, int x, int y) const {
    return ((std::size_t(plane) * std::size_t(image.height) + std::size_t(y)) *
                std::size_t(stride()) +
            std::size_t(x)) *
           std::size_t(sample_bytes());
  }
  void link() {
    const auto count = std::size_t(planes());
    bytes.resize(count * std::size_t(image.height) * std::size_t(stride()) *
                 std::size_t(sample_bytes()));
    shape = {image.height, image.width};
    strides = {stride(), 1};
    tensors.assign(count, {});
    pointers.clear();
    for (std::size_t p = 0; p < count; ++p) {
      DLTensor& t = tensors[p];
      t.data = bytes.data();
      t.byte_offset = offset(int(p), 0, 0);
      t.device = {kDLCPU, 0};
      t.ndim = 2;
      t.dtype = {kDLUInt, std::uint8_t(8 * sample_bytes()), 1};
      t.shape = shape.data();
      t.strides = strides.data();
      pointers.push_back(&t);
    }
    unit = {sizeof unit, HOLO_PICTURE,   0, 0, 0, &image, nullptr, std::uint32_t(count),
            0,           pointers.data()};
  }
  holo_image image{};
  std::vector<std::uint8_t> bytes;
  std::vector<std::int64_t> shape, strides;
  std::vector<DLTensor> tensors;
  std::vector<const DLTensor*> pointers;
  holo_unit unit{};
};

// Chunks of one encode job, and the source that gives them back.
struct TestFile {
  using Key = std::tuple<std::uint32_t, std::uint64_t, std::uint32_t>;
  std::map<Key, std::vector<std::uint8_t>> chunks;
  std::vector<Key> order;
  Settings settings;
  holo_image image;

  [[nodiscard]] std::size_t size() const {
    std::size_t total = 0;
    for (const auto& [key, bytes] : chunks) total += bytes.size();
    return total;
  }
};

inline holo_error error_record() {
  holo_error error{};
  error.struct_size = sizeof error;
  return error;
}

inline TestFile encode(const TestPicture& picture, const Settings& settings,
                       std::uint32_t workers = 1) {
  TestHost host(workers);
  const TestParams params(settings);
  TestFile file{{}, {}, settings, picture.image};
  holo_sink sink{sizeof sink, 0, &file,
                 [](void* ctx, const holo_chunk* chunk, const void* data, holo_error*) {
                   auto& to = *static_cast<TestFile*>(ctx);
                   const TestFile::Key key{chunk->type, chunk->unit, chunk->part};
                   if (to.chunks.count(key) != 0) return holo_status{HOLO_INVALID_ARG};
                   const auto* bytes = static_cast<const std::uint8_t*>(data);
                   to.chunks[key].assign(bytes, bytes + chunk->size);
                   to.order.push_back(key);
                   return holo_status{HOLO_OK};
                 }};
  holo_stream stream{sizeof stream, HOLO_PICTURE, 1, &picture.image, 0, 1, 0, 1};
  holo_error error = error_record();
  holo_encoder* encoder = nullptr;
  holo_status status = factory().create_encoder(factory().descriptor(0)->id, &host.table,
                                                &params.table, &stream, &sink, &encoder, &error);
  if (status == HOLO_OK) status = encoder->push(encoder->self, &picture.unit, &error);
  if (status == HOLO_OK) status = encoder->finish(encoder->self, &error);
  if (encoder != nullptr) encoder->destroy(encoder->self);
  if (status != HOLO_OK) throw TestFailure(status, error);
  return file;
}

struct TestSource {
  explicit TestSource(const TestFile& f) : file(f), params(f.settings) {
    stream = {sizeof stream, HOLO_PICTURE, 1, &file.image, 0, 1, 0, 1};
    table.struct_size = sizeof table;
    table.bitstream_version = 2;
    table.ctx = this;
    table.stream = &stream;
    table.params = &params.table;
    table.unit_info = [](void*, std::uint64_t, holo_unit_info*) {
      return holo_status{HOLO_NOT_FOUND};
    };
    table.find = [](void* ctx, std::uint32_t type, std::uint64_t unit, std::uint32_t part,
                    holo_chunk* out) {
      const auto& chunks = static_cast<TestSource*>(ctx)->file.chunks;
      const auto found = chunks.find({type, unit, part});
      if (found == chunks.end()) return holo_status{HOLO_NOT_FOUND};
      out->type = type;
      out->unit = unit;
      out->part = part;
      out->flags = 0;
      out->size = found->second.size();
      return holo_status{HOLO_OK};
    };
    table.find_key = [](void*, std::uint64_t unit, std::uint64_t* key) {
      *key = unit;
      return holo_status{HOLO_OK};
    };
    table.read = [](void* ctx, const holo_chunk* chunk, std::uint64_t offset, void* data,
                    std::uint64_t size, holo_error*) {
      auto& self = *static_cast<TestSource*>(ctx);
      const auto& bytes = self.file.chunks.at({chunk->type, chunk->unit, chunk->part});
      if (offset > bytes.size() || size > bytes.size() - offset)
        return holo_status{HOLO_INVALID_ARG};
      std::memcpy(data, bytes.data() + offset, size);
      self.bytes_read += size;
      return holo_status{HOLO_OK};
    };
  }
  const TestFile& file;
  TestParams params;
  std::atomic<std::uint64_t> bytes_read{0};
  holo_stream stream{};
  holo_source table{};
};

// What a render said and took.
struct RenderNotes {
  std::vector<std::string> warnings;
  std::uint64_t bytes_read = 0;
};

// A region of {0, 0, 0, 0} is the whole picture.
inline TestPicture render(const TestFile& file, Region region = {}, int components = 0,
                          std::uint32_t workers = 1, RenderNotes* notes = nullptr) {
  if (region.width == 0) region = {0, 0, file.image.width, file.image.height};
  TestHost host(workers);
  TestSource source(file);
  const holo_params none{sizeof none, 0, nullptr};
  holo_error error = error_record();
  holo_decoder* decoder = nullptr;
  TestPicture out(int(region.width), int(region.height), file.image.model, file.image.bit_depth,
                  file.image.has_alpha != 0);
  holo_status status = factory().create_decoder(factory().descriptor(0)->id, &host.table, &none,
                                                &source.table, &decoder, &error);
  if (status == HOLO_OK) {
    holo_render_request request{};
    request.struct_size = sizeof request;
    request.x = int(region.x);
    request.y = int(region.y);
    request.width = int(region.width);
    request.height = int(region.height);
    request.components = components;
    status = decoder->render(decoder->self, &request, &out.unit, &error);
    decoder->destroy(decoder->self);
  }
  if (status != HOLO_OK) throw TestFailure(status, error);
  if (notes != nullptr) *notes = {host.warnings, source.bytes_read};
  return out;
}

// Smooth shading, an edge, texture: something of everything that a photograph has.
inline TestPicture scene(int width, int height, int model = HOLO_RGB, int depth = 8,
                         bool alpha = false) {
  TestPicture picture(width, height, model, depth, alpha);
  picture.fill([&](int plane, int x, int y) {
    const double shading = 0.5 + 0.3 * std::sin(0.021 * x + 0.013 * y + plane);
    const double edge = 2 * x + y > width ? 0.15 : -0.15;
    const double texture = 0.04 * std::sin(1.3 * x) * std::sin(0.9 * y);
    return shading + edge + texture;
  });
  return picture;
}

inline bool same(const TestPicture& a, const TestPicture& b) {
  for (int p = 0; p < a.planes(); ++p)
    for (int y = 0; y < a.image.height; ++y)
      for (int x = 0; x < a.image.width; ++x)
        if (a.get(p, x, y) != b.get(p, x, y)) return false;
  return true;
}

inline TestPicture crop(const TestPicture& from, const Region& region) {
  TestPicture out(int(region.width), int(region.height), from.image.model, from.image.bit_depth,
                  from.image.has_alpha != 0);
  for (int p = 0; p < out.planes(); ++p)
    for (int y = 0; y < out.image.height; ++y)
      for (int x = 0; x < out.image.width; ++x)
        out.set(p, x, y, from.get(p, x + int(region.x), y + int(region.y)));
  return out;
}

// Peak signal-to-noise ratio over the colour planes, dB.
inline double psnr(const TestPicture& a, const TestPicture& b) {
  double sum = 0, count = 0;
  const int planes = a.planes() - a.image.has_alpha;
  for (int p = 0; p < planes; ++p)
    for (int y = 0; y < a.image.height; ++y)
      for (int x = 0; x < a.image.width; ++x) {
        const double d = double(a.get(p, x, y)) - b.get(p, x, y);
        sum += d * d;
        ++count;
      }
  const double top = (1 << a.image.bit_depth) - 1;
  return sum == 0 ? 999 : 10 * std::log10(top * top * count / sum);
}

}  // namespace holo::image::test
