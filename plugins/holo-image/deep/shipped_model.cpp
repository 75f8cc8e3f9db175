// The model's file, put into the plugin by the assembler.
#include <holo/error.hpp>

#include "plugins/holo-image/deep/model.hpp"

__asm__(
    ".section .rodata\n"
    ".balign 64\n"
    "holo_image_model_begin:\n"
    ".incbin \"" HOLO_IMAGE_MODEL
    "\"\n"
    "holo_image_model_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const std::uint8_t holo_image_model_begin[];
extern const std::uint8_t holo_image_model_end[];
}

namespace holo::image::deep {

std::span<const std::uint8_t> shipped_model_bytes() {
  return {holo_image_model_begin, holo_image_model_end};
}

const Model& shipped_model() {
  static const std::unique_ptr<const Model> model = [] {
    auto read = read_model(shipped_model_bytes());
    // The build put in a file that is no model; no tile can be coded.
    if (!read.ok()) throw Failure(HOLO_INTERNAL, read.error().message);
    return std::unique_ptr<const Model>(std::move(read).value());
  }();
  return *model;
}

}  // namespace holo::image::deep
