// Finding a telling detail, cutting it out, and writing it as PNG.
#include "core/bench/crop.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "core/bench/scratch.hpp"
#include "core/host/codec_session.hpp"
#include "core/jobs/input.hpp"
#include "core/media/picture.hpp"
#include "core/metrics/quality.hpp"

namespace holo::bench {

namespace {

Result<UnitBuffer> read_planes(const std::string& path) {
  HOLO_ASSIGN(const auto reader, open_reader(path));
  HOLO_ASSIGN(auto picture, media::read_picture(*reader, media::Limits{jobs::kUnitLimit}));
  return std::move(picture.unit);
}

double variance(const metrics::Plane& plane, const Region& region) {
  double sum = 0;
  double squares = 0;
  for (std::int64_t y = region.y; y < region.y + region.height; ++y) {
    const double* row = plane.row(y) + region.x;
    for (std::int64_t x = 0; x < region.width; ++x) {
      sum += row[x];
      squares += row[x] * row[x];
    }
  }
  const double count = static_cast<double>(region.width) * static_cast<double>(region.height);
  return squares / count - sum / count * (sum / count);
}

Result<UnitBuffer> cut(const UnitBuffer& unit, const Region& region) {
  holo_image image = *unit.image;
  image.width = region.width;
  image.height = region.height;
  image.orientation = 1;
  HOLO_ASSIGN(auto part, UnitBuffer::planes(HOLO_PICTURE, image, jobs::kUnitLimit));
  const auto size = static_cast<std::int64_t>(bytes_per_sample(image));
  for (std::size_t plane = 0; plane < part.plane_count(); ++plane) {
    for (std::int64_t y = 0; y < region.height; ++y) {
      std::memcpy(part.plane(plane) + y * part.row_bytes(plane),
                  unit.plane(plane) + (region.y + y) * unit.row_bytes(plane) + region.x * size,
                  static_cast<std::size_t>(region.width * size));
    }
  }
  return part;
}

Result<std::vector<std::uint8_t>> png_of(UnitBuffer unit) {
  HOLO_ASSIGN(const auto file, scratch_file());
  const media::PictureFormat* png = media::picture_format_for_path("x.png");
  HOLO_TRY(media::write_picture(*file, *png, unit, {}, {}));
  return contents(*file);
}

}  // namespace

Result<Region> busiest_region(const std::string& picture, std::int32_t side) {
  HOLO_ASSIGN(const UnitBuffer unit, read_planes(picture));
  const metrics::Plane luma = metrics::luma_of(unit);
  const auto width = static_cast<std::int32_t>(luma.width);
  const auto height = static_cast<std::int32_t>(luma.height);
  Region best{0, 0, std::min(side, width), std::min(side, height)};
  double most = -1;
  const std::int32_t step = std::max(1, side / 2);
  for (std::int32_t y = 0; y + best.height <= height; y += step) {
    for (std::int32_t x = 0; x + best.width <= width; x += step) {
      const double found = variance(luma, {x, y, best.width, best.height});
      if (found <= most) continue;
      most = found;
      best.x = x;
      best.y = y;
    }
  }
  return best;
}

Result<std::vector<std::uint8_t>> crop_of_picture(const std::string& picture,
                                                  const Region& region) {
  HOLO_ASSIGN(const UnitBuffer unit, read_planes(picture));
  HOLO_ASSIGN(auto part, cut(unit, region));
  return png_of(std::move(part));
}

Result<std::vector<std::uint8_t>> crop_of_file(host::Registry& registry,
                                               const host::ComponentInfo& codec,
                                               const std::string& file, const Region& region) {
  HOLO_ASSIGN(auto bytes, open_reader(file));
  HOLO_ASSIGN(const auto reader, open_holo_file(std::move(bytes)));
  HOLO_ASSIGN(const auto params, host::resolve_params(codec.params, {}, codec.alias, true));
  host::JobOptions threads;
  threads.jobs = 1;
  host::Job job(threads);
  HOLO_ASSIGN(const auto session,
              host::DecoderSession::create(registry, codec, job, params, *reader));
  host::RenderRequest request;
  request.x = region.x;
  request.y = region.y;
  request.width = region.width;
  request.height = region.height;
  HOLO_ASSIGN(auto part, session->render(request, jobs::kUnitLimit));
  if (part.image) part.image->orientation = 1;
  return png_of(std::move(part));
}

}  // namespace holo::bench
