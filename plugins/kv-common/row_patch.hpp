// The life of a patch that needs nothing but the width of a row.
#pragma once

#include <string>
#include <vector>

#include <holo/model_patch.hpp>

#include "plugins/kv-common/elements.hpp"
#include "plugins/kv-common/heads.hpp"

namespace holo::kv {

inline constexpr std::uint32_t kKeysAndValues = 1u << HOLO_SITE_K | 1u << HOLO_SITE_V;

class RowPatch : public Patch {
 public:
  void supports(const holo_model& model) override { (void)RowShape::of(model); }
  void attach(const holo_model& model, const std::vector<const holo_site*>&) override {
    shape_ = RowShape::of(model);
  }

 protected:
  [[nodiscard]] const RowShape& shape() const { return shape_; }

 private:
  RowShape shape_;
};

inline Param precision_param() {
  return choice_param("precision", "How a number of a row is kept", "f16",
                      {{"f32", "32 bits, as the model computes"},
                       {"f16", "16 bits, 11 of them significant"},
                       {"bf16", "16 bits, 8 of them significant, the range of f32"}});
}

// Calls make(Element()) for the precision that was chosen.
template <class Make>
auto with_precision(const std::string& precision, Make&& make) {
  if (precision == "f32") return make(float());
  if (precision == "bf16") return make(Bfloat());
  return make(Half());
}
inline double bytes_of(const std::string& precision) { return precision == "f32" ? 4 : 2; }

}  // namespace holo::kv
