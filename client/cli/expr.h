/* client/cli/expr.h: the conditions of --keep and --require. Pure.
 *
 *   score >= 4 and share > 0.6
 *   label == "A" or (status == "decided" and not meta.lang == "de")
 *
 * or, and, not (weakest first), then == != < <= > >= between two of: a number,
 * a "text" or 'text' (with \" \' \\ \n \t), true, false, null, a field, or a
 * condition in parentheses. A field is a dotted path; a part that is no plain
 * word is quoted: meta."my key". Alone, a field holds when it is true.
 *
 * What is null or not there compares to nothing: every comparison with it is
 * false, != too; only `x == null` and `x != null`, with the word null, ask for
 * that. Different types are not equal and have no order; texts compare by
 * bytes. So nothing can fail once an expression has been parsed. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/json.h"
#include "core/str.h"

enum { AZ_EXPR_MAX = 16 << 10, AZ_EXPR_DEPTH = 100 };

enum az_value_type { AZ_V_NULL, AZ_V_BOOL, AZ_V_NUMBER, AZ_V_TEXT };

struct az_value {
    enum az_value_type type;
    bool yes;
    double number;
    struct az_str text;
};

/* Which fields there are; ends in NULL. "meta.*" stands for any path below
 * meta. Kept by the caller as long as the expression is parsed. */
typedef const char *const *az_expr_fields;

/* The value of a field, its path as written (quotes off); its text must live
 * until the evaluation ends. */
typedef struct az_value az_expr_lookup_fn(void *arg, const char *path);

struct az_expr;

/* AZ_EINVAL: "column 7: unknown field 'scor'", "Did you mean 'score'?". Columns
 * count characters from 1. */
int az_expr_parse(const char *text, az_expr_fields fields, struct az_expr **ret,
                  struct az_error *err);
void az_expr_free(struct az_expr *e);
AZ_FREEP(expr)

bool az_expr_holds(const struct az_expr *e, az_expr_lookup_fn *lookup, void *arg);

/* For lookups: a JSON value (lists and objects are null). */
struct az_value az_value_of(az_jv v);
struct az_value az_value_num(double v);
struct az_value az_value_text(struct az_str s); /* {NULL, 0}: null */
