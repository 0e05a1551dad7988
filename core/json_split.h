/* core/json_split.h: values cut out of one large JSON document as its bytes
 * come, so that a file of any size is read with the memory of one value.
 * Pure; not thread-safe.
 *
 * A path says what is cut out: "samples[]" each element of that list, "eval"
 * the value of that key, "[]" the elements of a list at the top. The first path
 * that fits wins. Around the values only brackets, strings and commas are
 * checked; a piece itself is the caller's to parse. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/json.h"
#include "core/str.h"

enum { AZ_SPLIT_PATH = 256 };

struct az_json_split {
    const char *const *paths;
    struct az_buf piece; /* the value under way; its ceiling is the longest that is kept */
    int64_t at;          /* bytes read */
    int64_t pieces;      /* cut out so far */
    /* the rest is its own */
    enum {
        AZ_SPLIT_VALUE, /* a value must follow */
        AZ_SPLIT_VALUE_OR_END /* … or the list ends */,
        AZ_SPLIT_KEY,
        AZ_SPLIT_KEY_OR_END,
        AZ_SPLIT_COLON,
        AZ_SPLIT_NEXT, /* a comma, or an end */
        AZ_SPLIT_IN_KEY,
        AZ_SPLIT_IN_STRING,
        AZ_SPLIT_IN_WORD, /* a number, true, false, null */
        AZ_SPLIT_DONE
    } state;
    bool escaped; /* the last byte of a string was a backslash */
    int depth, capture_depth;
    int capture; /* index of the path that is cut out; -1 = none */
    bool too_long;
    char closers[AZ_JSON_DEPTH];
    size_t path_n[AZ_JSON_DEPTH + 1]; /* length of `path` outside each container */
    size_t key_at;                    /* where in `path` the key under way begins */
    size_t n;
    char path[AZ_SPLIT_PATH];
};

/* `paths` ends in NULL and is borrowed; pieces of more than `max` bytes are left out. */
void az_json_split_init(struct az_json_split *s, const char *const *paths, size_t max);
void az_json_split_release(struct az_json_split *s);

enum {
    AZ_SPLIT_MORE = 0, /* all bytes are read: give more */
    AZ_SPLIT_PIECE = 1,
    AZ_SPLIT_LONG = 2, /* a piece that was too long: its text is empty */
};

/* Reads from the front of *rest. AZ_SPLIT_PIECE: *path is the path's index and
 * *text the value, until the next call. AZ_EINVAL: "not JSON at byte 17". */
int az_json_split_next(struct az_json_split *s, struct az_str *rest, size_t *path,
                       struct az_str *text, struct az_error *err);

/* After the last byte: AZ_EINVAL when the document is not whole. */
int az_json_split_end(const struct az_json_split *s, struct az_error *err);
