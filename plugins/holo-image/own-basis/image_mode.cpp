// Rows of patches are coded and rendered independently, in parallel.
#include "plugins/holo-image/own-basis/image_mode.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include "plugins/holo-image/own-basis/patch_basis.hpp"
#include "plugins/holo-image/tile_grid.hpp"

namespace holo::image {
namespace {

constexpr std::uint32_t kBaseChunk = fourcc("base");
constexpr std::uint32_t kCoefficientChunk = fourcc("coef");
constexpr std::int64_t kSide = 8;
// Fixed, so that the sums do not depend on the number of workers.
constexpr std::uint64_t kSlices = 16;

struct PatchShape {
  std::int64_t columns, rows;
  int planes;
  std::size_t dimensions, components;
  std::uint32_t maximum;
};

PatchShape shape_of(const holo_image& image, std::int64_t components) {
  expect_supported(image);
  if (image.has_alpha != 0)
    throw Failure(HOLO_UNSUPPORTED,
                  "basis=image has no place for alpha; use basis=trained, or remove the alpha",
                  "basis");
  const int planes = image.model == HOLO_GRAY ? 1 : 3;
  const std::size_t dimensions = kPatchPixels * static_cast<std::size_t>(planes);
  return {(image.width + kSide - 1) / kSide,
          (image.height + kSide - 1) / kSide,
          planes,
          dimensions,
          std::clamp<std::size_t>(static_cast<std::size_t>(std::max<std::int64_t>(components, 1)),
                                  1, dimensions),
          (std::uint32_t{1} << image.bit_depth) - 1};
}

template <class Sample>
void read_row(const Unit& unit, const PatchShape& shape, std::int64_t row,
              std::vector<float>& patches) {
  patches.resize(static_cast<std::size_t>(shape.columns) * shape.dimensions);
  const float scale = 255.0f / static_cast<float>(shape.maximum);
  for (int p = 0; p < shape.planes; ++p) {
    const auto plane = unit.plane<const Sample>(p);
    for (std::int64_t y = 0; y < kSide; ++y) {
      const Sample* line = plane.row(std::min(row * kSide + y, plane.height() - 1));
      for (std::int64_t x = 0; x < shape.columns * kSide; ++x)
        patches[static_cast<std::size_t>(x / kSide) * shape.dimensions +
                static_cast<std::size_t>(p * 64 + y * kSide + x % kSide)] =
            static_cast<float>(line[std::min(x, plane.width() - 1)]) * scale;
    }
  }
}

void read_patches(const Unit& unit, const PatchShape& shape, std::int64_t row,
                  std::vector<float>& patches) {
  if (shape.maximum > 255)
    read_row<std::uint16_t>(unit, shape, row, patches);
  else
    read_row<std::uint8_t>(unit, shape, row, patches);
}

// binary16 numbers are stored least significant byte first.
std::vector<std::uint8_t> to_bytes(const std::vector<std::uint16_t>& halves) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(halves.size() * 2);
  for (const std::uint16_t half : halves) put(bytes, half);
  return bytes;
}

std::vector<std::uint16_t> read_halves(const Source& source, const holo_chunk& chunk,
                                       std::size_t count) {
  std::vector<std::uint8_t> bytes(count * 2);
  source.read(chunk, 0, bytes.data(), bytes.size());
  std::vector<std::uint16_t> halves(count);
  for (std::size_t i = 0; i < count; ++i)
    halves[i] = static_cast<std::uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8);
  return halves;
}

holo_chunk find_sized(const Source& source, std::uint32_t type, std::uint64_t unit,
                      std::uint32_t part, std::uint64_t size) {
  const auto chunk = source.find(type, unit, part);
  if (!chunk || chunk->size != size)
    fail(HOLO_CORRUPT, "chunk '" + fourcc_name(type) + "' part " + std::to_string(part) +
                           ": expected " + std::to_string(size) + " bytes, found " +
                           (chunk ? std::to_string(chunk->size) : "none") +
                           "; the file is damaged, fetch it again");
  return *chunk;
}

template <class Sample>
void write_patch(const std::vector<std::uint16_t>& samples, const PatchShape& shape,
                 std::int64_t left, std::int64_t top, const Region& wanted, const Unit& out) {
  for (int p = 0; p < shape.planes; ++p) {
    const auto plane = out.plane<Sample>(p);
    for (std::int64_t y = std::max(top, wanted.y);
         y < std::min(top + kSide, wanted.y + wanted.height); ++y)
      for (std::int64_t x = std::max(left, wanted.x);
           x < std::min(left + kSide, wanted.x + wanted.width); ++x)
        plane.at(x - wanted.x, y - wanted.y) = static_cast<Sample>(
            samples[static_cast<std::size_t>(p * 64 + (y - top) * kSide + x - left)]);
  }
}

}  // namespace

