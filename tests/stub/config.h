/* tests/stub/config.h: how the stub behaves: one table of settings, for the
 * command line (--name value) and for POST /control ({"name": value}). */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/json.h"
#include "tests/stub/delay.h"
#include "tests/stub/fault.h"
#include "tests/stub/judge.h"

enum tell { TELL_HONEST, TELL_WORST, TELL_NONE };

struct config {
    int64_t port;
    struct judge judge;
    struct fault_rules *faults;
    struct delay delay;
    enum tell usage;
    char *key;     /* NULL: any key will do */
    char *items;   /* what answers are about */
    FILE *log;     /* each request as a JSON line; NULL: none */
    bool hold;     /* answers wait until this is false again */
    int64_t limit; /* answers under way, beyond it 429; 0 = none */
    int64_t close_every, drip_ms, huge_bytes, cached_tokens;
    int64_t retry_after_s, retry_after_ms; /* -1: the header is not sent */
    double usd_in, usd_out, usd_cached;    /* a million tokens */
};

void config_init(struct config *c);
void config_release(struct config *c);
/* AZ_EINVAL: no such setting, or no such value. */
int config_set(struct config *c, struct az_str name, const char *value, struct az_error *err);
/* --name value, --name=value. 1: --help was printed. */
int config_argv(struct config *c, char **argv, struct az_error *err);
/* {"name": value}: a list replaces what was added before. */
int config_json(struct config *c, struct az_str body, struct az_error *err);
