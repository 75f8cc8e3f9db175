/* Entry point of a plugin: one exported data symbol and one ELF note.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Version ledger: 1.0 first release
 *
 * The host reads the note before it loads anything, refuses what does not fit, and then probes an
 * unknown file in a child process. A plugin is loaded RTLD_NOW | RTLD_LOCAL and never unloaded.
 */
#ifndef HOLO_ABI_PLUGIN_H
#define HOLO_ABI_PLUGIN_H

#include <holo/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HOLO_PLUGIN_SUFFIX ".holo.so"
#define HOLO_ENTRY_SYMBOL "holo_plugin_entry_v1"

typedef struct holo_plugin_info {
  uint32_t struct_size;
  uint32_t reserved;
  const char *id;      /* reverse DNS, of the file as a whole */
  const char *version; /* "1.2.0" */
  const char *vendor;  /* who to turn to */
  const char *license; /* SPDX expression */
  const char *url;     /* or NULL */
} holo_plugin_info;

typedef struct holo_plugin_entry {
  uint32_t struct_size;
  uint32_t abi_major;      /* HOLO_ABI_MAJOR it was built with */
  uint32_t abi_minor;      /* HOLO_ABI_MINOR it was built with */
  uint32_t min_host_minor; /* oldest host minor it works with */
  const holo_plugin_info *info;
  /* Called once per process before get_factory; tolerates repeats. `host` is valid for the life of
   * the process and offers log and get_interface only. May be NULL. [any, serialised] */
  holo_status (*initialise)(const holo_host *host, holo_error *error);
  /* A factory by interface id (HOLO_CODEC_ID and so on), or NULL. Static. The id must match
   * to the last character. Must neither allocate device memory nor start threads. [any] */
  const void *(*get_factory)(const char *interface_id);
} holo_plugin_entry;

/* The ELF note: section .note.holohost, owner "holohost", type 1. */
#define HOLO_NOTE_SECTION ".note.holohost"
#define HOLO_NOTE_OWNER "holohost"
#define HOLO_NOTE_TYPE 1u

typedef struct holo_note {
  uint32_t name_size; /* 9, with the NUL */
  uint32_t desc_size; /* bytes from abi_major to the end */
  uint32_t type;      /* HOLO_NOTE_TYPE */
  char name[12];      /* "holohost", padded to a multiple of 4 */
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t min_host_minor;
  uint32_t flags;         /* 0 */
  char torch_version[32]; /* "1.13.1" if it links LibTorch, else "" */
} holo_note;

/* Set these before including, if the defaults do not fit. */
#ifndef HOLO_NOTE_TORCH_VERSION
#define HOLO_NOTE_TORCH_VERSION ""
#endif
#ifndef HOLO_NOTE_MIN_HOST_MINOR
#define HOLO_NOTE_MIN_HOST_MINOR 0u
#endif

/* To be written once, in one source file of the plugin. */
#define HOLO_PLUGIN_NOTE()                                                                 \
  __attribute__((section(HOLO_NOTE_SECTION), used, aligned(4))) static const holo_note    \
      holo_plugin_note = {9u,                                                              \
                          (uint32_t)(sizeof(holo_note) - offsetof(holo_note, abi_major)), \
                          HOLO_NOTE_TYPE,                                                  \
                          HOLO_NOTE_OWNER,                                                 \
                          HOLO_ABI_MAJOR,                                                  \
                          HOLO_ABI_MINOR,                                                  \
                          HOLO_NOTE_MIN_HOST_MINOR,                                        \
                          0u,                                                              \
                          HOLO_NOTE_TORCH_VERSION}

#ifdef __cplusplus
}
#endif

#endif /* HOLO_ABI_PLUGIN_H */
