// Groups are independent, so their bytes do not depend on how many are coded at once.
#include "plugins/holovid/video_encoder.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <string>

#include "plugins/holovid/frame_encoder.hpp"
#include "plugins/holovid/quantizer.hpp"

namespace holo::holovid {
namespace {

constexpr int kWorstQuantizer = 148;  // of quality 0; each point of quality is one step finer
constexpr int kPicturesInFlight = 6;  // of one group while it is coded

// Frames that many others depend on are coded finer.
int frame_quantizer(int quality, int position) {
  constexpr std::array<int, kAnchorDistance> kOffset = {3, 8, 6, 8};
  constexpr int kKeyOffset = -8;
  const int offset =
      position == 0 ? kKeyOffset : kOffset[static_cast<std::size_t>(position % kAnchorDistance)];
  return std::clamp(kWorstQuantizer - quality + offset, 0, kQuantizerCount - 1);
}

}  // namespace

VideoEncoder::VideoEncoder(const holo::EncodeJob& job)
    : host_(job.host),
      sink_(job.sink),
      image_(job.stream.has_image() ? job.stream.image() : holo_image{}),
      format_(format_of(job.stream)),
      quality_(static_cast<int>(job.params.integer("quality"))),
      gop_(static_cast<int>(job.params.integer("gop"))),
      effort_(static_cast<int>(job.params.integer("effort"))),
      chroma_offset_(static_cast<int>(job.params.integer("chroma-offset"))) {
  const std::uint64_t group_bytes = static_cast<std::uint64_t>(gop_) * frame_bytes(format_) +
                                    kPicturesInFlight * picture_bytes(format_);
  group_limit_ = std::clamp<std::uint64_t>(kMemoryBudget / group_bytes, 1, host_.workers());
}

VideoEncoder::Samples VideoEncoder::take(const holo::Unit& unit) const {
  Samples samples;
  samples.reserve(static_cast<std::size_t>(frame_bytes(format_)));
  if (unit.planes() != format_.planes) {
    throw Failure(HOLO_INVALID_ARG,
                  "frame " + std::to_string(unit.index()) + " has " +
                      std::to_string(unit.planes()) + " planes, the stream " +
                      std::to_string(format_.planes),
                  {}, static_cast<std::int64_t>(unit.index()));
  }
  const auto append = [&](auto plane, int p) {
    if (plane.width() != format_.plane_width(p) || plane.height() != format_.plane_height(p)) {
      throw Failure(HOLO_INVALID_ARG,
                    "frame " + std::to_string(unit.index()) + " differs from the stream in size",
                    {}, static_cast<std::int64_t>(unit.index()));
    }
    for (std::int64_t y = 0; y < plane.height(); ++y) {
      const auto* row = reinterpret_cast<const std::uint8_t*>(plane.row(y));
      samples.insert(samples.end(), row,
                     row + plane.width() * static_cast<std::int64_t>(sizeof(*plane.row(y))));
    }
  };
  for (int p = 0; p < format_.planes; ++p) {
    const int from = source_plane(image_, p);
    if (format_.bytes_per_sample() == 1) {
      append(unit.plane<const std::uint8_t>(from), p);
    } else {
      append(unit.plane<const std::uint16_t>(from), p);
    }
  }
  return samples;
}

std::vector<std::uint8_t> VideoEncoder::encode(const Samples& samples, GopState& state,
                                               const RowDone& row_done) const {
  Picture picture(format_);
  const std::uint8_t* at = samples.data();
  for (int p = 0; p < format_.planes; ++p) {
    const int width = format_.plane_width(p);
    load_plane(format_, p, {at, width}, picture.planes[static_cast<std::size_t>(p)]);
    at += static_cast<std::ptrdiff_t>(width) * format_.plane_height(p) * format_.bytes_per_sample();
  }
  return encode_frame(picture, frame_quantizer(quality_, state.next_position()), effort_, state,
                      row_done)
      .bytes;
}

void VideoEncoder::write(std::uint64_t frame, bool key,
                         const std::vector<std::uint8_t>& bytes) const {
  sink_.write(kFrameChunk, frame, 0, key ? HOLO_CHUNK_KEY : 0, bytes);
}

void VideoEncoder::push(const holo::Unit& unit) {
  if (unit.index() != next_) {
    throw Failure(
        HOLO_INVALID_ARG,
        "expected frame " + std::to_string(next_) + ", found " + std::to_string(unit.index()), {},
        static_cast<std::int64_t>(unit.index()));
  }
  const std::uint64_t frame = next_++;
  const bool key = frame % static_cast<std::uint64_t>(gop_) == 0;
  if (group_limit_ == 1) {
    if (!running_) running_.emplace(format_, chroma_offset_, 0);
    if (key) running_->restart();
    write(frame, key, encode(take(unit), *running_, [&] { host_.progress(0); }));
    return;
  }
  if (key) {
    if (groups_.size() == group_limit_) flush();
    groups_.emplace_back().first = frame;
  }
  groups_.back().frames.push_back(take(unit));
}

void VideoEncoder::finish() { flush(); }

void VideoEncoder::flush() {
  std::uint64_t total = 0;
  for (const Group& group : groups_) total += group.frames.size();
  std::atomic<std::uint64_t> done{0};
  const RowDone report = [&] {
    host_.progress(static_cast<double>(done) / static_cast<double>(total));
  };
  host_.parallel_for(groups_.size(), [&](std::uint64_t index) {
    Group& group = groups_[static_cast<std::size_t>(index)];
    GopState state(format_, chroma_offset_, 0);
    for (Samples& samples : group.frames) {
      group.coded.push_back(encode(samples, state, report));
      samples = {};
      ++done;
      report();
    }
  });
  for (const Group& group : groups_) {
    for (std::size_t i = 0; i < group.coded.size(); ++i) {
      write(group.first + i, i == 0, group.coded[i]);
    }
  }
  groups_.clear();
}

}  // namespace holo::holovid
