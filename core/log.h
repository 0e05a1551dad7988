/* core/log.h: what a program that nobody watches tells whoever runs it: a fixed
 * sentence, then typed fields.
 *
 *     az_warn("worker went silent, asking elsewhere", KV("worker", name),
 *             KV("silent_ms", silent_ms));
 *
 * Only io_*.c and main.c log. Any thread may. Nothing is written before
 * az_log_open(): `assize run` tells its user in its own words. A field is a
 * number, a name or an error: none takes bytes, so that no item, prompt, reply or
 * key gets into a log by mistake. The formatting is pure. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"

enum az_log_level { AZ_LOG_ERROR, AZ_LOG_WARNING, AZ_LOG_INFO, AZ_LOG_DEBUG };
extern const char *const az_log_words[]; /* in that order; ends in NULL */

struct az_kv {
    const char *name; /* lower case; NULL = the end */
    enum { AZ_KV_INT, AZ_KV_UINT, AZ_KV_NUM, AZ_KV_BOOL, AZ_KV_TEXT, AZ_KV_ERROR } type;
    union {
        int64_t i;
        uint64_t u;
        double x;
        bool b;
        const char *z;            /* NULL: the field is left out */
        const struct az_error *e; /* what, and the hint as a field NAME_hint */
    };
};

struct az_kv az_kv_int(const char *name, int64_t v);
struct az_kv az_kv_uint(const char *name, uint64_t v);
struct az_kv az_kv_num(const char *name, double v);
struct az_kv az_kv_bool(const char *name, bool v);
struct az_kv az_kv_text(const char *name, const char *v);
struct az_kv az_kv_error(const char *name, const struct az_error *v);

#define KV(name, value) \
    _Generic((value),                          \
        bool: az_kv_bool,                      \
        int: az_kv_int,                        \
        long: az_kv_int,                       \
        long long: az_kv_int,                  \
        unsigned: az_kv_uint,                  \
        unsigned long: az_kv_uint,             \
        unsigned long long: az_kv_uint,        \
        double: az_kv_num,                     \
        char *: az_kv_text,                    \
        const char *: az_kv_text,              \
        struct az_error *: az_kv_error,        \
        const struct az_error *: az_kv_error)("" name, (value))

#define az_err(...) az_log_(AZ_LOG_ERROR, __VA_ARGS__)
#define az_warn(...) az_log_(AZ_LOG_WARNING, __VA_ARGS__)
#define az_info(...) az_log_(AZ_LOG_INFO, __VA_ARGS__)
#define az_debug(...) az_log_(AZ_LOG_DEBUG, __VA_ARGS__)
/* What stands first is for a call without fields: a comma needs something before it. */
#define az_log_(level, sentence, ...) \
    az_log_put(level, "" sentence, (const struct az_kv[]){{0}, ##__VA_ARGS__, {0}} + 1)

/* ---- pure: how a line looks ---- */

enum {
    AZ_LOG_FIELD_MAX = 512, /* bytes of one field; what is longer is cut */
    AZ_LOG_LINE_MAX = 8192,
};

/* `worker went silent, asking elsewhere: worker="gpu 0" silent_ms=15000`: one
 * line without its end; controls and broken UTF-8 in a value are "?". */
void az_log_text(struct az_buf *b, const char *sentence, const struct az_kv *kv);

enum az_log_form {
    AZ_LOG_PEOPLE,  /* "assize-worker: warning: …" */
    AZ_LOG_MANAGER, /* "<4>…", as systemd reads what a service says on stderr */
    AZ_LOG_FILE,    /* "2026-01-31T23:59:59.999Z warning …", for a file or whoever keeps it */
};
/* The same as one whole line with its newline. `wall_ms` is Unix time. */
void az_log_line(struct az_buf *b, enum az_log_form form, const char *program, int64_t wall_ms,
                 enum az_log_level level, const char *sentence, const struct az_kv *kv);

/* The same for the journal, a field a line: MESSAGE (as az_log_text), PRIORITY,
 * SYSLOG_IDENTIFIER, ASSIZE_WORKER … */
void az_log_fields(struct az_buf *b, const char *program, enum az_log_level level,
                   const char *sentence, const struct az_kv *kv);

/* ---- edge: io_log.c ---- */

/* From now on lines up to `level` are written to the journal where stderr leads
 * there, else to stderr, in the form that fits a terminal, systemd or a file. `program` is
 * borrowed. Call it again to change the level. */
void az_log_open(const char *program, enum az_log_level level);
void az_log_put(enum az_log_level level, const char *sentence, const struct az_kv *kv);
