/* core/io_ipc.h: the file of an ipc:// socket: where it may stand, who may
 * connect. Edge. */
#pragma once
#include <sys/types.h>

#include "core/base.h"
#include "core/error.h"

enum { AZ_IPC_MODE = 0600 }; /* unless told */

struct az_ipc_file {
    dev_t device;
    ino_t number; /* 0 = none */
};

/* Before a bind: the folder is there and nobody but its owner and group can change
 * it; what a run that crashed left behind is in nobody's way. AZ_EBUSY: somebody
 * listens there. AZ_EEXIST: a file that is no socket. */
int az_ipc_prepare(const char *path, struct az_error *err);

/* While a socket is bound its file is made for its owner only: the mode of files
 * that the process makes is narrowed, and is put back by az_ipc_made(). */
mode_t az_ipc_narrow(void);
/* Put `before` back, and open the file to whom `mode` says. */
int az_ipc_made(const char *path, mode_t before, mode_t mode, struct az_ipc_file *ret,
                struct az_error *err);

/* Remove the file, unless another has its name by now. */
void az_ipc_remove(const char *path, const struct az_ipc_file *file);
