/* client/cli/formats.h: what stands in the lines and documents that assize reads
 * and writes: one table a format; the JSON schema and the reference page are made
 * from it, and a test holds real output against it. Pure. */
#pragma once
#include "core/base.h"
#include "core/buf.h"

/* A value may be any of these at once. */
enum {
    AZ_F_TEXT = 1,
    AZ_F_NUM = 2,
    AZ_F_INT = 4,
    AZ_F_BOOL = 8,
    AZ_F_NULL = 16,
    AZ_F_OBJECT = 32, /* by `of` */
    AZ_F_LIST = 64,   /* of objects by `of` */
    AZ_F_TEXTS = 128, /* a list of texts */
    AZ_F_MAP = 256,   /* an object with any keys */
    AZ_F_ANY = 512,
};

struct az_format_field {
    const char *name;
    unsigned types;
    const char *doc; /* a sentence */
    const struct az_format_field *of;
    bool optional;
};

struct az_format {
    const char *name;  /* "verdict" */
    const char *title; /* one line, for the page */
    const struct az_format_field *fields;
};

/* item, verdict, ballot, summary; ends with a row without a name. */
extern const struct az_format az_formats[];

const struct az_format *az_format_find(const char *name); /* NULL: none of that name */

/* JSON Schema (draft 2020-12), one object, no newline. Fields are only ever
 * added to a format, so ones that are not listed are allowed. */
void az_format_schema(struct az_buf *b, const struct az_format *f);

/* docs/formats.md, whole, and one section of it. */
void az_formats_markdown(struct az_buf *b);
void az_format_markdown(struct az_buf *b, const struct az_format *f);
