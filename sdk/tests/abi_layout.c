/* Pins the layout of every ABI struct as a C compiler sees it. Compiling it is the test. */
#include <holo/abi/analyzer.h>
#include <holo/abi/codec.h>
#include <holo/abi/model_patch.h>
#include <holo/abi/plugin.h>
#include <holo/abi/trainer.h>

#define SIZE(type, bytes) \
  _Static_assert(sizeof(void*) != 8 || sizeof(type) == (bytes), "size of " #type);
#define FIELD(type, field, offset) \
  _Static_assert(sizeof(void*) != 8 || offsetof(type, field) == (offset), #type "." #field);
#include "abi_layout.inc"

int abi_layout_in_c(void);
int abi_layout_in_c(void) { return (int)sizeof(holo_host); }
