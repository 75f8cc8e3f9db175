// What a render request means for a given file.
#include "core/host/render_shape.hpp"

#include <cstring>

#include "core/host/checks.hpp"

namespace holo::host {
namespace {

bool is_image(std::int32_t kind) { return kind == HOLO_PICTURE || kind == HOLO_FRAME; }

std::uint64_t rows_of(const UnitInfo& unit) {
  return unit.shape.empty() ? 1 : static_cast<std::uint64_t>(unit.shape[0]);
}

Status resolve_region(RenderRequest& request, const holo_image& image) {
  if (request.width == 0 && request.height == 0 && request.x == 0 && request.y == 0) {
    request.width = image.width;
    request.height = image.height;
  }
  const std::string region = std::to_string(request.x) + "," + std::to_string(request.y) + "," +
                             std::to_string(request.width) + "," + std::to_string(request.height);
  if (request.x < 0 || request.y < 0 || request.width < 1 || request.height < 1 ||
      request.x > image.width - request.width || request.y > image.height - request.height) {
    return make_error(HOLO_INVALID_ARG,
                      "region " + region + " (x,y,width,height) is not inside the image of " +
                          std::to_string(image.width) + "x" + std::to_string(image.height));
  }
  const int step_x = 1 << image.chroma_shift_x;
  const int step_y = 1 << image.chroma_shift_y;
  if (request.x % step_x != 0 || request.y % step_y != 0) {
    return make_error(HOLO_INVALID_ARG, "region " + region +
                                            ": with this image's subsampled chroma x must be a "
                                            "multiple of " +
                                            std::to_string(step_x) + " and y of " +
                                            std::to_string(step_y));
  }
  return {};
}

Status resolve_rows(RenderRequest& request, const UnitInfo& unit) {
  const std::uint64_t rows = rows_of(unit);
  if (request.row_begin == 0 && request.row_count == 0) request.row_count = rows;
  if (request.row_begin > rows || request.row_count > rows - request.row_begin ||
      (request.row_count == 0 && rows > 0)) {
    return make_error(HOLO_INVALID_ARG, "rows " + std::to_string(request.row_begin) + " to " +
                                            std::to_string(request.row_begin + request.row_count) +
                                            " are not inside '" + unit.name + "', which has " +
                                            std::to_string(rows) + " row(s)");
  }
  return {};
}

RenderShape shape_of(const RenderRequest& request, const StreamInfo& stream, const UnitInfo& unit) {
  RenderShape shape{request, unit, std::nullopt};
  if (is_image(unit.kind)) {
    shape.image = *stream.image;
    shape.image->width = request.width;
    shape.image->height = request.height;
  } else if (!unit.shape.empty()) {
    shape.info.shape[0] = static_cast<std::int64_t>(request.row_count);
  }
  return shape;
}

}  // namespace

Result<RenderShape> resolve_request(const RenderRequest& asked, const StreamInfo& stream,
                                    const UnitInfo& unit) {
  RenderRequest request = asked;
  if (request.components < 0) {
    return make_error(HOLO_INVALID_ARG, "components is " + std::to_string(request.components) +
                                            ", expected 1 or more, or 0 for all");
  }
  if (is_image(unit.kind)) {
    if (!stream.image) {
      return make_error(HOLO_CORRUPT, "the file says it holds pictures but does not describe them");
    }
    HOLO_TRY(validate_image(*stream.image, UINT64_MAX));
    HOLO_TRY(resolve_region(request, *stream.image));
  } else {
    for (const std::int64_t extent : unit.shape) {
      if (extent < 0) {
        return make_error(HOLO_CORRUPT, "'" + printable(unit.name) + "' has a negative extent");
      }
    }
    HOLO_TRY(resolve_rows(request, unit));
  }
  return shape_of(request, stream, unit);
}

RenderShape whole_unit(const RenderShape& part, const StreamInfo& stream, const UnitInfo& unit) {
  RenderRequest request = part.request;
  request.x = request.y = 0;
  request.width = stream.image ? stream.image->width : 0;
  request.height = stream.image ? stream.image->height : 0;
  request.row_begin = 0;
  request.row_count = rows_of(unit);
  return shape_of(request, stream, unit);
}

bool is_whole(const RenderShape& shape, const StreamInfo& stream, const UnitInfo& unit) {
  if (!is_image(unit.kind)) return shape.request.row_count == rows_of(unit);
  return shape.request.width == stream.image->width && shape.request.height == stream.image->height;
}

Result<UnitBuffer> allocate_unit(const RenderShape& shape, std::uint64_t byte_limit) {
  Result<UnitBuffer> buffer = shape.image
                                  ? UnitBuffer::planes(shape.info.kind, *shape.image, byte_limit)
                                  : UnitBuffer::tensor(shape.info, byte_limit);
  if (buffer.ok()) buffer->info = shape.info;
  return buffer;
}

void crop(const UnitBuffer& whole, const RenderShape& shape, UnitBuffer& part) {
  if (!shape.image) {
    const std::uint64_t rows = shape.request.row_count;
    if (rows == 0) return;
    const std::uint64_t row = part.byte_size() / rows;
    std::memcpy(part.plane(0), whole.plane(0) + shape.request.row_begin * row, part.byte_size());
    return;
  }
  const std::int64_t sample = bytes_per_sample(*shape.image);
  for (std::size_t p = 0; p < part.plane_count(); ++p) {
    const bool chroma = is_chroma_plane(*shape.image, p);
    const std::int64_t x = shape.request.x >> (chroma ? shape.image->chroma_shift_x : 0);
    const std::int64_t y = shape.request.y >> (chroma ? shape.image->chroma_shift_y : 0);
    for (std::int64_t row = 0; row < part.plane_height(p); ++row) {
      std::memcpy(part.plane(p) + row * part.row_bytes(p),
                  whole.plane(p) + (y + row) * whole.row_bytes(p) + x * sample,
                  static_cast<std::size_t>(part.plane_width(p) * sample));
    }
  }
}

}  // namespace holo::host
