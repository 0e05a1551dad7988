/* client/cli/expr_node.h: a parsed expression; for expr*.c only. Pure. */
#pragma once
#include "client/cli/expr.h"
#include "core/arena.h"

enum op { OP_OR, OP_AND, OP_NOT, OP_EQ, OP_NE, OP_LE, OP_GE, OP_LT, OP_GT, OP_FIELD, OP_VALUE };

struct node {
    enum op op;
    size_t at;                       /* in the text */
    const struct node *left, *right; /* not: left only */
    const char *path;                /* OP_FIELD */
    struct az_value value;           /* OP_VALUE */
};

struct az_expr {
    struct az_arena *arena; /* owns all */
    const struct node *root;
};
