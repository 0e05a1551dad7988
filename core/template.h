/* core/template.h: a panel's template, parsed. Pure.
 *
 * The language is a small part of mustache, and nothing is ever HTML-escaped:
 *   {{field}}              the item's field, fenced; the panel's own words as they are
 *   {{{field}}}            the same without a fence
 *   {{#field}}…{{/field}}  shown when the field is there; for responses and
 *                          seen, once for each of them
 *   {{^field}}…{{/field}}  shown when it is not
 *   {{! a comment }}
 * A line that holds a section tag or a comment and nothing else leaves no line
 * behind. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/str.h"

/* name, what holds it, whether it is text from outside (fenced by {{ }}) */
#define AZ_FIELDS(X)                                                                    \
    X(PROMPT, "prompt", TOP, 1)                                                         \
    X(RESPONSE, "response", TOP, 1) /* the only one, of choice and score */             \
    X(REFERENCE, "reference", TOP, 1)                                                   \
    X(CONTEXT, "context", TOP, 1)                                                       \
    X(TURNS, "turns", TOP, 1) /* JSON */                                                \
    X(FIRST, "first", TOP, 1) /* in the order shown */                                  \
    X(SECOND, "second", TOP, 1)                                                         \
    X(RESPONSES, "responses", TOP, 0) /* a section: each response in the order shown */ \
    X(SLOT, "slot", RESPONSES, 0)     /* "A", "B" … */                                \
    X(TEXT, "text", RESPONSES, 1)                                                       \
    X(SEEN, "seen", TOP, 0)      /* a section: each judge of the round before */        \
    X(JUDGE, "judge", SEEN, 0)   /* "Judge 1" … */                                    \
    X(ANSWER, "answer", SEEN, 0) /* its label or score, as this judge would write it */ \
    X(RATIONALE, "rationale", SEEN, 1)                                                  \
    X(ASK, "ask", TOP, 0)                                                               \
    X(LABELS, "labels", TOP, 0)                                                         \
    X(SCALE, "scale", TOP, 0)                                                           \
    X(PERSONA, "persona", TOP, 0)

enum az_field {
#define X(id, name, scope, fenced) AZ_FIELD_##id,
    AZ_FIELDS(X)
#undef X
        AZ_FIELD_COUNT
};

enum az_op_kind { AZ_OP_TEXT, AZ_OP_FENCED, AZ_OP_RAW, AZ_OP_SECTION, AZ_OP_INVERTED, AZ_OP_END };

struct az_op {
    enum az_op_kind kind;
    enum az_field field;
    struct az_str text; /* AZ_OP_TEXT; borrowed from the template's text */
    size_t to;          /* section: its end; end: its section */
    int line;
};

struct az_template {
    size_t n;
    struct az_op *ops;
    uint32_t fields; /* bit AZ_FIELD_x: it is named somewhere */
};

/* `text` outlives the result. AZ_EINVAL: "line 3: unknown field 'respons'",
 * with a hint; also a field that this kind of question never has, and gold and
 * systems, which no judge sees. */
int az_template_parse(const struct az_question *q, const char *text, struct az_template **ret,
                      struct az_error *err);
void az_template_free(struct az_template *t); /* NULL is fine */
AZ_FREEP(template)

const char *az_field_name(enum az_field field);
bool az_field_fenced(enum az_field field);
