/* Foreign files: how a codec says that a chunk is a complete file of a format that others define.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Version ledger: 1.0 first release
 *
 * A codec that wraps JPEG, WebP and the like writes one chunk of this type a unit and no other
 * chunk. Its payload is, byte for byte, what a program of that format stores in a file; a reader
 * may take it out and give it to any such program. `holohost bench` counts such payloads alone,
 * and the whole .holo file of every other codec.
 */
#ifndef HOLO_ABI_FOREIGN_H
#define HOLO_ABI_FOREIGN_H

#include <holo/abi/host.h>

#define HOLO_CHUNK_FILE HOLO_FOURCC('f', 'i', 'l', 'e')

#endif /* HOLO_ABI_FOREIGN_H */
