// A frame alone costs its group up to it. Frames asked for in order are decoded group by group,
// several groups at once where memory allows.
#include "plugins/holovid/video_decoder.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "plugins/holovid/frame_decoder.hpp"

namespace holo::holovid {
namespace {

std::string frame_name(std::uint64_t frame) { return "frame " + std::to_string(frame); }

[[noreturn]] void fail_frame(holo_status status, std::uint64_t frame, const std::string& what) {
  throw Failure(status, frame_name(frame) + ": " + what, {}, static_cast<std::int64_t>(frame));
}

}  // namespace

VideoDecoder::VideoDecoder(const holo::DecodeJob& job)
    : host_(job.host),
      source_(job.source),
      format_(format_of(job.source.stream())),
      chroma_offset_(static_cast<int>(
          std::clamp<std::int64_t>(job.source.params().integer("chroma-offset"), -64, 64))) {
  if (source_.bitstream_version() != 1) {
    throw Failure(HOLO_UNSUPPORTED, "holovid bitstream version " +
                                        std::to_string(source_.bitstream_version()) +
                                        "; this plugin reads version 1");
  }
}

std::uint64_t VideoDecoder::key_of(std::uint64_t frame) const {
  const auto key = source_.find_key(frame);
  if (!key || *key > frame) fail_frame(HOLO_NOT_FOUND, frame, "no key frame at or before it");
  return *key;
}

std::uint64_t VideoDecoder::end_of_group(std::uint64_t key, std::uint64_t limit) const {
  std::uint64_t end = key + 1;
  for (; end < limit; ++end) {
    const auto chunk = source_.find(kFrameChunk, end, 0);
    if (!chunk || (chunk->flags & HOLO_CHUNK_KEY) != 0) break;
  }
  return end;
}

std::shared_ptr<const Reference> VideoDecoder::decode(std::uint64_t frame, bool key,
                                                      GopState& state,
                                                      const RowDone& row_done) const {
  const auto chunk = source_.find(kFrameChunk, frame, 0);
  if (!chunk) fail_frame(HOLO_NOT_FOUND, frame, "its data are missing");
  // A frame never needs many times its samples; more is no frame.
  const std::uint64_t limit = 4 * picture_bytes(format_) + 4096;
  if (chunk->size > limit) {
    fail_frame(HOLO_CORRUPT, frame, "it claims " + std::to_string(chunk->size) + " bytes");
  }
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(chunk->size));
  try {
    source_.read(*chunk, 0, bytes.data(), bytes.size());
  } catch (const Failure& failure) {
    fail_frame(failure.status(), frame, failure.message());
  }
  if (!bytes.empty() && ((bytes[0] & kKeyFlag) != 0) != key) {
    fail_frame(HOLO_CORRUPT, frame,
               key ? "it is marked as a key frame but is none"
                   : "it is a key frame but not marked as one");
  }
  auto result = decode_frame(bytes, state, row_done);
  if (!result.ok()) fail_frame(result.error().code, frame, result.error().message);
  return std::move(result).value();
}

std::shared_ptr<const Reference> VideoDecoder::frame_alone(std::uint64_t frame, std::uint64_t key,
                                                           int components) {
  const bool continues = state_ && latest_ && state_components_ == components &&
                         state_key_ == key && latest_index_ <= frame;
  if (!continues) {
    latest_.reset();
    state_.emplace(format_, chroma_offset_, components);
    state_components_ = components;
    state_key_ = key;
  }
  if (continues && latest_index_ == frame) return latest_;
  const std::uint64_t first = continues ? latest_index_ + 1 : key;
  const auto report = [&](std::uint64_t next) {
    host_.progress(static_cast<double>(next - first) / static_cast<double>(frame - first + 1));
  };
  for (std::uint64_t i = first; i <= frame; ++i) {
    // Held only once complete, so that an error or a cancelled call leaves no half state.
    auto picture = std::exchange(latest_, nullptr);
    picture = decode(i, i == key, *state_, [&] { report(i); });
    latest_ = std::move(picture);
    latest_index_ = i;
    report(i + 1);
  }
  return latest_;
}

