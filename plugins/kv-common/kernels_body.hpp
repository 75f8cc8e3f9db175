// The kernels over vectors of eight, included where Vector, fma, sum, load, store, broadcast and
// load_levels are defined.

template <class Element>
void score_rows(const float* query, const Element* rows, std::size_t stride, std::size_t count,
                std::size_t dim, float* out) {
  const std::size_t whole = dim / kOctet * kOctet;
  for (std::size_t p = 0; p < count; ++p, rows += stride) {
    Vector total = broadcast(0);
    for (std::size_t d = 0; d < whole; d += kOctet) {
      total = fma(load(query + d), load(rows + d), total);
    }
    float result = sum(total);
    for (std::size_t d = whole; d < dim; ++d) result += query[d] * to_float(rows[d]);
    out[p] = result;
  }
}

template <class Element>
void mix_rows(const float* weights, const Element* rows, std::size_t stride, std::size_t count,
              std::size_t dim, float* out) {
  // Four vectors of the result stay in registers while the rows go by.
  constexpr std::size_t kColumns = 4;
  std::size_t d = 0;
  for (; d + kColumns * kOctet <= dim; d += kColumns * kOctet) {
    Vector sums[kColumns];
    for (std::size_t i = 0; i < kColumns; ++i) sums[i] = load(out + d + i * kOctet);
    for (std::size_t p = 0; p < count; ++p) {
      const Vector weight = broadcast(weights[p]);
      const Element* row = rows + p * stride + d;
      for (std::size_t i = 0; i < kColumns; ++i) {
        sums[i] = fma(weight, load(row + i * kOctet), sums[i]);
      }
    }
    for (std::size_t i = 0; i < kColumns; ++i) store(out + d + i * kOctet, sums[i]);
  }
  for (; d + kOctet <= dim; d += kOctet) {
    Vector total = load(out + d);
    for (std::size_t p = 0; p < count; ++p) {
      total = fma(broadcast(weights[p]), load(rows + p * stride + d), total);
    }
    store(out + d, total);
  }
  for (; d < dim; ++d) {
    for (std::size_t p = 0; p < count; ++p) out[d] += weights[p] * to_float(rows[p * stride + d]);
  }
}

template <int kBits>
void score_levels(const float* query, const std::uint8_t* rows, std::size_t stride,
                  std::size_t count, std::size_t octets, float offset, float* out) {
  for (std::size_t p = 0; p < count; ++p, rows += stride) {
    Vector total = broadcast(0);
    for (std::size_t o = 0; o < octets; ++o) {
      total = fma(load(query + o * kOctet), load_levels<kBits>(rows + o * kBits), total);
    }
    out[p] = offset + sum(total);
  }
}

template <int kBits>
void mix_levels(const float* scales, const float* minima, std::size_t groups, std::size_t group,
                const std::uint8_t* rows, std::size_t stride, std::size_t count, std::size_t octets,
                float* out) {
  for (std::size_t o = 0; o < octets; ++o) {
    const std::size_t g = o / group;
    Vector total = load(out + o * kOctet);
    for (std::size_t p = 0; p < count; ++p) {
      const Vector levels = load_levels<kBits>(rows + p * stride + o * kBits);
      total = fma(broadcast(scales[p * groups + g]), levels, total);
      total = add(broadcast(minima[p * groups + g]), total);
    }
    store(out + o * kOctet, total);
  }
}

template <int kBits>
constexpr LevelProducts level_products() {
  return {&score_levels<kBits>, &mix_levels<kBits>};
}
template <class Element>
constexpr RowProducts<Element> row_products() {
  return {&score_rows<Element>, &mix_rows<Element>};
}

constexpr Kernels table_of(const char* name) {
  Kernels table{name, row_products<float>(), row_products<Half>(), row_products<Bfloat>(), {}};
  table.levels[2] = level_products<2>();
  table.levels[3] = level_products<3>();
  table.levels[4] = level_products<4>();
  table.levels[8] = level_products<8>();
  return table;
}
