/* core/options.h: command lines from a table: GNU style, and the same
 * table writes --help, man pages and shell completions. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"

enum az_opt_type {
    AZ_OPT_FLAG,   /* bool */
    AZ_OPT_STRING, /* const char *, borrowed from argv */
    AZ_OPT_INT,    /* int64_t, from `min` */
    AZ_OPT_LIST,   /* struct az_opt_list: may be given again and again */
};

struct az_opt_list {
    size_t n;
    const char *v[64];
};

/* One row an option. A table ends with a row without a name. */
struct az_opt {
    const char *name; /* without the dashes */
    char brief;       /* one letter, or 0 */
    enum az_opt_type type;
    size_t at;       /* offset in the options struct */
    const char *arg; /* "DIR"; NULL for a flag */
    const char *help;
    int64_t min;
};

/* Read argv[1…] into `options`; what is no option is left in args[0…n).
 * "--" ends options, "-" is an argument. AZ_EUSAGE with a hint. */
int az_options_parse(const struct az_opt *table, int argc, char **argv, void *options,
                     const char **args, size_t max_args, size_t *n_args, struct az_error *err);

/* The options' part of --help. */
void az_options_help(struct az_buf *b, const struct az_opt *table);
