// HOLO_PLUGIN: the entry symbol and the ELF note of a plugin.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

#include <holo/abi/plugin.h>

namespace holo {

constexpr holo_plugin_info plugin_info(const char* id, const char* version, const char* vendor,
                                       const char* license, const char* url = nullptr) {
  return {sizeof(holo_plugin_info), 0, id, version, vendor, license, url};
}

namespace detail {
template <class... Factories>
const void* find_factory(const char* interface_id) noexcept {
  if (interface_id == nullptr) return nullptr;
  const void* found = nullptr;
  ((std::strcmp(interface_id, Factories::interface_id()) == 0 ? void(found = Factories::get())
                                                              : void()),
   ...);
  return found;
}
}  // namespace detail

}  // namespace holo

// HOLO_PLUGIN(info, factories...): to be written once, at namespace scope of one source file.
// `info` is a constant expression, as plugin_info() gives; each factory is a type such as
// holo::CodecFactory<Codec>.
#define HOLO_PLUGIN(info, ...)                                                                 \
  HOLO_PLUGIN_NOTE();                                                                          \
  static constexpr holo_plugin_info holo_plugin_info_v1 = info;                                \
  extern "C" {                                                                                 \
  HOLO_EXPORT extern const holo_plugin_entry holo_plugin_entry_v1;                             \
  const holo_plugin_entry holo_plugin_entry_v1 = {sizeof(holo_plugin_entry),                   \
                                                  HOLO_ABI_MAJOR,                              \
                                                  HOLO_ABI_MINOR,                              \
                                                  HOLO_NOTE_MIN_HOST_MINOR,                    \
                                                  &holo_plugin_info_v1,                        \
                                                  nullptr,                                     \
                                                  &::holo::detail::find_factory<__VA_ARGS__>}; \
  }                                                                                            \
  static_assert(true, "a semicolon follows")
