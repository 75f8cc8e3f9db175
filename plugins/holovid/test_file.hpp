// For tests: a host with real threads, a sink and source in memory, and synthetic moving pictures.
#pragma once

#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <holo/codec.hpp>

#include "plugins/holovid/video_decoder.hpp"
#include "plugins/holovid/video_encoder.hpp"

namespace holo::holovid::testing {

// A small deterministic generator.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint32_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state_ >> 33);
  }
  std::uint32_t below(std::uint32_t n) { return next() % n; }

 private:
  std::uint64_t state_;
};

class ThreadedHost {
 public:
  explicit ThreadedHost(std::uint32_t workers) {
    table_.struct_size = sizeof table_;
    table_.abi_major = HOLO_ABI_MAJOR;
    table_.workers = workers;
    table_.ctx = this;
    table_.parallel_for = &parallel_for;
    table_.progress = &progress;
    table_.get_interface = [](void*, const char*) -> const void* { return nullptr; };
  }
  [[nodiscard]] const holo_host* table() const { return &table_; }
  std::atomic<std::int64_t> progress_calls{0};
  std::int64_t cancel_at = -1;

 private:
  static holo_status progress(void* ctx, double, const char*) {
    auto& self = *static_cast<ThreadedHost*>(ctx);
    const std::int64_t call = self.progress_calls++;
    return self.cancel_at >= 0 && call >= self.cancel_at ? HOLO_CANCELLED : HOLO_OK;
  }
  static holo_status parallel_for(void* ctx, std::uint64_t count, void* user, holo_loop_body body) {
    auto& self = *static_cast<ThreadedHost*>(ctx);
    std::atomic<std::uint64_t> next{0};
    std::atomic<holo_status> status{HOLO_OK};
    std::vector<std::thread> threads;
    for (std::uint32_t worker = 0; worker < self.table_.workers; ++worker) {
      threads.emplace_back([&, worker] {
        for (std::uint64_t i = next++; i < count; i = next++) {
          const holo_status result = body(user, i, worker);
          if (result != HOLO_OK) status = result;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    return status;
  }
  holo_host table_{};
};

struct StoredFrame {
  std::uint32_t flags = 0;
  std::vector<std::uint8_t> bytes;
  friend bool operator==(const StoredFrame&, const StoredFrame&) = default;
};

// What a file holds: frames, and what the host remembers.
struct StoredVideo {
  holo_image image{};
  holo_stream stream{};
  std::vector<holo_param_value> values;
  std::map<std::uint64_t, StoredFrame> frames;
  std::vector<std::uint64_t> order;  // in which they were written

  mutable std::atomic<std::uint64_t> reads{0};
};

inline holo_image make_image(int width, int height, int model, int depth, int shift_x,
                             int shift_y) {
  holo_image image{};
  image.struct_size = sizeof image;
  image.width = width;
  image.height = height;
  image.model = model;
  image.bit_depth = depth;
  image.chroma_shift_x = shift_x;
  image.chroma_shift_y = shift_y;
  image.orientation = 1;
  return image;
}

// Planes of one frame with the ABI's view of them.
class FrameBuffer {
 public:
  FrameBuffer(const holo_image& image, std::uint64_t index, int width, int height) : image_(image) {
    image_.width = width;
    image_.height = height;
    const ImageShape shape(image_);
    const auto planes = static_cast<std::size_t>(shape.planes());
    for (std::size_t p = 0; p < planes; ++p) {
      const int plane = static_cast<int>(p);
      shapes_[p] = {shape.height(plane), shape.width(plane)};
      strides_[p] = {shape.width(plane) + 3, 1};
      data_[p].resize(static_cast<std::size_t>(shapes_[p][0] * strides_[p][0]) *
                      static_cast<std::size_t>(shape.sample_bytes()));
      tensors_[p] = DLTensor{};
      tensors_[p].data = data_[p].data();
      tensors_[p].device = {kDLCPU, 0};
      tensors_[p].ndim = 2;
      tensors_[p].dtype = {kDLUInt, static_cast<std::uint8_t>(8 * shape.sample_bytes()), 1};
      tensors_[p].shape = shapes_[p].data();
      tensors_[p].strides = strides_[p].data();
      pointers_[p] = &tensors_[p];
    }
    unit_.struct_size = sizeof unit_;
    unit_.kind = HOLO_FRAME;
    unit_.index = index;
    unit_.image = &image_;
    unit_.tensor_count = static_cast<std::uint32_t>(planes);
    unit_.tensors = pointers_.data();
  }
  FrameBuffer(const FrameBuffer&) = delete;
  FrameBuffer& operator=(const FrameBuffer&) = delete;

  [[nodiscard]] const holo_unit* unit() const { return &unit_; }
  [[nodiscard]] int planes() const { return static_cast<int>(unit_.tensor_count); }
  [[nodiscard]] std::int64_t width(int p) const { return shapes_[static_cast<std::size_t>(p)][1]; }
  [[nodiscard]] std::int64_t height(int p) const { return shapes_[static_cast<std::size_t>(p)][0]; }
  [[nodiscard]] int get(int p, std::int64_t x, std::int64_t y) const {
    const auto i = static_cast<std::size_t>(y * strides_[static_cast<std::size_t>(p)][0] + x);
    const std::uint8_t* bytes = data_[static_cast<std::size_t>(p)].data();
    return image_.bit_depth > 8 ? bytes[2 * i] | bytes[2 * i + 1] << 8 : bytes[i];
  }
  void set(int p, std::int64_t x, std::int64_t y, int value) {
    const auto i = static_cast<std::size_t>(y * strides_[static_cast<std::size_t>(p)][0] + x);
    std::uint8_t* bytes = data_[static_cast<std::size_t>(p)].data();
    if (image_.bit_depth > 8) {
      bytes[2 * i] = static_cast<std::uint8_t>(value);
      bytes[2 * i + 1] = static_cast<std::uint8_t>(value >> 8);
    } else {
      bytes[i] = static_cast<std::uint8_t>(value);
    }
  }
  // All samples, without the padding of rows.
  [[nodiscard]] std::vector<int> samples() const {
    std::vector<int> all;
    for (int p = 0; p < planes(); ++p) {
      for (std::int64_t y = 0; y < height(p); ++y) {
        for (std::int64_t x = 0; x < width(p); ++x) all.push_back(get(p, x, y));
      }
    }
    return all;
  }

 private:
  holo_image image_;
  holo_unit unit_{};
  std::array<std::vector<std::uint8_t>, 4> data_;
  std::array<std::array<std::int64_t, 2>, 4> shapes_{};
  std::array<std::array<std::int64_t, 2>, 4> strides_{};
  std::array<DLTensor, 4> tensors_{};
  std::array<const DLTensor*, 4> pointers_{};
};

// Integer waves that drift, a square that moves faster, and a little noise.
inline void draw(FrameBuffer& frame, int depth, int time, std::uint64_t seed) {
  Random random(seed * 1000 + static_cast<std::uint64_t>(time));
  const int top = (1 << depth) - 1;
  const auto wave = [](std::int64_t v) {  // triangle, 0..63
    const auto phase = static_cast<int>(((v % 126) + 126) % 126);
    return phase < 63 ? phase : 126 - phase;
  };
  for (int p = 0; p < frame.planes(); ++p) {
    for (std::int64_t y = 0; y < frame.height(p); ++y) {
      for (std::int64_t x = 0; x < frame.width(p); ++x) {
        std::int64_t value = wave(5 * x + 3 * y + 4 * time + 40 * p) + wave(2 * x - 7 * y - time);
        const std::int64_t dx = x - 3 * time - 4;
        const std::int64_t dy = y - time - 2;
        if (dx >= 0 && dy >= 0 && dx < 14 && dy < 11) value = 126 - value / 4;
        value = value * top / 140 +
                static_cast<std::int64_t>(random.below(1u + static_cast<unsigned>(top) / 60));
        frame.set(p, x, y, static_cast<int>(value > top ? top : value));
      }
    }
  }
}

inline holo_param_value int_value(const char* key, std::int64_t value) {
  return {sizeof(holo_param_value), HOLO_PARAM_INT, key, value, 0, nullptr};
}

struct Settings {
  int quality = 60;
  int gop = 32;
  int effort = 5;
};

// Runs the encoder over `count` drawn frames.
inline void encode_video(StoredVideo& video, const holo_image& image, int count,
                         const Settings& settings, ThreadedHost& host, std::uint64_t seed = 1) {
  video.image = image;
  video.stream.struct_size = sizeof video.stream;
  video.stream.kind = HOLO_FRAME;
  video.stream.unit_count = static_cast<std::uint64_t>(count);
  video.stream.image = &video.image;
  video.stream.time_base_num = video.stream.frame_rate_den = 1;
  video.stream.time_base_den = video.stream.frame_rate_num = 25;
  video.values = {int_value("quality", settings.quality), int_value("gop", settings.gop),
                  int_value("effort", settings.effort), int_value("chroma-offset", 0)};
  std::vector<const holo_param_value*> pointers;
  for (const auto& value : video.values) pointers.push_back(&value);
  const holo_params params{sizeof params, static_cast<std::uint32_t>(pointers.size()),
                           pointers.data()};
  holo_sink sink{};
  sink.struct_size = sizeof sink;
  sink.ctx = &video;
  sink.write = [](void* ctx, const holo_chunk* chunk, const void* data, holo_error*) {
    auto& to = *static_cast<StoredVideo*>(ctx);
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    to.frames[chunk->unit] = {chunk->flags, {bytes, bytes + chunk->size}};
    to.order.push_back(chunk->unit);
    return holo_status{HOLO_OK};
  };
  VideoEncoder encoder({Host(host.table()), Params(&params), Stream(&video.stream), Sink(&sink)});
  for (int i = 0; i < count; ++i) {
    FrameBuffer frame(image, static_cast<std::uint64_t>(i), image.width, image.height);
    draw(frame, image.bit_depth, i, seed);
    encoder.push(holo::Unit(frame.unit()));
  }
  encoder.finish();
}

// A decoder over a stored video; both outlive it.
class Player {
 public:
  Player(const StoredVideo& video, ThreadedHost& host) : video_(video) {
    for (const auto& value : video.values) pointers_.push_back(&value);
    params_ = {sizeof params_, static_cast<std::uint32_t>(pointers_.size()), pointers_.data()};
    source_.struct_size = sizeof source_;
    source_.bitstream_version = 1;
    source_.ctx = const_cast<StoredVideo*>(&video);
    source_.stream = &video.stream;
    source_.params = &params_;
    source_.unit_info = [](void*, std::uint64_t, holo_unit_info*) {
      return holo_status{HOLO_NOT_FOUND};
    };
    source_.find = &find;
    source_.find_key = &find_key;
    source_.read = &read;
    decoder_ = std::make_unique<VideoDecoder>(
        holo::DecodeJob{Host(host.table()), Params(nullptr), Source(&source_)});
  }
  // Throws what the decoder throws.
  [[nodiscard]] std::vector<int> render(std::uint64_t frame, bool sequential = false,
                                        int components = 0, Region region = {}) {
    if (region.width == 0) region = {0, 0, video_.image.width, video_.image.height};
    FrameBuffer out(video_.image, frame, static_cast<int>(region.width),
                    static_cast<int>(region.height));
    holo_render_request request{};
    request.struct_size = sizeof request;
    request.flags = sequential ? HOLO_RENDER_SEQUENTIAL : 0;
    request.unit = frame;
    request.x = static_cast<std::int32_t>(region.x);
    request.y = static_cast<std::int32_t>(region.y);
    request.width = static_cast<std::int32_t>(region.width);
    request.height = static_cast<std::int32_t>(region.height);
    request.components = components;
    decoder_->render(RenderRequest(&request), holo::Unit(out.unit()));
    return out.samples();
  }

 private:
  static holo_status find(void* ctx, std::uint32_t type, std::uint64_t unit, std::uint32_t part,
                          holo_chunk* out) {
    const auto& video = *static_cast<const StoredVideo*>(ctx);
    const auto found = video.frames.find(unit);
    if (type != kFrameChunk || part != 0 || found == video.frames.end()) return HOLO_NOT_FOUND;
    *out = {sizeof *out, type, unit, part, found->second.flags, found->second.bytes.size()};
    return HOLO_OK;
  }
  static holo_status find_key(void* ctx, std::uint64_t unit, std::uint64_t* out) {
    const auto& video = *static_cast<const StoredVideo*>(ctx);
    for (auto at = video.frames.upper_bound(unit); at != video.frames.begin();) {
      --at;
      if ((at->second.flags & HOLO_CHUNK_KEY) == 0) continue;
      *out = at->first;
      return HOLO_OK;
    }
    return HOLO_NOT_FOUND;
  }
  static holo_status read(void* ctx, const holo_chunk* chunk, std::uint64_t offset, void* data,
                          std::uint64_t size, holo_error*) {
    const auto& video = *static_cast<const StoredVideo*>(ctx);
    const auto& bytes = video.frames.at(chunk->unit).bytes;
    if (offset > bytes.size() || size > bytes.size() - offset) return HOLO_INVALID_ARG;
    std::copy_n(bytes.data() + offset, size, static_cast<std::uint8_t*>(data));
    ++video.reads;
    return HOLO_OK;
  }

  const StoredVideo& video_;
  std::vector<const holo_param_value*> pointers_;
  holo_params params_{};
  holo_source source_{};
  std::unique_ptr<VideoDecoder> decoder_;
};

}  // namespace holo::holovid::testing
