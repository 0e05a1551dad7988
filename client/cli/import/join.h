/* client/cli/import/join.h: the items that judgements are joined to: by id, then by
 * content. Pure; not thread-safe. Keeps of an item its id and hashes of it, no
 * texts. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/str.h"

struct az_join;

struct az_join *az_join_new(void); /* NULL when out of memory */
void az_join_free(struct az_join *j);
AZ_FREEP(join)

/* One line of items. 0; 1: its id was there already. AZ_EINVAL: a bad line. */
int az_join_add(struct az_join *j, struct az_str line, int64_t number, struct az_error *err);

size_t az_join_count(const struct az_join *j);
/* Has every item two responses? False without items. */
bool az_join_pairs(const struct az_join *j);
/* Items that nothing was joined to. */
size_t az_join_left(const struct az_join *j);

/* What is looked for. */
struct az_join_query {
    struct az_str id, other_id;
    struct az_str prompt;
    size_t n_responses;
    const struct az_str *responses;
    size_t n_systems;
    const struct az_str *systems;
};

struct az_join_answer {
    enum { AZ_JOIN_NONE, AZ_JOIN_ID, AZ_JOIN_CONTENT } by;
    struct az_str id;   /* the item's own; the join's */
    bool turned;        /* the item lists the two responses the other way round */
    bool other_content; /* by id, but the texts are not the item's */
};

/* Marks the item as joined. By content the prompt and the responses count, white
 * space around them does not. An item whose systems are known and are not the
 * query's is not it. */
struct az_join_answer az_join_find(struct az_join *j, const struct az_join_query *q);