void encode_own_basis(const Host& host, const Params& params, const Sink& sink, const Unit& unit) {
  const PatchShape shape = shape_of(unit.image(), params.integer("components"));
  std::vector<spectral::CovarianceAccumulator> slices(
      kSlices, spectral::CovarianceAccumulator(shape.dimensions));
  std::atomic<std::int64_t> measured = 0;
  host.parallel_for(kSlices, [&](std::uint64_t slice) {
    std::vector<float> patches;
    for (auto row = static_cast<std::int64_t>(slice); row < shape.rows;
         row += static_cast<std::int64_t>(kSlices)) {
      read_patches(unit, shape, row, patches);
      check(slices[slice].push(patches, static_cast<std::size_t>(shape.columns)));
      host.progress(0.3 * static_cast<double>(++measured) / static_cast<double>(shape.rows));
    }
  });
  for (std::size_t i = 1; i < kSlices; ++i) check(slices[0].merge(slices[i]));
  const PatchBasis basis = unwrap(fit_patch_basis(slices[0], shape.components));
  // The chunk belongs to the unit, not to all units: every picture has its own basis.
  sink.write(kBaseChunk, unit.index(), 0, HOLO_CHUNK_KEY, to_bytes(basis.numbers));

  const auto rows = static_cast<std::uint64_t>(shape.rows);
  std::vector<std::vector<std::uint8_t>> coefficients(rows);
  std::atomic<std::uint64_t> done = 0;
  host.parallel_for(rows, [&](std::uint64_t row) {
    std::vector<float> patches;
    read_patches(unit, shape, static_cast<std::int64_t>(row), patches);
    coefficients[row] = to_bytes(project(basis, patches));
    host.progress(0.3 + 0.7 * static_cast<double>(++done) / static_cast<double>(rows));
  });
  for (std::uint64_t row = 0; row < rows; ++row)
    sink.write(kCoefficientChunk, unit.index(), static_cast<std::uint32_t>(row), 0,
               coefficients[row]);
}

void render_own_basis(const Host& host, const Source& source, const RenderRequest& request,
                      const Unit& out) {
  const holo_image& image = source.stream().image();
  const PatchShape shape = shape_of(image, source.params().integer("components"));
  const Region wanted = request.region(image);
  const std::size_t used =
      request.components() > 0
          ? std::min(static_cast<std::size_t>(request.components()), shape.components)
          : shape.components;
  const auto columns = static_cast<std::size_t>(shape.columns);
  const std::int64_t first = wanted.y / kSide;
  const std::int64_t end = (wanted.y + wanted.height + kSide - 1) / kSide;
  const holo_chunk base = find_sized(source, kBaseChunk, request.unit(), 0,
                                     (1 + shape.components) * shape.dimensions * 2);
  std::vector<holo_chunk> chunks;
  for (std::int64_t row = first; row < end; ++row)
    chunks.push_back(find_sized(source, kCoefficientChunk, request.unit(),
                                static_cast<std::uint32_t>(row), shape.components * columns * 2));
  const PatchBasis basis{shape.dimensions, shape.components,
                         read_halves(source, base, (1 + shape.components) * shape.dimensions)};
  const PatchRenderer renderer = unwrap(PatchRenderer::open(basis, used));
  std::atomic<std::uint64_t> done = 0;
  host.parallel_for(chunks.size(), [&](std::uint64_t i) {
    // Components are stored one after the other: a coarser picture reads less.
    const auto halves = read_halves(source, chunks[i], used * columns);
    std::vector<std::uint16_t> samples(shape.dimensions);
    const std::int64_t top = (first + static_cast<std::int64_t>(i)) * kSide;
    for (std::int64_t column = wanted.x / kSide; column * kSide < wanted.x + wanted.width;
         ++column) {
      check(renderer.render(&halves[static_cast<std::size_t>(column)], columns, shape.maximum,
                            samples));
      if (shape.maximum > 255)
        write_patch<std::uint16_t>(samples, shape, column * kSide, top, wanted, out);
      else
        write_patch<std::uint8_t>(samples, shape, column * kSide, top, wanted, out);
    }
    host.progress(static_cast<double>(++done) / static_cast<double>(chunks.size()));
  });
}

std::uint64_t float16_bytes(const holo_image& image, std::int64_t components) {
  const PatchShape shape = shape_of(image, components);
  const auto patches = static_cast<std::uint64_t>(shape.columns * shape.rows);
  return 2 * ((1 + shape.components) * shape.dimensions + patches * shape.components);
}

}  // namespace holo::image
