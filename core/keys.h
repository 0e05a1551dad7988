/* core/keys.h: configuration as a table: one row holds a key's name, type,
 * range, default and what it means. The reader, the reference page and the
 * JSON schema are made from the same rows. Pure.
 *
 * A table ends in a row without a name. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/yaml.h"

enum az_key_type {
    AZ_KEY_TEXT,  /* const char *: any scalar but null */
    AZ_KEY_BOOL,  /* bool */
    AZ_KEY_INT,   /* int, within min and max */
    AZ_KEY_INT64, /* int64_t, within min and max */
    AZ_KEY_NUM,   /* double, within min and max */
    AZ_KEY_USD,   /* az_nusd, from dollars */
    AZ_KEY_WORD,  /* int-sized enum: the index into `words` */
    AZ_KEY_TABLE, /* a struct of its own at this place, by `sub` */
    AZ_KEY_NODE,  /* const struct az_yaml *: read by the code that owns it */
};

/* The place of a bool that says whether the key was given; 0 = none. */
#define AZ_KEY_HAS(type, field) (offsetof(type, field) + 1)

/* What a NODE may hold, for page and schema: kinds joined by |. */
enum {
    AZ_SHAPE_TEXT = 1,
    AZ_SHAPE_NUM = 2,
    AZ_SHAPE_TEXTS = 4,   /* a list of texts */
    AZ_SHAPE_NUMS = 8,    /* a list of numbers */
    AZ_SHAPE_MAP = 16,    /* a map from names to texts, numbers or lists */
    AZ_SHAPE_TABLE = 32,  /* a map by `sub` */
    AZ_SHAPE_TABLES = 64, /* a list of maps by `sub` (or of texts, with TEXTS) */
};

struct az_key_row {
    const char *name;
    enum az_key_type type;
    size_t at;                /* offset in the struct that is filled */
    size_t has;               /* AZ_KEY_HAS, or 0 */
    double min, max;          /* numbers: both 0 = any */
    const char *def;          /* as it would be written; NULL = zero, or none */
    const char *def_doc;      /* a default that depends: what the page says instead */
    const char *const *words; /* WORD: ends in NULL */
    const char *what;         /* WORD: what messages call it; NULL = its name */
    const char *const *later; /* words known but not built yet; or NULL */
    const char *later_why;    /* why else they are none here, and what to do; NULL: that */
    const char *later_hint;
    const struct az_key_row *sub;
    const char *shorthand; /* TABLE: a lone word stands for {this key: word} */
    unsigned shape;        /* NODE */
    bool required;
    bool unbuilt;    /* the key itself is known but not built yet */
    const char *doc; /* a whole sentence, for the page and the schema */
};

/* Fill `into` from a map (or from what `shorthand` says) by `rows`: defaults
 * first. A null value is as if the key were not there. Texts are borrowed from
 * the tree. `what` names the map in messages: "a judge", "limits".
 * AZ_EINVAL with line and hint: unknown or missing key, wrong type or range. */
int az_keys_fill(const struct az_yaml *map, const struct az_key_row *rows, const char *what,
                 void *into, struct az_error *err);

/* "unrecognized key 'x'" at the key of `member`, with the nearest of `rows` as
 * hint. */
int az_keys_unknown(const struct az_yaml *member, const struct az_key_row *rows,
                    struct az_error *err);

/* The hint of "did you mean" among `names` (ends in NULL), or all of them. */
void az_keys_hint(struct az_error *err, struct az_str word, const char *const *names);
