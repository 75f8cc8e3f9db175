// Rings, the classes' maps, and regression between planes.
#include "plugins/holo-image/deep/prediction.hpp"

#include <algorithm>

#include "plugins/holo-image/color.hpp"
#include "plugins/holo-image/deep/matrix.hpp"

namespace holo::image::deep {

Ring gather_ring(const TileState& state, const Position& at, int plane) {
  const int side = at.side();
  const auto n = std::size_t(side);
  Ring ring;
  auto& s = ring.sample;
  // Known samples lie together: from the corner on, first as far as the block, then as far again.
  int above = at.y > 0 ? side : 0;
  if (above > 0 && state.unit(at.x + side, at.y - 1).known)
    above += std::min(side, state.width() - at.x - side);
  int left = at.x > 0 ? side : 0;
  if (left > 0 && state.unit(at.x - 1, at.y + side).known)
    left += std::min(side, state.height() - at.y - side);
  ring.known = above > 0 || left > 0;
  if (!ring.known) {
    const std::int16_t start = state.pixels.start[std::size_t(plane)];
    std::fill_n(s.begin(), 4 * n + 1, start);
    ring.mean = start;
    return ring;
  }
  for (int i = 0; i < left; ++i)
    s[2 * n + 1 + std::size_t(i)] = state.row(plane, at.y + i)[at.x - 1];
  if (above > 0) {
    const std::int16_t* row = state.row(plane, at.y - 1);
    std::copy_n(row + at.x, above, s.begin() + 1);
    std::fill(s.begin() + 1 + above, s.begin() + std::ptrdiff_t(2 * n + 1), s[std::size_t(above)]);
    if (left > 0) s[0] = row[at.x - 1];
  }
  if (left == 0) {
    s[0] = s[1];
    std::fill_n(s.begin() + std::ptrdiff_t(2 * n + 1), 2 * n, s[1]);
  } else {
    std::fill(s.begin() + std::ptrdiff_t(2 * n + 1) + left, s.begin() + std::ptrdiff_t(4 * n + 1),
              s[2 * n + std::size_t(left)]);
    if (above == 0) std::fill_n(s.begin(), 2 * n + 1, s[2 * n + 1]);
  }
  std::int32_t sum = side;
  for (std::size_t i = 1; i <= n; ++i) sum += s[i] + s[2 * n + i];
  ring.mean = sum >> (3 + at.size);
  return ring;
}

void ring_inputs_of(const Ring& ring, int side, RingInputs& out) {
  const int inputs = ring_inputs(side);
  for (int r = 0; r < inputs; ++r)
    out.value[r] = static_cast<std::int16_t>(pooled_sample(ring.sample, side, r) - ring.mean);
  out.value[inputs] = 0;
}

void predict_from_ring(const Model& model, const Position& at, int block_class, const Ring& ring,
                       const RingInputs& inputs, Block& out) {
  const ClassModel& c = model.sizes[std::size_t(at.size)][std::size_t(block_class)];
  const int pixels = at.side() * at.side();
  alignas(32) std::int32_t sums[kMaxPixels];
  multiply(c.predictor.data(), ring_inputs(at.side()) + 1, pixels, inputs.value,
           1 << (kPredictorBits - 1), sums);
  for (int i = 0; i < pixels; ++i)
    out.sample[i] = clamp_internal(ring.mean + (sums[i] >> kPredictorBits));
}

void predict_flat(const Position& at, const Ring& ring, Block& out) {
  std::fill_n(out.sample, at.side() * at.side(), clamp_internal(ring.mean));
}

void predict_from_plane(const TileState& state, const Position& at, const Ring& ring,
                        const Ring& source_ring, int source, Block& out) {
  const int side = at.side();
  const auto n = std::size_t(side);
  std::int64_t aa = 0, ab = 0, a_sum = 0, b_sum = 0;
  for (std::size_t i = 1; i <= n; ++i)
    for (const std::size_t r : {i, 2 * n + i}) {
      const std::int64_t a = source_ring.sample[r], b = ring.sample[r];
      a_sum += a;
      b_sum += b;
      aa += a * a;
      ab += a * b;
    }
  const std::int64_t count = 2 * side;
  const std::int64_t covariance = count * ab - a_sum * b_sum;
  // The second term, six squared 8-bit steps a sample, keeps slopes of flat rings small.
  const std::int64_t variance = count * aa - a_sum * a_sum + count * count * 6 * 4096;
  const auto slope = static_cast<std::int32_t>(
      std::clamp<std::int64_t>(covariance * 1024 / variance, -1536, 1536));
  for (int y = 0; y < side; ++y) {
    const std::int16_t* from = state.row(source, at.y + y) + at.x;
    std::int16_t* to = out.sample + y * side;
    for (int x = 0; x < side; ++x)
      to[x] = clamp_internal(ring.mean + ((slope * (from[x] - source_ring.mean) + 512) >> 10));
  }
}

}  // namespace holo::image::deep
