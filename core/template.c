#include "core/template.h"

#include "core/mem.h"

enum scope { SCOPE_TOP, SCOPE_RESPONSES, SCOPE_SEEN };

static const struct {
    const char *name;
    enum scope scope;
    bool fenced;
} fields[] = {
#define X(id, name, scope, fenced) {name, SCOPE_##scope, fenced},
    AZ_FIELDS(X)
#undef X
};

enum { DEPTH_MAX = 8 };

struct parser {
    const struct az_question *q;
    const char *text;
    struct az_str rest; /* not read yet */
    int line;           /* of rest */
    struct az_template *t;
    size_t cap;
    size_t open[DEPTH_MAX]; /* ops of the sections that are open */
    int depth;
    struct az_error *err;
};

const char *az_field_name(enum az_field field)
{
    return fields[field].name;
}

bool az_field_fenced(enum az_field field)
{
    return fields[field].fenced;
}

static int wrong(struct parser *p, const char *what, struct az_str name)
{
    return az_fail(p->err, AZ_EINVAL, "line %d: %s '" AZ_STR_FMT "'", p->line, what,
                   AZ_STR_ARG(name));
}

static int add(struct parser *p, struct az_op op)
{
    if (az_grow(&p->t->ops, &p->cap, p->t->n + 1, sizeof(op)) < 0)
        return az_oom(p->err);
    op.line = p->line;
    p->t->ops[p->t->n++] = op;
    return 0;
}

static int add_text(struct parser *p, struct az_str text)
{
    return text.n ? add(p, (struct az_op){.kind = AZ_OP_TEXT, .text = text}) : 0;
}

static int unknown_field(struct parser *p, struct az_str name)
{
    static const char *const never[] = {"gold", "systems", NULL};
    for (const char *const *n = never; *n; n++) {
        if (az_str_eqz(name, *n)) {
            az_fail(p->err, AZ_EINVAL, "line %d: '{{%s}}' is never shown to a judge", p->line, *n);
            az_hint(p->err, "A judge that knew the answer or the author would not be judging.");
            return AZ_EINVAL;
        }
    }

    const char *names[AZ_FIELD_COUNT + 1] = {NULL};
    for (int f = 0; f < AZ_FIELD_COUNT; f++)
        names[f] = fields[f].name;
    const char *near = az_nearest(name, names);
    wrong(p, "unknown field", name);
    if (near)
        az_hint(p->err, "Did you mean '%s'?", near);
    else
        az_hint(p->err, "A template knows prompt, response, first, second, responses, reference, "
                        "context, turns, seen, ask, labels, scale and persona.");
    return AZ_EINVAL;
}

static enum scope scope_of(const struct parser *p)
{
    for (int d = p->depth; d-- > 0;) {
        const struct az_op *op = &p->t->ops[p->open[d]];
        if (op->kind == AZ_OP_SECTION && op->field == AZ_FIELD_RESPONSES)
            return SCOPE_RESPONSES;
        if (op->kind == AZ_OP_SECTION && op->field == AZ_FIELD_SEEN)
            return SCOPE_SEEN;
    }
    return SCOPE_TOP;
}

/* A field that no item of this kind of question has would make every ballot an
 * error; better said before anybody is asked. */
static int fits_question(struct parser *p, enum az_field f)
{
    bool many = p->q->kind == AZ_PAIR || p->q->kind == AZ_BEST || p->q->kind == AZ_RANK;
    if (many && f == AZ_FIELD_RESPONSE) {
        wrong(p, "a question with several responses has no", az_str("response"));
        az_hint(p->err, "Use '{{first}}' and '{{second}}', or "
                        "'{{#responses}}{{slot}} {{text}}{{/responses}}'.");
        return AZ_EINVAL;
    }
    if (!many && (f == AZ_FIELD_FIRST || f == AZ_FIELD_SECOND || f == AZ_FIELD_RESPONSES)) {
        wrong(p, "a question about one response has no", az_str(fields[f].name));
        az_hint(p->err, "Use '{{response}}'.");
        return AZ_EINVAL;
    }
    return 0;
}

static int find_field(struct parser *p, struct az_str name, enum az_field *ret)
{
    for (enum az_field f = 0; f < AZ_FIELD_COUNT; f++) {
        if (!az_str_eqz(name, fields[f].name))
            continue;
        if (fields[f].scope != SCOPE_TOP && fields[f].scope != scope_of(p)) {
            wrong(p, "only inside a section there is", name);
            az_hint(p->err, "Write it between '{{#%s}}' and '{{/%s}}'.",
                    fields[f].scope == SCOPE_SEEN ? "seen" : "responses",
                    fields[f].scope == SCOPE_SEEN ? "seen" : "responses");
            return AZ_EINVAL;
        }
        p->t->fields |= UINT32_C(1) << f;
        *ret = f;
        return fits_question(p, f);
    }
    return unknown_field(p, name);
}

static int open_section(struct parser *p, enum az_op_kind kind, struct az_str name)
{
    enum az_field f;
    int r = find_field(p, name, &f);
    if (r < 0)
        return r;
    bool loop = f == AZ_FIELD_RESPONSES || f == AZ_FIELD_SEEN;
    if (loop && scope_of(p) != SCOPE_TOP)
        return wrong(p, "a list inside a list:", name);
    if (p->depth == DEPTH_MAX)
        return wrong(p, "sections nested too deep at", name);
    r = add(p, (struct az_op){.kind = kind, .field = f});
    if (r == 0)
        p->open[p->depth++] = p->t->n - 1;
    return r;
}