void VideoDecoder::decode_ahead(std::uint64_t key, int components) {
  groups_.clear();
  group_components_ = components;
  const std::uint64_t count = source_.stream().unit_count();
  const std::uint64_t most_frames = kMemoryBudget / picture_bytes(format_);
  std::uint64_t frames = 0;
  for (std::uint64_t first = key;
       groups_.size() < host_.workers() && (first < count || first == key);) {
    const std::uint64_t end = end_of_group(first, std::min(count, first + most_frames + 1));
    frames += end - first;
    if (frames > most_frames) break;
    groups_.push_back({first, end, {}, std::nullopt});
    if (!source_.find(kFrameChunk, end, 0)) break;
    first = end;
  }
  if (groups_.size() < 2) return groups_.clear();
  std::atomic<std::uint64_t> done{0};
  const RowDone report = [&] {
    host_.progress(static_cast<double>(done) / static_cast<double>(frames));
  };
  host_.parallel_for(groups_.size(), [&](std::uint64_t index) {
    Group& group = groups_[static_cast<std::size_t>(index)];
    GopState state(format_, chroma_offset_, components);
    for (std::uint64_t i = group.first; i < group.end; ++i) {
      try {
        group.frames.push_back(decode(i, i == group.first, state, report));
      } catch (const Cancelled&) {
        throw;
      } catch (const Failure& failure) {
        group.failure = failure;  // told when that frame is asked for
        return;
      }
      ++done;
      report();
    }
  });
}

std::shared_ptr<const Reference> VideoDecoder::frame_ahead(std::uint64_t frame, std::uint64_t key,
                                                           int components) {
  const auto find = [&]() -> Group* {
    if (group_components_ != components) return nullptr;
    for (Group& group : groups_) {
      if (frame >= group.first && frame < group.end) return &group;
    }
    return nullptr;
  };
  Group* group = find();
  if (group == nullptr && frame == key) {
    try {
      decode_ahead(key, components);
    } catch (...) {
      groups_.clear();
      throw;
    }
    group = find();
  }
  if (group == nullptr) return nullptr;
  const auto index = static_cast<std::size_t>(frame - group->first);
  if (index >= group->frames.size()) {
    if (group->failure) throw *group->failure;
    return nullptr;
  }
  // Frames behind the one asked for are let go.
  for (Group& other : groups_) {
    for (std::size_t i = 0; i < other.frames.size() && other.first + i < frame; ++i) {
      other.frames[i].reset();
    }
  }
  return group->frames[index];
}

void VideoDecoder::render(const holo::RenderRequest& request, const holo::Unit& out) {
  const std::uint64_t frame = request.unit();
  if (request.components() < 0) {
    throw Failure(HOLO_INVALID_ARG, "components must be 0 (all) or positive");
  }
  const holo_image& image = source_.stream().image();
  const std::uint64_t key = key_of(frame);
  std::shared_ptr<const Reference> decoded;
  if (request.sequential() && host_.workers() > 1) {
    decoded = frame_ahead(frame, key, request.components());
  }
  if (!decoded) decoded = frame_alone(frame, key, request.components());
  if (out.planes() != format_.planes) {
    throw Failure(HOLO_INVALID_ARG, "the unit to fill has the wrong number of planes");
  }
  for (int p = 0; p < format_.planes; ++p) {
    const int to = source_plane(image, p);
    const holo::Region r = request.region(image, to);
    const auto store = [&](auto plane) {
      if (plane.width() != r.width || plane.height() != r.height) {
        throw Failure(HOLO_INVALID_ARG, "the unit to fill has not the size of the region");
      }
      store_plane(format_, decoded->picture.planes[static_cast<std::size_t>(p)],
                  static_cast<int>(r.x), static_cast<int>(r.y), static_cast<int>(r.width),
                  static_cast<int>(r.height), {plane.row(0), plane.stride()});
    };
    if (format_.bytes_per_sample() == 1) {
      store(out.plane<std::uint8_t>(to));
    } else {
      store(out.plane<std::uint16_t>(to));
    }
  }
}

void VideoDecoder::inspect(const holo::Figures& figure) {
  std::uint64_t bytes = 0;
  std::uint64_t keys = 0;
  std::uint64_t frames = 0;
  for (; frames < source_.stream().unit_count(); ++frames) {
    const auto chunk = source_.find(kFrameChunk, frames, 0);
    if (!chunk) break;
    bytes += chunk->size;
    keys += (chunk->flags & HOLO_CHUNK_KEY) != 0 ? 1 : 0;
  }
  figure("frames", static_cast<double>(frames));
  figure("key_frames", static_cast<double>(keys));
  figure("coded_bytes", static_cast<double>(bytes));
  if (frames > 0) {
    figure("bits_per_pixel", 8.0 * static_cast<double>(bytes) / static_cast<double>(frames) /
                                 (static_cast<double>(format_.width) * format_.height));
  }
}

}  // namespace holo::holovid
