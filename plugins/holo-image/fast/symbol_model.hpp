// An adaptive distribution of 16 symbols that is found and taught eight symbols at a time.
// After Giesen, "Interleaved entropy coders" (arXiv 1402.3392) and his adaptive nibble models.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "plugins/holo-image/avx2.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace holo::image::fast {

inline constexpr int kSymbols = 16;
inline constexpr int kShareBits = 15;
inline constexpr std::uint32_t kWhole = 1u << kShareBits;  // all shares of a model add up to this

// How fast models learn: 1/2^kTeachRate of the way with each symbol.
inline constexpr int kTeachRate = 6;

// start[s] is the sum of the shares of all symbols before s; shares are never 0.
struct SymbolModel {
  alignas(32) std::array<std::uint16_t, kSymbols> start{};
};

struct Share {
  std::uint32_t start, size;
};

// What a model moves towards once symbol s has been seen: nearly all of the whole for s.
inline constexpr auto kTargets = [] {
  std::array<SymbolModel, kSymbols> targets{};
  for (std::size_t s = 0; s < kSymbols; ++s)
    for (std::size_t i = 0; i < kSymbols; ++i)
      targets[s].start[i] = static_cast<std::uint16_t>(i <= s ? i : kWhole - kSymbols + i);
  return targets;
}();

// The mean of two models as one, whose shares are again never 0.
struct MixedModel {
  alignas(32) std::array<std::uint16_t, kSymbols + 2> start;

  [[nodiscard]] Share share(std::size_t symbol) const {
    return {start[symbol], std::uint32_t{start[symbol + 1]} - start[symbol]};
  }
};

// What a coder does with models, in three versions that give the same numbers. This one is plain.
struct PortableModels {
  static void mix(const SymbolModel& a, const SymbolModel& b, MixedModel& out) {
    for (std::size_t i = 0; i < kSymbols; ++i)
      out.start[i] = static_cast<std::uint16_t>((a.start[i] + b.start[i] + 1) >> 1);
    out.start[kSymbols] = kWhole;
  }
  // The symbol whose share holds `slot`, below kWhole.
  [[nodiscard]] static unsigned find(const MixedModel& model, std::uint32_t slot) {
    unsigned symbol = 0;
    while (symbol + 1 < kSymbols && model.start[symbol + 1] <= slot) ++symbol;
    return symbol;
  }
  // One step of 1/2^kTeachRate towards the symbol.
  static void teach(SymbolModel& model, unsigned symbol) {
    for (std::size_t i = 0; i < kSymbols; ++i) {
      const int way = kTargets[symbol].start[i] - model.start[i];
      model.start[i] = static_cast<std::uint16_t>(model.start[i] + (way >> kTeachRate));
    }
  }
};

#if defined(__SSE2__)

struct Sse2Models {
  static void mix(const SymbolModel& a, const SymbolModel& b, MixedModel& out) {
    for (std::size_t i = 0; i < kSymbols; i += 8)
      store(&out.start[i], _mm_avg_epu16(load(&a.start[i]), load(&b.start[i])));
    out.start[kSymbols] = kWhole;
  }
  [[nodiscard]] static unsigned find(const MixedModel& model, std::uint32_t slot) {
    const __m128i wanted = _mm_set1_epi16(static_cast<short>(slot));
    const __m128i above = _mm_packs_epi16(_mm_cmpgt_epi16(load(&model.start[0]), wanted),
                                          _mm_cmpgt_epi16(load(&model.start[8]), wanted));
    const unsigned mask = static_cast<unsigned>(_mm_movemask_epi8(above)) | (1u << kSymbols);
    return static_cast<unsigned>(__builtin_ctz(mask)) - 1;
  }
  static void teach(SymbolModel& model, unsigned symbol) {
    for (std::size_t i = 0; i < kSymbols; i += 8) {
      const __m128i start = load(&model.start[i]);
      const __m128i way = _mm_sub_epi16(load(&kTargets[symbol].start[i]), start);
      store(&model.start[i], _mm_add_epi16(start, _mm_srai_epi16(way, kTeachRate)));
    }
  }

 private:
  static __m128i load(const std::uint16_t* at) {
    return _mm_load_si128(reinterpret_cast<const __m128i*>(at));
  }
  static void store(std::uint16_t* at, __m128i value) {
    _mm_store_si128(reinterpret_cast<__m128i*>(at), value);
  }
};
using AnywhereModels = Sse2Models;

#else

using AnywhereModels = PortableModels;

#endif

#if defined(HOLO_AVX2)

// Only for callers that are themselves HOLO_AVX2, or are inlined into such.
struct Avx2Models {
  HOLO_AVX2 static void mix(const SymbolModel& a, const SymbolModel& b, MixedModel& out) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(out.start.data()),
                       _mm256_avg_epu16(load(a.start.data()), load(b.start.data())));
    out.start[kSymbols] = kWhole;
  }
  [[nodiscard]] HOLO_AVX2 static unsigned find(const MixedModel& model, std::uint32_t slot) {
    const __m256i wanted = _mm256_set1_epi16(static_cast<short>(slot));
    const __m256i above = _mm256_cmpgt_epi16(load(model.start.data()), wanted);
    // Two bits a symbol.
    const std::uint64_t mask =
        static_cast<unsigned>(_mm256_movemask_epi8(above)) | (std::uint64_t{1} << 2 * kSymbols);
    return static_cast<unsigned>(__builtin_ctzll(mask)) / 2 - 1;
  }
  HOLO_AVX2 static void teach(SymbolModel& model, unsigned symbol) {
    const __m256i start = load(model.start.data());
    const __m256i way = _mm256_sub_epi16(load(kTargets[symbol].start.data()), start);
    _mm256_store_si256(reinterpret_cast<__m256i*>(model.start.data()),
                       _mm256_add_epi16(start, _mm256_srai_epi16(way, kTeachRate)));
  }

 private:
  HOLO_AVX2 static __m256i load(const std::uint16_t* at) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(at));
  }
};

#endif

}  // namespace holo::image::fast
