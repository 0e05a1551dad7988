/* core/io_unzip.h: the files in a zip archive, one after the other as its bytes
 * come: a pipe will do, and nothing is unpacked to disk. Edge.
 *
 * Stored, deflated and zstd entries, also of unknown size and of more than 4 GiB
 * (PKWARE's APPNOTE, 4.3 and 4.4); check sums are held against the contents.
 * What is encrypted is refused. Entries come in the order of the archive; the
 * directory at its end is not read, so one that was replaced comes, too. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/io_source.h"

struct az_unzip;

/* Do these first bytes (four are enough) begin an archive? */
bool az_unzip_is(struct az_str first);

/* Reads on from `source`, of which `first` has been read already. Both are
 * borrowed, `first` until the next call. NULL when out of memory. */
struct az_unzip *az_unzip_new(struct az_source *source, struct az_str first);
void az_unzip_free(struct az_unzip *u);
AZ_FREEP(unzip)

/* The next entry, passing over what was not read of the last: 1 and its name,
 * until the next call; 0 at the end. AZ_EIO: broken or cut off. */
int az_unzip_next(struct az_unzip *u, struct az_str *name, struct az_error *err);

/* The entry's next bytes, until the next call: 1; 0 at its end. AZ_EIO. */
int az_unzip_read(struct az_unzip *u, struct az_str *bytes, struct az_error *err);
