// The table of steps, written out so that no machine computes it differently.
#include "plugins/holo-image/fast/quantizer.hpp"

#include <array>

namespace holo::image::fast {
namespace {

constexpr std::array<std::int16_t, kQualityMax + 1> kLumaSteps = {
    9045, 8608, 8192, 7796, 7420, 7061, 6720, 6396, 6087, 5793, 5513, 5247, 4993, 4752, 4522,
    4304, 4096, 3898, 3710, 3531, 3360, 3198, 3043, 2896, 2756, 2623, 2497, 2376, 2261, 2152,
    2048, 1949, 1855, 1765, 1680, 1599, 1522, 1448, 1378, 1312, 1248, 1188, 1131, 1076, 1024,
    975,  927,  883,  840,  799,  761,  724,  689,  656,  624,  594,  565,  538,  512,  487,
    464,  441,  420,  400,  380,  362,  345,  328,  312,  297,  283,  269,  256,  244,  232,
    221,  210,  200,  190,  181,  172,  164,  156,  148,  141,  134,  128,  122,  116,  110,
    105,  100,  95,   91,   86,   82,   78,   74,   71,   67,   64};

}  // namespace

std::int32_t luma_step(int quality) {
  return kLumaSteps[static_cast<std::size_t>(std::clamp(quality, 0, kQualityMax))];
}

}  // namespace holo::image::fast
