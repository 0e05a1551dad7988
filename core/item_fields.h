/* core/item_fields.h: under which names an item's fields are found in a line.
 *
 * Pure. A panel's `fields:` says where a field is, and then nothing else is
 * looked at for it; without that, the first of the known names whose value is
 * there and not null. A key that `fields:` gives to one field is never taken
 * for another. Of a key written twice in one object the first counts. */
#pragma once
#include "core/base.h"
#include "core/json.h"
#include "core/number.h"
#include "core/panel.h"

/* field, its names in the order they are tried (the first is its own) */
#define AZ_FIELDS(X)                                                           \
    X(ID, "id", "custom_id", "prompt_id", "question_id", "pair_id")            \
    X(PROMPT, "prompt", "instruction", "question", "input")                    \
    X(RESPONSE, "response", "text", "content", "document", "output", "answer") \
    X(RESPONSES, "responses")                                                  \
    X(CHOSEN, "chosen")                                                        \
    X(REJECTED, "rejected")                                                    \
    X(REFERENCE, "reference", "expected_output")                               \
    X(TARGET, "target")                                                        \
    X(CONTEXT, "context", "retrieved_contexts")                                \
    X(TURNS, "turns")                                                          \
    X(MESSAGES, "messages")                                                    \
    X(IMAGES, "images")                                                        \
    X(SYSTEMS, "systems")                                                      \
    X(GOLD, "gold", "label")                                                   \
    X(CLUSTER, "cluster")                                                      \
    X(META, "meta")

enum az_field {
#define X(field, ...) AZ_FIELD_##field,
    AZ_FIELDS(X)
#undef X
        AZ_FIELD_COUNT
};

/* Its names, its own first; ends in NULL. Static. */
const char *const *az_field_aliases(enum az_field f);

/* Every field's own name, for `fields:` and its "did you mean"; ends in NULL. */
const char *const *az_field_names(void);

/* The panel's row for this field; NULL: it has none. */
const struct az_field_map *az_field_mapped(const struct az_panel *panel, enum az_field f);

/* Does `fields:` give this key of the line to some field? */
bool az_field_claimed(const struct az_panel *panel, const char *key);

/* The value, never null; *as is the key or path it has, for messages.
 * NULL: not there. */
az_jv az_field_get(const struct az_panel *panel, az_jv line, enum az_field f, const char **as);

/* One path in a line: a key of that very name, else a dotted path. NULL: not
 * there, or null. */
az_jv az_field_at(az_jv line, const char *path);

/* A number that serves as a name (an id), as text: its shortest decimal, and of
 * a whole number past 2^53 the digits as `json`, the line's text, has them for
 * `key` at its top. {NULL, 0}: they cannot be kept. Borrows `text` or `json`. */
struct az_str az_field_number(az_jv v, const char *key, struct az_str json,
                              char text[AZ_NUMBER_MAX]);
