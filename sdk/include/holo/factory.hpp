// What the factories of all interfaces share: static entries, creation by id, safe destruction.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <string>

#include <holo/error.hpp>

namespace holo::detail {

template <class T>
struct Tag {
  using type = T;
};

// One description per type, built when first asked for. Entries hold pointers into themselves.
template <class Entry>
const Entry& entry() {
  static const Entry kEntry;
  return kEntry;
}

// A destructor that throws must not take the host down with it.
template <class Instance>
void destroy_instance(Instance* instance) noexcept {
  guard(nullptr, [&] { delete instance; });
}

// Calls make(Tag<T>) for the type whose descriptor has this id, or reports the id as unknown.
template <template <class> class EntryOf, class... Types, class Out, class Make>
holo_status create_instance(const char* id, Out** out, holo_error* error, Make&& make) noexcept {
  return guard(error, [&] {
    if (out == nullptr) throw Failure(HOLO_INVALID_ARG, "nowhere to put the instance");
    *out = nullptr;
    if (id == nullptr) throw Failure(HOLO_INVALID_ARG, "the component id is missing");
    bool found = false;
    const auto try_one = [&](auto tag) {
      using Type = typename decltype(tag)::type;
      if (found || std::strcmp(id, entry<EntryOf<Type>>().descriptor.id) != 0) return;
      found = true;
      *out = make(tag);
    };
    (try_one(Tag<Types>{}), ...);
    if (!found) {
      std::string known;
      ((known += std::string(known.empty() ? "" : ", ") + entry<EntryOf<Types>>().descriptor.id),
       ...);
      throw Failure(HOLO_NOT_FOUND,
                    "no component '" + std::string(id) + "' in this plugin; it has " + known);
    }
  });
}

}  // namespace holo::detail
