/* core/io_keys.h: key pairs of CURVE and the files that hold them. Edge; any
 * thread.
 *
 * NAME.secret and NAME.public are text: lines that begin with '#' are comments,
 * and one line is `secret KEY` or `public KEY`. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/z85.h"

struct az_keypair {
    char public_key[AZ_Z85_KEY + 1], secret_key[AZ_Z85_KEY + 1]; /* Z85 */
};

int az_keypair_make(struct az_keypair *ret, struct az_error *err);
void az_keypair_wipe(struct az_keypair *k);

/* DIR/NAME.secret, for its owner only, and DIR/NAME.public; the folder is made
 * when it is not there. AZ_EEXIST: one of them is there; nothing is changed. */
int az_keypair_write(const struct az_keypair *k, const char *dir, const char *name,
                     struct az_error *err);

/* From a secret file (the public key follows from it). AZ_EINVAL: not such a
 * file, or others than its owner can read it (root's may be readable by a group
 * that we are in). No message has a key in it. */
int az_keypair_read(const char *path, struct az_keypair *ret, struct az_error *err);

/* From a public file. */
int az_public_key_read(const char *path, char ret[AZ_Z85_KEY + 1], struct az_error *err);
