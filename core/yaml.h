/* core/yaml.h: YAML 1.2 text to a tree of nodes that know their lines (libfyaml
 * behind it).
 *
 * Pure, not thread-safe per arena. Input must be UTF-8 (checked here) and hold
 * one document. Scalars follow the core schema, so a plain `no` is the text
 * "no". Refused, each with its line: anchors, aliases, tags, duplicate keys,
 * keys that are not scalars, NUL, more than AZ_YAML_* allows.
 * Nodes and their text live in the caller's arena; text ends in NUL. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/str.h"

enum {
    AZ_YAML_BYTES = 4 << 20,
    AZ_YAML_DEPTH = 32,
    AZ_YAML_NODES = 65536,
    AZ_YAML_KEYS = 4096, /* in one map */
};

enum az_ytype { AZ_Y_NULL, AZ_Y_BOOL, AZ_Y_INT, AZ_Y_FLOAT, AZ_Y_TEXT, AZ_Y_LIST, AZ_Y_MAP };

struct az_yaml {
    enum az_ytype type;
    int line;           /* from 1; 0 = not from a file */
    const char *origin; /* what messages call its source: "panel 'p.yaml'" */
    struct az_str text; /* a scalar as written, without quotes and escapes */
    bool plain;         /* written without quotes */
    bool hidden;        /* may hold a secret: messages don't show the text */
    struct az_str key;  /* a map's member: its key and where that stands */
    int key_line;
    size_t n; /* a list's elements, a map's members */
    struct az_yaml *first, *last, *next;
};

/* `origin` is borrowed by the nodes. An empty document is a null.
 * AZ_EINVAL: "panel 'p.yaml': line 3: …". */
int az_yaml_parse(struct az_arena *arena, struct az_str text, const char *origin,
                  struct az_yaml **ret, struct az_error *err);

/* The type of a plain scalar by the core schema. */
enum az_ytype az_yaml_plain_type(struct az_str text);
const char *az_ytype_name(enum az_ytype t); /* "a list", "a number" … */

bool az_yaml_is_scalar(const struct az_yaml *y); /* anything but a list or map */
struct az_yaml *az_yaml_get(const struct az_yaml *map, const char *key); /* NULL: not there */

/* False: no number (quoted digits are text), or not finite. */
bool az_yaml_num(const struct az_yaml *y, double *ret);
/* False: no whole number, or past 64 bits. */
bool az_yaml_int(const struct az_yaml *y, int64_t *ret);

/* A scalar's text for a message: cut short, "(hidden)" when it may be secret,
 * "a list" and "a map" for the rest. Writes to `text`. */
enum { AZ_YAML_SHOWN = 64 };
const char *az_yaml_shown(const struct az_yaml *y, char text[AZ_YAML_SHOWN]);

/* Fail at a node: "panel 'p.yaml': line 12: …". */
int az_yaml_fail(struct az_error *err, const struct az_yaml *at, const char *fmt, ...)
    AZ_PRINTF(3, 4);
/* The same at the line of the node's key. */
int az_yaml_fail_key(struct az_error *err, const struct az_yaml *at, const char *fmt, ...)
    AZ_PRINTF(3, 4);

/* A new node, to build or change a tree; NULL when out of memory. */
struct az_yaml *az_yaml_new(struct az_arena *arena, enum az_ytype type, const struct az_yaml *like);
void az_yaml_append(struct az_yaml *parent, struct az_yaml *child);
/* Put `child` under its key into `map`, in place of what had that key. */
void az_yaml_put(struct az_yaml *map, struct az_yaml *child);
/* Take out the member of that key; nothing when there is none. */
void az_yaml_drop(struct az_yaml *map, const char *key);

/* The tree as JSON. AZ_EINVAL: .inf or .nan, which JSON lacks. */
int az_yaml_json(struct az_buf *b, const struct az_yaml *y, struct az_error *err);
