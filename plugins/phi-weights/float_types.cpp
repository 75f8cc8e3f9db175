// Which dtypes are floats that the codec takes.
#include "plugins/phi-weights/float_types.hpp"

namespace phi_weights {

std::optional<FloatType> float_type(DLDataType dtype) {
  if (dtype.lanes != 1) return std::nullopt;
  if (dtype.code == kDLFloat && dtype.bits == 32) return FloatType::kF32;
  if (dtype.code == kDLFloat && dtype.bits == 16) return FloatType::kF16;
  if (dtype.code == kDLBfloat && dtype.bits == 16) return FloatType::kBf16;
  return std::nullopt;
}

}  // namespace phi_weights
