/* client/cli/io_lock.h: a file that one program at a time may change. Edge.
 *
 * Who holds it has `PATH.lock` open and locked (flock); it goes when it is given up, and its
 * lock with the process, kill -9 included. */
#pragma once
#include "core/error.h"

struct az_file_lock {
    int fd;
    char *path; /* NULL: nothing is held */
};

/* AZ_EBUSY: somebody holds it, and *err is the caller's to fill. AZ_EOUTPUT: it can't be made. */
int az_file_lock(const char *path, struct az_file_lock *ret, struct az_error *err);
void az_file_unlock(struct az_file_lock *l); /* a zeroed one is fine */
