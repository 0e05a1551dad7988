#include "client/cli/expr_node.h"
#include "core/buf.h"

struct parser {
    struct az_str text;
    size_t at;
    int depth;
    az_expr_fields fields;
    struct az_arena *arena;
    struct az_error *err;
};

/* ---- words ---- */

static int fail_at(struct parser *p, size_t at, const char *what)
{
    size_t column = az_utf8_count((struct az_str){p->text.p, at}) + 1;
    return az_fail(p->err, AZ_EINVAL, "column %zu: %s", column, what);
}

static char peek(struct parser *p)
{
    while (p->at < p->text.n && strchr(" \t\r\n", p->text.p[p->at]))
        p->at++;
    return p->at < p->text.n ? p->text.p[p->at] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c) ||
           c == '-' || (c & 0x80);
}

static struct az_str word_at(const struct parser *p)
{
    size_t n = 0;
    while (p->at + n < p->text.n && in_word(p->text.p[p->at + n]))
        n++;
    return (struct az_str){p->text.p + p->at, n};
}

static bool take_word(struct parser *p, const char *word)
{
    peek(p);
    struct az_str here = word_at(p);
    size_t after = p->at + here.n;
    if (!az_str_eqz(here, word) || (after < p->text.n && p->text.p[after] == '.'))
        return false;
    p->at = after;
    return true;
}

static struct node *node_new(struct parser *p, enum op op, size_t at)
{
    struct node *n = az_arena_zalloc(p->arena, sizeof(*n));
    if (!n)
        az_oom(p->err);
    else
        *n = (struct node){.op = op, .at = at};
    return n;
}

/* ---- values ---- */

static const struct node *value_node(struct parser *p, size_t at, struct az_value v)
{
    struct node *n = node_new(p, OP_VALUE, at);
    if (n)
        n->value = v;
    return n;
}

/* A quoted text from the quote on; {NULL, 0} and an error when it is wrong. */
static struct az_str take_quoted(struct parser *p)
{
    static const char from[] = "\"'\\nt", to[] = "\"'\\\n\t";
    size_t start = p->at;
    char quote = p->text.p[p->at++];
    AZ_AUTO_BUF b = az_buf(AZ_EXPR_MAX);
    while (p->at < p->text.n && p->text.p[p->at] != quote) {
        char c = p->text.p[p->at++];
        if (c == '\\') {
            const char *known = p->at < p->text.n ? strchr(from, p->text.p[p->at]) : NULL;
            if (!known) {
                fail_at(p, p->at - 1, "a '\\' that is followed by none of \" ' \\ n t");
                return (struct az_str){0};
            }
            c = to[known - from];
            p->at++;
        }
        az_buf_char(&b, c);
    }
    if (p->at == p->text.n) {
        fail_at(p, start, "a text without its closing quote");
        return (struct az_str){0};
    }
    p->at++;
    struct az_str ret = {0};
    if (az_buf_check(&b, p->err) == 0) {
        ret = az_arena_str(p->arena, az_buf_view(&b));
        if (!ret.p)
            az_oom(p->err);
    }
    return ret;
}

static const struct node *parse_text(struct parser *p)
{
    size_t at = p->at;
    struct az_str s = take_quoted(p);
    return s.p ? value_node(p, at, az_value_text(s)) : NULL;
}

static const struct node *parse_number(struct parser *p)
{
    size_t at = p->at, end = at;
    char before = '\0';
    double v;
    while (end < p->text.n) {
        char c = p->text.p[end];
        bool sign = (c == '-' || c == '+') && (end == at || before == 'e' || before == 'E');
        if (!sign && c != '.' && (c == '-' || !in_word(c)))
            break;
        before = c;
        end++;
    }
    struct az_str s = {p->text.p + at, end - at};
    if (!az_str_double(s, &v)) {
        fail_at(p, at, "not a number");
        if (end < p->text.n && p->text.p[end] == '%')
            az_hint(p->err, "Write 60%% as 0.6.");
        return NULL;
    }
    if (end < p->text.n && p->text.p[end] == '%') {
        fail_at(p, end, "a number with '%'");
        az_hint(p->err, "Write 60%% as 0.6.");
        return NULL;
    }
    p->at = end;
    return value_node(p, at, az_value_num(v));
}

/* ---- fields ---- */

static bool field_known(az_expr_fields fields, struct az_str path)
{
    for (; *fields; fields++) {
        struct az_str f = az_str(*fields);
        if (az_str_eq(f, path))
            return true;
        /* "meta.*": the dot counts, and something must follow it. */
        if (az_str_ends(f, ".*") && path.n > f.n - 1 && memcmp(f.p, path.p, f.n - 1) == 0)
            return true;
    }
    return false;
}