static int close_section(struct parser *p, struct az_str name)
{
    if (!p->depth)
        return wrong(p, "nothing is open at the closing tag of", name);
    size_t at = p->open[p->depth - 1];
    const struct az_op *op = &p->t->ops[at];
    if (!az_str_eqz(name, fields[op->field].name))
        return az_fail(p->err, AZ_EINVAL,
                       "line %d: '{{/" AZ_STR_FMT "}}' where '{{/%s}}' must come first (opened in "
                       "line %d)",
                       p->line, AZ_STR_ARG(name), fields[op->field].name, op->line);
    int r = add(p, (struct az_op){.kind = AZ_OP_END, .field = op->field, .to = at});
    if (r < 0)
        return r;
    p->depth--;
    p->t->ops[at].to = p->t->n - 1;
    return 0;
}

static int variable(struct parser *p, struct az_str name, bool raw)
{
    enum az_field f;
    int r = find_field(p, name, &f);
    if (r < 0)
        return r;
    if (f == AZ_FIELD_RESPONSES || f == AZ_FIELD_SEEN) {
        wrong(p, "a list is no text:", name);
        az_hint(p->err, "Write '{{#%s}}…{{/%s}}'.", fields[f].name, fields[f].name);
        return AZ_EINVAL;
    }
    bool fenced = !raw && fields[f].fenced;
    return add(p, (struct az_op){.kind = fenced ? AZ_OP_FENCED : AZ_OP_RAW, .field = f});
}

static int tag(struct parser *p, char sigil, struct az_str name)
{
    switch (sigil) {
    case '!':
        return 0;
    case '#':
        return open_section(p, AZ_OP_SECTION, name);
    case '^':
        return open_section(p, AZ_OP_INVERTED, name);
    case '/':
        return close_section(p, name);
    default:
        return variable(p, name, sigil == '{');
    }
}

static bool blank(struct az_str s)
{
    return !s.n || strspn(s.p, " \t") >= s.n;
}

/* A section tag or comment alone on its line takes the line with it: cuts the
 * indentation off *before and the line end off the rest. */
static void take_line(struct parser *p, struct az_str *before)
{
    size_t indent = before->n;
    while (indent && before->p[indent - 1] != '\n')
        indent--;
    bool starts = indent || before->p == p->text;
    struct az_str head = {before->p + indent, before->n - indent};
    const char *end = p->rest.n ? memchr(p->rest.p, '\n', p->rest.n) : NULL;
    struct az_str tail = {p->rest.p, end ? (size_t)(end - p->rest.p) : p->rest.n};
    if (tail.n && tail.p[tail.n - 1] == '\r')
        tail.n--;
    /* Right after a tag that took its line, a new line starts. */
    if (!starts && before->p[-1] == '\n')
        starts = true;
    if (!starts || !blank(head) || !blank(tail))
        return;
    before->n = indent;
    size_t cut = end ? (size_t)(end - p->rest.p) + 1 : p->rest.n;
    p->rest.p += cut;
    p->rest.n -= cut;
}

static void count_lines(struct parser *p, struct az_str s)
{
    for (size_t i = 0; i < s.n; i++)
        p->line += s.p[i] == '\n';
}

/* Text up to the next tag, and that tag. */
static int step(struct parser *p)
{
    ptrdiff_t at = az_str_find(p->rest, AZ_STR("{{"));
    struct az_str before = {p->rest.p, at < 0 ? p->rest.n : (size_t)at};
    const char *read_to = p->rest.p;
    if (at < 0) {
        p->rest.n = 0;
        return add_text(p, before);
    }

    const char *tag_at = p->rest.p + before.n;
    p->rest.p += before.n + 2;
    p->rest.n -= before.n + 2;
    char sigil = p->rest.n ? p->rest.p[0] : '\0';
    if (!sigil || !strchr("{#^/!", sigil))
        sigil = '\0';
    struct az_str close = sigil == '{' ? AZ_STR("}}}") : AZ_STR("}}");
    ptrdiff_t end = az_str_find(p->rest, close);
    if (end < 0) {
        count_lines(p, before);
        return az_fail(p->err, AZ_EINVAL, "line %d: '{{' without '%s'", p->line, close.p);
    }
    size_t skip = sigil ? 1 : 0;
    struct az_str name = az_str_trim((struct az_str){p->rest.p + skip, (size_t)end - skip});
    p->rest.p += (size_t)end + close.n;
    p->rest.n -= (size_t)end + close.n;
    if (sigil && sigil != '{')
        take_line(p, &before);

    int r = add_text(p, before);
    count_lines(p, (struct az_str){read_to, (size_t)(tag_at - read_to)});
    if (r == 0)
        r = tag(p, sigil, name);
    count_lines(p, (struct az_str){tag_at, (size_t)(p->rest.p - tag_at)});
    return r;
}

int az_template_parse(const struct az_question *q, const char *text, struct az_template **ret,
                      struct az_error *err)
{
    az_assert(text);
    AZ_AUTO(template) t = az_zalloc(sizeof(*t));
    if (!t)
        return az_oom(err);
    struct parser p = {
        .q = q, .text = text, .rest = {text, strlen(text)}, .line = 1, .t = t, .err = err};
    while (p.rest.n) {
        int r = step(&p);
        if (r < 0)
            return r;
    }
    if (p.depth) {
        const struct az_op *op = &t->ops[p.open[p.depth - 1]];
        return az_fail(err, AZ_EINVAL, "line %d: section '%s' is not closed", op->line,
                       fields[op->field].name);
    }
    *ret = AZ_TAKE(t);
    return 0;
}

void az_template_free(struct az_template *t)
{
    if (!t)
        return;
    free(t->ops);
    free(t);
}
