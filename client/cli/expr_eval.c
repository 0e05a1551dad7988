#include <math.h>

#include "client/cli/expr_node.h"

struct az_value az_value_num(double v)
{
    return isfinite(v) ? (struct az_value){.type = AZ_V_NUMBER, .number = v} : (struct az_value){0};
}

struct az_value az_value_text(struct az_str s)
{
    return s.p ? (struct az_value){.type = AZ_V_TEXT, .text = s} : (struct az_value){0};
}

struct az_value az_value_of(az_jv v)
{
    double number;
    switch (az_jv_type(v)) {
    case AZ_J_BOOL:
        return (struct az_value){.type = AZ_V_BOOL, .yes = az_jv_true(v)};
    case AZ_J_NUMBER:
        return az_jv_num(v, &number) ? az_value_num(number) : (struct az_value){0};
    case AZ_J_STRING:
        return az_value_text(az_jv_str(v));
    default:
        return (struct az_value){0};
    }
}

struct eval {
    az_expr_lookup_fn *lookup;
    void *arg;
};

static bool holds(const struct eval *e, const struct node *n);

static struct az_value value_of(const struct eval *e, const struct node *n)
{
    if (n->op == OP_VALUE)
        return n->value;
    if (n->op == OP_FIELD)
        return e->lookup(e->arg, n->path);
    return (struct az_value){.type = AZ_V_BOOL, .yes = holds(e, n)};
}

/* The words `x == null`, not a value that happens to be null. */
static bool asks_for_null(const struct node *n)
{
    return n->op == OP_VALUE && n->value.type == AZ_V_NULL;
}

/* -1, 0, 1; of two values of one type that is ordered. */
static int order(const struct az_value *a, const struct az_value *b)
{
    if (a->type == AZ_V_NUMBER)
        return (a->number > b->number) - (a->number < b->number);
    size_t n = AZ_MIN(a->text.n, b->text.n);
    int c = n ? memcmp(a->text.p, b->text.p, n) : 0;
    return c ? (c > 0) - (c < 0) : (a->text.n > b->text.n) - (a->text.n < b->text.n);
}

static bool compare(const struct eval *e, const struct node *n)
{
    struct az_value a = value_of(e, n->left), b = value_of(e, n->right);
    if (asks_for_null(n->left) || asks_for_null(n->right))
        return (a.type == AZ_V_NULL && b.type == AZ_V_NULL) == (n->op == OP_EQ);
    if (a.type == AZ_V_NULL || b.type == AZ_V_NULL)
        return false;
    if (a.type != b.type)
        return n->op == OP_NE;
    if (a.type == AZ_V_BOOL)
        return n->op == OP_EQ ? a.yes == b.yes : n->op == OP_NE && a.yes != b.yes;

    int c = order(&a, &b);
    switch (n->op) {
    case OP_EQ:
        return c == 0;
    case OP_NE:
        return c != 0;
    case OP_LE:
        return c <= 0;
    case OP_GE:
        return c >= 0;
    case OP_LT:
        return c < 0;
    default:
        return c > 0;
    }
}

static bool holds(const struct eval *e, const struct node *n)
{
    struct az_value v;
    switch (n->op) {
    case OP_OR:
        return holds(e, n->left) || holds(e, n->right);
    case OP_AND:
        return holds(e, n->left) && holds(e, n->right);
    case OP_NOT:
        return !holds(e, n->left);
    case OP_FIELD:
    case OP_VALUE:
        v = value_of(e, n);
        return v.type == AZ_V_BOOL && v.yes;
    default:
        return compare(e, n);
    }
}

bool az_expr_holds(const struct az_expr *e, az_expr_lookup_fn *lookup, void *arg)
{
    struct eval eval = {lookup, arg};
    return holds(&eval, e->root);
}