static const struct node *unknown_field(struct parser *p, size_t at, struct az_str path)
{
    char what[160];
    snprintf(what, sizeof(what), "unknown field '" AZ_STR_FMT "'", (int)AZ_MIN(path.n, 80u),
             path.p);
    fail_at(p, at, what);
    const char *near = az_nearest(path, p->fields);
    if (near)
        az_hint(p->err, "Did you mean '%s'?", near);
    else
        az_hint(p->err, "If it is a text, put it in quotes: \"" AZ_STR_FMT "\".",
                (int)AZ_MIN(path.n, 80u), path.p);
    return NULL;
}

static const struct node *field_node(struct parser *p, size_t at, struct az_str path)
{
    if (!field_known(p->fields, path))
        return unknown_field(p, at, path);
    struct node *n = node_new(p, OP_FIELD, at);
    if (!n)
        return NULL;
    n->path = az_arena_strndup(p->arena, path.p, path.n);
    if (n->path)
        return n;
    az_oom(p->err);
    return NULL;
}

static const struct node *parse_field(struct parser *p)
{
    size_t at = p->at;
    AZ_AUTO_BUF path = az_buf(AZ_EXPR_MAX);
    for (bool first = true;; first = false) {
        char c = p->at < p->text.n ? p->text.p[p->at] : '\0';
        struct az_str part = word_at(p);
        if (!first && (c == '"' || c == '\'')) {
            part = take_quoted(p);
            if (!part.p)
                return NULL;
        } else if (part.n) {
            p->at += part.n;
        } else {
            fail_at(p, p->at, "a name must follow '.'");
            return NULL;
        }
        az_buf_str(&path, part);
        if (p->at == p->text.n || p->text.p[p->at] != '.')
            break;
        p->at++;
        az_buf_char(&path, '.');
    }
    if (az_buf_check(&path, p->err) < 0)
        return NULL;
    return field_node(p, at, az_buf_view(&path));
}

/* ---- the grammar ---- */

static const struct node *parse_or(struct parser *p);

static const struct node *deeper(struct parser *p, const struct node *(*parse)(struct parser *))
{
    if (p->depth == AZ_EXPR_DEPTH) {
        fail_at(p, p->at, "nested too deep");
        return NULL;
    }
    p->depth++;
    const struct node *n = parse(p);
    p->depth--;
    return n;
}

static const struct node *parse_group(struct parser *p)
{
    size_t at = p->at++;
    const struct node *n = deeper(p, parse_or);
    if (!n)
        return NULL;
    if (peek(p) != ')') {
        if (p->at == p->text.n)
            fail_at(p, at, "'(' is never closed");
        else
            fail_at(p, p->at, "expected ')' or an operator");
        return NULL;
    }
    p->at++;
    return n;
}

static const struct node *parse_operand(struct parser *p)
{
    char c = peek(p);
    size_t at = p->at;
    if (c == '(')
        return parse_group(p);
    if (c == '"' || c == '\'')
        return parse_text(p);
    if (is_digit(c) || c == '-' || c == '+' || c == '.')
        return parse_number(p);
    if (take_word(p, "null"))
        return value_node(p, at, (struct az_value){.type = AZ_V_NULL});
    if (take_word(p, "true") || take_word(p, "false"))
        return value_node(p, at, (struct az_value){.type = AZ_V_BOOL, .yes = p->text.p[at] == 't'});
    struct az_str word = word_at(p);
    if (az_str_eqz(word, "and") || az_str_eqz(word, "or") || !word.n) {
        fail_at(p, at,
                at == p->text.n ? "expected a field or value before the end"
                                : "expected a field or value");
        if (c == '!')
            az_hint(p->err, "Write 'not'.");
        return NULL;
    }
    return parse_field(p);
}

static bool take_comparison(struct parser *p, enum op *op)
{
    static const char signs[][3] = {"==", "!=", "<=", ">=", "<", ">"};
    static const enum op ops[] = {OP_EQ, OP_NE, OP_LE, OP_GE, OP_LT, OP_GT};
    peek(p);
    struct az_str rest = {p->text.p + p->at, p->text.n - p->at};
    for (size_t i = 0; i < AZ_LEN(signs); i++) {
        if (!az_str_starts(rest, signs[i]))
            continue;
        *op = ops[i];
        p->at += strlen(signs[i]);
        return true;
    }
    return false;
}

static bool is_null_word(const struct node *n)
{
    return n->op == OP_VALUE && n->value.type == AZ_V_NULL;
}

