/* client/cli/io_connect.h: how commands reach a coordinator: the options that all
 * of them have, and requests in one call. Edge. */
#pragma once
#include "client/lib/io_client.h"
#include "core/error.h"
#include "core/options.h"
#include "protos/job.pb-c.h"

struct az_connect {
    const char *to, *keys;
    bool insecure;
};

/* Rows of an option table whose struct has a struct az_connect at `field`. */
#define AZ_CONNECT_AT(type, field, member) \
    (offsetof(type, field) + offsetof(struct az_connect, member))
#define AZ_CONNECT_OPTIONS(type, field)                                               \
    {"to",                                                                            \
     0,                                                                               \
     AZ_OPT_STRING,                                                                   \
     AZ_CONNECT_AT(type, field, to),                                                  \
     "ENDPOINT",                                                                      \
     "the coordinator: tcp://HOST:PORT, ipc://PATH ($ASSIZE_ENDPOINT)",               \
     0},                                                                              \
        {"keys",                                                                      \
         0,                                                                           \
         AZ_OPT_STRING,                                                               \
         AZ_CONNECT_AT(type, field, keys),                                            \
         "DIR",                                                                       \
         "for tcp://: client.secret and server.public are there; or DIR/NAME.secret " \
         "($ASSIZE_KEYS)",                                                            \
         0},                                                                          \
    {                                                                                 \
        "insecure", 0, AZ_OPT_FLAG, AZ_CONNECT_AT(type, field, insecure), NULL,       \
            "tcp:// to another machine without keys", 0                               \
    }

/* AZ_EUSAGE: no coordinator is named anywhere. */
int az_connect_config(const struct az_connect *o, struct az_client_config *ret,
                      struct az_error *err);
int az_connect_open(const struct az_connect *o, struct az_client **ret, struct az_error *err);

/* "7" → 7. AZ_EUSAGE. */
int az_job_id(const char *text, uint64_t *ret, struct az_error *err);

/* One job's state; borrowed from `c`. */
int az_connect_status(struct az_client *c, uint64_t job, const Assize__JobInfo **ret,
                      struct az_error *err);
