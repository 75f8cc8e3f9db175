// Trained bases: separable KLT of intra residuals, rows in falling order of variance, scaled
// so that the norm of a row is 256 * sqrt(N). Written by train/main.cpp.
#pragma once

#include <array>
#include <cstdint>

namespace holo::holovid {

inline constexpr std::array<std::int16_t, 16> kIntraKlt4 = {
    167, 267, 299, 271, -281, -249, 71, 341, 334, -136, -277, 234, -208, 332, -301, 134,
};
inline constexpr std::array<std::int16_t, 64> kIntraKlt8 = {
    103,  175,  233,  274, 297, 309,  306,  277,  -213, -315, -315, -220, -57,  131,  290, 357,
    -325, -308, -64,  221, 337, 204,  -101, -326, 354,  111,  -276, -283, 106,  348,  96,  -298,
    341,  -155, -296, 169, 296, -188, -282, 255,  288,  -333, 10,   310,  -245, -119, 347, -200,
    -180, 340,  -334, 121, 166, -336, 305,  -127, 78,   -193, 301,  -364, 364,  -295, 185, -67,
};

}  // namespace holo::holovid