static const struct node *parse_comparison(struct parser *p)
{
    const struct node *left = parse_operand(p);
    enum op op, again;
    peek(p);
    size_t at = p->at;
    if (!left || !take_comparison(p, &op))
        return left;
    if (peek(p) == '=') {
        fail_at(p, p->at, "expected a field or value");
        return NULL;
    }
    const struct node *right = parse_operand(p);
    if (!right)
        return NULL;
    if (op != OP_EQ && op != OP_NE && (is_null_word(left) || is_null_word(right))) {
        fail_at(p, at, "null has no order");
        az_hint(p->err, "Ask with == null or != null.");
        return NULL;
    }
    peek(p);
    size_t next = p->at;
    if (take_comparison(p, &again)) {
        fail_at(p, next, "comparisons do not chain");
        az_hint(p->err, "Write 'a < b and b < c'.");
        return NULL;
    }
    struct node *n = node_new(p, op, at);
    if (n) {
        n->left = left;
        n->right = right;
    }
    return n;
}

/* A number or text on its own is a slip, not a condition. */
static const struct node *as_condition(struct parser *p, const struct node *n)
{
    static const char *const what[] = {
        [AZ_V_NULL] = "null is no condition",
        [AZ_V_NUMBER] = "a number is no condition",
        [AZ_V_TEXT] = "a text is no condition",
    };
    if (!n || n->op != OP_VALUE || n->value.type == AZ_V_BOOL)
        return n;
    fail_at(p, n->at, what[n->value.type]);
    az_hint(p->err, "Compare it with something: score >= 4.");
    return NULL;
}

static const struct node *parse_not(struct parser *p)
{
    peek(p);
    size_t at = p->at;
    if (!take_word(p, "not"))
        return parse_comparison(p);
    const struct node *inner = as_condition(p, deeper(p, parse_not));
    struct node *n = inner ? node_new(p, OP_NOT, at) : NULL;
    if (n)
        n->left = inner;
    return n;
}

static const struct node *parse_chain(struct parser *p, const char *word, enum op op,
                                      const struct node *(*parse)(struct parser *))
{
    const struct node *left = parse(p);
    for (;;) {
        peek(p);
        size_t at = p->at;
        if (!left || !take_word(p, word))
            return left;
        if (!as_condition(p, left))
            return NULL;
        const struct node *right = as_condition(p, parse(p));
        struct node *n = right ? node_new(p, op, at) : NULL;
        if (!n)
            return NULL;
        n->left = left;
        n->right = right;
        left = n;
    }
}

static const struct node *parse_and(struct parser *p)
{
    return parse_chain(p, "and", OP_AND, parse_not);
}

static const struct node *parse_or(struct parser *p)
{
    return parse_chain(p, "or", OP_OR, parse_and);
}

/* What people write from other languages. */
static int fail_rest(struct parser *p)
{
    static const struct {
        const char *starts, *hint;
    } habits[] = {
        {"=", "Write '=='."},    {"=>", "Write '>='."}, {"=<", "Write '<='."},
        {"&", "Write 'and'."},   {"|", "Write 'or'."},  {")", "There is no '(' for it."},
        {"AND", "Write 'and'."}, {"OR", "Write 'or'."},
    };
    fail_at(p, p->at, "expected 'and', 'or', a comparison or the end");
    struct az_str rest = {p->text.p + p->at, p->text.n - p->at};
    for (size_t i = 0; i < AZ_LEN(habits); i++) {
        if (az_str_starts(rest, habits[i].starts))
            az_hint(p->err, "%s", habits[i].hint);
    }
    return AZ_EINVAL;
}

int az_expr_parse(const char *text, az_expr_fields fields, struct az_expr **ret,
                  struct az_error *err)
{
    size_t bad;
    struct az_error own = {0}; /* the code must be known whatever the caller wants */
    struct parser p = {.text = az_str(text), .fields = fields, .err = err ? err : &own};
    p.err->code = 0;
    if (p.text.n > AZ_EXPR_MAX)
        return az_fail(err, AZ_ELIMIT, "an expression of more than %d bytes", AZ_EXPR_MAX);
    if (!az_utf8_valid(p.text, &bad))
        return az_fail(err, AZ_EINVAL, "not UTF-8 at byte %zu", bad);
    if (!peek(&p))
        return az_fail(err, AZ_EINVAL, "an empty expression");

    p.arena = az_arena_new(1024);
    AZ_AUTO(expr) e = p.arena ? az_arena_zalloc(p.arena, sizeof(*e)) : NULL;
    if (!e) {
        az_arena_free(p.arena);
        return az_oom(err);
    }
    e->arena = p.arena;
    e->root = as_condition(&p, parse_or(&p));
    if (!e->root)
        return p.err->code;
    if (peek(&p))
        return fail_rest(&p);
    *ret = AZ_TAKE(e);
    return 0;
}

void az_expr_free(struct az_expr *e)
{
    if (e)
        az_arena_free(e->arena);
}
