// Trained bases: separable KLT of intra residuals, rows in falling order of variance, scaled
// so that the norm of a row is 256 * sqrt(N). Written by train/train_klt.
#pragma once

#include <array>
#include <cstdint>

namespace holo::holovid {

inline constexpr std::array<std::int16_t, 16> kIntraKlt4 = {
    117, 219, 296, 336, 296, 296, 0, -296, 336, -117, -296, 219, 219, -336, 296, -117,
};
inline constexpr std::array<std::int16_t, 64> kIntraKlt8 = {
    65,  127,  185,  237,  280,  314,  338,  350, 185, 314,  350,  280,  127,  -65,  -237, -338,
    280, 338,  127,  -185, -350, -237, 65,   314, 338, 185,  -237, -314, 65,   350,  127,  -280,
    350, -65,  -338, 127,  314,  -185, -280, 237, 314, -280, -65,  338,  -237, -127, 350,  -185,
    237, -350, 280,  -65,  -185, 338,  -314, 127, 127, -237, 314,  -350, 338,  -280, 185,  -65,
};

}  // namespace holo::holovid
