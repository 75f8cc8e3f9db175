// Pins the layout of every ABI struct as a C++ compiler sees it, and that they stay plain data.
#include <type_traits>

#include <holo/abi/analyzer.h>
#include <holo/abi/codec.h>
#include <holo/abi/model_patch.h>
#include <holo/abi/plugin.h>
#include <holo/abi/trainer.h>

#define SIZE(type, bytes)                                                         \
  static_assert(sizeof(void*) != 8 || sizeof(type) == (bytes), "size of " #type); \
  static_assert(std::is_standard_layout_v<type> && std::is_trivial_v<type>, #type \
                " is plain "                                                      \
                "data");
#define FIELD(type, field, offset) \
  static_assert(sizeof(void*) != 8 || offsetof(type, field) == (offset), #type "." #field);
#include "abi_layout.inc"

extern "C" int abi_layout_in_c(void);

// The two languages agree: what C compiled has the size that C++ sees.
int main() { return abi_layout_in_c() == static_cast<int>(sizeof(holo_host)) ? 0 : 1; }
