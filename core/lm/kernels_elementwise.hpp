// The kernels that go through one row: a part of kernels_body.hpp, which says how it is included.

namespace {

// function(first, count) for every vector of an array, the last one possibly a part.
template <class Function>
inline void for_vectors(std::size_t count, Function function) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) function(i, kLanes);
  if (i < count) function(i, count - i);
}

// Cephes' expf: 2^n times a polynomial of the rest. Relative error below 2e-7.
inline Vector exponential(Vector x) {
  x = x < -87.0F ? all(-87.0F) : x;
  x = x > 88.0F ? all(88.0F) : x;
  const Vector magic = all(12582912.0F);  // 1.5 * 2^23: the sum has n in its lowest bits
  const Vector shifted = fma(x, all(1.44269504F), magic);
  const Vector n = shifted - magic;
  Vector r = fma(n, all(-0.693359375F), x);
  r = fma(n, all(2.12194440e-4F), r);
  Vector y = all(1.9875691500e-4F);
  y = fma(y, r, all(1.3981999507e-3F));
  y = fma(y, r, all(8.3334519073e-3F));
  y = fma(y, r, all(4.1665795894e-2F));
  y = fma(y, r, all(1.6666665459e-1F));
  y = fma(y, r, all(5.0000001201e-1F));
  y = fma(y, r * r, r + 1.0F);
  return (Vector)((IntVector)y + ((IntVector)shifted << 23));
}

float maximum(const float* x, std::size_t count) {
  float result = x[0];
  std::size_t i = 0;
  if (count >= kLanes) {
    Vector best = load(x);
    for (; i + kLanes <= count; i += kLanes) {
      const Vector v = load(x + i);
      best = v > best ? v : best;
    }
    for (std::size_t k = 0; k < kLanes; ++k) result = best[k] > result ? best[k] : result;
  }
  for (; i < count; ++i) result = x[i] > result ? x[i] : result;
  return result;
}

float exp_sum(float* x, std::size_t count, float shift, float factor) {
  Vector total = {};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Vector e = exponential((load(x + i) - shift) * factor);
    store(x + i, e);
    total += e;
  }
  float result = sum(total);
  if (i < count) {
    const Vector e = exponential((load_part(x + i, count - i) - shift) * factor);
    store_part(x + i, e, count - i);
    for (std::size_t k = 0; k < count - i; ++k) result += e[k];
  }
  return result;
}

void scale(float* x, std::size_t count, float factor) {
  for_vectors(count, [&](std::size_t i, std::size_t n) {
    store_part(x + i, load_part(x + i, n) * factor, n);
  });
}

void add(float* x, const float* y, std::size_t count) {
  for_vectors(count, [&](std::size_t i, std::size_t n) {
    store_part(x + i, load_part(x + i, n) + load_part(y + i, n), n);
  });
}

// 0.5 (1 + tanh u) is 1 / (1 + exp(-2 u)).
void gelu(float* x, std::size_t count) {
  for_vectors(count, [&](std::size_t i, std::size_t n) {
    const Vector v = load_part(x + i, n);
    const Vector u = v * fma(v * v, all(0.044715F), all(1.0F)) * -1.5957691216F;
    store_part(x + i, v / (exponential(u) + 1.0F), n);
  });
}

void swiglu(const float* gate, const float* up, float* y, std::size_t count) {
  for_vectors(count, [&](std::size_t i, std::size_t n) {
    const Vector g = load_part(gate + i, n);
    store_part(y + i, g / (exponential(-g) + 1.0F) * load_part(up + i, n), n);
  });
}

// Mean of squares around `centre`.
float mean_square(const float* x, std::size_t count, float centre) {
  Vector total = {};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Vector v = load(x + i) - centre;
    total = fma(v, v, total);
  }
  float result = sum(total);
  for (; i < count; ++i) result += (x[i] - centre) * (x[i] - centre);
  return result / static_cast<float>(count);
}

void layer_norm(const float* x, std::size_t count, const float* weight, const float* bias,
                float epsilon, float* y) {
  Vector total = {};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) total += load(x + i);
  float mean = sum(total);
  for (; i < count; ++i) mean += x[i];
  mean /= static_cast<float>(count);
  const float inverse = 1.0F / __builtin_sqrtf(mean_square(x, count, mean) + epsilon);
  for_vectors(count, [&](std::size_t k, std::size_t n) {
    const Vector b = bias == nullptr ? Vector{} : load_part(bias + k, n);
    const Vector v = (load_part(x + k, n) - mean) * inverse;
    store_part(y + k, fma(v, load_part(weight + k, n), b), n);
  });
}

void rms_norm(const float* x, std::size_t count, const float* weight, float epsilon, float* y) {
  const float inverse = 1.0F / __builtin_sqrtf(mean_square(x, count, 0) + epsilon);
  for_vectors(count, [&](std::size_t k, std::size_t n) {
    store_part(y + k, load_part(x + k, n) * inverse * load_part(weight + k, n), n);
  });
}

}  // namespace
