/* coordinator/io_gate.h: who may come in: the list of keys in its file, and the
 * handler that holds strangers off. One for all doors of a process. Edge; one
 * thread.
 *
 * It works on the loop's thread, between two messages: a list is replaced as a
 * whole, and no lock is held for it. */
#pragma once
#include "coordinator/acl.h"
#include "core/base.h"
#include "core/error.h"
#include "core/io_loop.h"
#include "core/io_sock.h"

struct az_gate;

/* Somebody was not let in, or not any more. Borrowed for the call. */
struct az_refusal {
    const char *door;      /* its name */
    const char *principal; /* "" for whom the list does not know */
    char key[16];          /* its first characters */
    const char *address;   /* "" = not known here */
    const char *why;       /* "is not on the list" */
};

struct az_gate_config {
    struct az_net *net;
    const char *path; /* of the list, borrowed as long as the gate is there; or: */
    const char *text; /* the list itself, for the call */
    /* For the log: once for each, and again after a minute when it goes on. */
    void (*refused)(void *arg, const struct az_refusal *refusal);
    void *arg;
};

/* Before the doors. AZ_EINVAL: a mistake in the list, which names its line, or a
 * list that everybody can write to; AZ_ENOENT, AZ_EIO: it cannot be read. */
int az_gate_new(const struct az_gate_config *config, struct az_gate **ret, struct az_error *err);
void az_gate_free(struct az_gate *g); /* after the doors */
AZ_FREEP(gate)

/* Have it work whenever `loop` runs; otherwise az_gate_serve() is to be called
 * when az_gate_fd() is readable (edge-triggered), and once at the start. */
int az_gate_watch(struct az_gate *g, struct az_loop *loop, struct az_error *err);
int az_gate_fd(const struct az_gate *g);
void az_gate_serve(struct az_gate *g);

/* Read the list again from its file. On an error the old one holds. */
int az_gate_reload(struct az_gate *g, struct az_error *err);
/* Another list; likewise. */
int az_gate_replace(struct az_gate *g, struct az_str text, struct az_error *err);
/* Another number with each list. */
unsigned az_gate_generation(const struct az_gate *g);

/* What a key may do now; NULL: nothing. Borrowed until there is another list. */
const struct az_grant *az_gate_find(const struct az_gate *g, const char *key);
const struct az_acl *az_gate_acl(const struct az_gate *g);

/* Have it told to the log. */
void az_gate_refused(struct az_gate *g, const char *door, const struct az_grant *grant,
                     const char *key, const char *address, const char *why);
