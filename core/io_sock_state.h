/* core/io_sock_state.h: what the io_sock*.c share. */
#pragma once
#include <zmq.h>

#include "core/io_ipc.h"
#include "core/io_sock.h"

struct az_net {
    void *ctx;
};

struct az_sock {
    void *zmq, *monitor; /* the second only of a socket that connects */
    bool router;
    bool asked; /* every peer was put to the handler: User-Id is its word */
    zmq_msg_t in;
    char endpoint[256];
    struct az_ipc_file file; /* of an ipc:// socket that listens */
    struct az_error trouble;
};

int az_sock_monitor(struct az_net *n, struct az_sock *s, struct az_error *err);
void az_sock_monitor_stop(struct az_sock *s);
