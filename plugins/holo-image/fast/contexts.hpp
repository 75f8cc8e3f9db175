// Every model of a tile, and how it starts.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "plugins/holo-image/fast/model.hpp"
#include "plugins/holo-image/fast/symbol_model.hpp"

namespace holo::image::fast {

inline constexpr int kPlanes = 3;     // Y, Cb, Cr
inline constexpr int kModePairs = 6;  // how Cb and Cr are foretold, together
inline constexpr int kLengthBuckets = 16;
inline constexpr int kBeforeLevels = 4;  // how long the block of the plane before is
inline constexpr int kPositionBuckets = 8;
inline constexpr int kNeighbourLevels = 8;  // how large the same levels are in the blocks around
inline constexpr int kLocalLevels = 8;      // how large the two levels before are
inline constexpr int kEscapePositions = 4;

template <class T, std::size_t... Sizes>
struct NestedArray;
template <class T, std::size_t Size>
struct NestedArray<T, Size> {
  using type = std::array<T, Size>;
};
template <class T, std::size_t Size, std::size_t... Rest>
struct NestedArray<T, Size, Rest...> {
  using type = std::array<typename NestedArray<T, Rest...>::type, Size>;
};
template <std::size_t... Sizes>
using Models = typename NestedArray<SymbolModel, Sizes...>::type;

struct Contexts {
  Models<kClasses, kClasses> block_class;  // [on the left][above]
  Models<kModePairs, kModePairs> modes;    // [on the left][above]
  Models<kPlanes, kBeforeLevels, kLengthBuckets> length_beside;
  Models<kPlanes, kClasses> length_class;
  Models<kPlanes, kEscapePositions> escape;
  // Magnitudes of levels: by class and position,
  Models<2, kClasses, kBlockPixels> level_here;  // [luma, chroma]
  // by what is known around,
  Models<kPlanes, kPositionBuckets, kNeighbourLevels, kLocalLevels> level_around;
  // and of the last one, which is not 0, less 1.
  Models<kPlanes, kPositionBuckets, kNeighbourLevels> level_last;
};

inline constexpr std::size_t kContextCount = sizeof(Contexts) / sizeof(SymbolModel);
static_assert(sizeof(Contexts) == kContextCount * sizeof(SymbolModel), "models and nothing else");

// All models of a tile in the order of their declaration, which is that of the shipped table.
[[nodiscard]] inline std::span<SymbolModel> all_models(Contexts& contexts) {
  return {reinterpret_cast<SymbolModel*>(&contexts), kContextCount};
}

// Each band of quality has its own start: 0..29, 30..49, 50..69, 70..100.
inline constexpr int kContextBands = 4;
[[nodiscard]] constexpr int context_band(int quality) {
  return quality < 30 ? 0 : quality < 50 ? 1 : quality < 70 ? 2 : 3;
}

// A start is written down as odds: of the first symbol, of the second if it is not the first, and
// so on; the last number stands for all symbols after. Models before Contexts::level_here have
// kAllOdds of them, the others kLevelOdds.
inline constexpr std::size_t kAllOdds = kSymbols - 1;
inline constexpr std::size_t kLevelOdds = 6;
inline constexpr std::size_t kFirstLevelModel =
    offsetof(Contexts, level_here) / sizeof(SymbolModel);
inline constexpr std::size_t kOddsCount =
    kFirstLevelModel * kAllOdds + (kContextCount - kFirstLevelModel) * kLevelOdds;
// Odds o in 0..63 are a probability of squash(48 * (o - 32)) / 65536.
inline constexpr int kOddsStep = 48;
inline constexpr int kEvenOdds = 32;

// A model of which the first symbols have these odds.
[[nodiscard]] SymbolModel model_of(std::span<const std::uint8_t> odds);

// Trained on photographs; the same for every tile of that quality. [any thread]
[[nodiscard]] const Contexts& starting_contexts(int quality);

}  // namespace holo::image::fast
