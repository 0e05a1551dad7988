/* core/program.h: the program of a service: what its options are, and what its
 * --help, man page and reference page are made of. Pure. */
#pragma once
#include "core/buf.h"
#include "core/options.h"

struct az_program_row {
    const char *name, *text;
};

struct az_program {
    const char *name, *summary;
    const char *about;                                    /* whole sentences */
    const char *config;                                   /* read where --config names no other */
    const struct az_program_row *signals, *exits, *files; /* each ends in no name */
};

/* All services have the same options. */
struct az_program_options {
    const char *config; /* NULL: the program's own */
    bool check_config, verbose, help, version;
};
extern const struct az_opt az_program_table[];

void az_program_help(struct az_buf *b, const struct az_program *p);
void az_program_page(struct az_buf *b, const struct az_program *p); /* roff, section 8 */
void az_program_markdown(struct az_buf *b, const struct az_program *p);
