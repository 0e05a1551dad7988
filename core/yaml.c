#include "core/yaml.h"

#include <libfyaml.h>

/* What building a tree needs besides the events. */
struct builder {
    struct az_arena *arena;
    const char *origin;
    struct az_error *err;
    int lines; /* in the text */
    struct fy_parser *parser;
    struct fy_diag *diag;
    struct az_yaml *open[AZ_YAML_DEPTH]; /* lists and maps not yet ended */
    size_t depth;
    struct az_yaml *root;
    struct az_yaml *key; /* a map's key that waits for its value */
    size_t nodes, documents;
};

static int fail_line(struct builder *b, int line, const char *text)
{
    struct az_yaml at = {.line = line, .origin = b->origin};
    return az_yaml_fail(b->err, &at, "%s", text);
}

static int token_line(struct fy_token *token)
{
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;
    return mark ? mark->line + 1 : 0;
}

static int event_line(struct fy_event *e)
{
    const struct fy_mark *mark = fy_event_start_mark(e);
    return mark ? mark->line + 1 : 0;
}

/* Anchors let a small file mean a huge one; tags change what a value is
 * without being seen in it. */
static int refuse_extras(struct builder *b, struct fy_token *anchor, struct fy_token *tag)
{
    if (anchor) {
        fail_line(b, token_line(anchor), "anchors and aliases are refused");
        az_hint(b->err, "Write the value out, or put what is shared into a file to extend.");
        return AZ_EINVAL;
    }
    if (tag) {
        fail_line(b, token_line(tag), "tags ('!…') are refused");
        az_hint(b->err, "Quote a value to make it text.");
        return AZ_EINVAL;
    }
    return 0;
}

static struct az_yaml *node_new(struct builder *b, enum az_ytype type, int line)
{
    if (++b->nodes > AZ_YAML_NODES) {
        fail_line(b, line, "too many values");
        b->err->code = AZ_ELIMIT;
        return NULL;
    }
    struct az_yaml *y = az_arena_zalloc(b->arena, sizeof(*y));
    if (!y) {
        az_oom(b->err);
        return NULL;
    }
    y->type = type;
    y->line = line;
    y->origin = b->origin;
    return y;
}

static int take_key(struct builder *b, struct az_yaml *map, struct az_yaml *key)
{
    if (!az_yaml_is_scalar(key)) {
        fail_line(b, key->line, "a key must be a word, not a list or map");
        az_hint(b->err, "Quote a text that begins with '{' or '['.");
        return AZ_EINVAL;
    }
    if (map->n >= AZ_YAML_KEYS)
        return fail_line(b, key->line, "too many keys in one map");
    const struct az_yaml *twin = az_yaml_get(map, key->text.p);
    if (twin) {
        az_yaml_fail(b->err, key, "duplicate key '%.100s'", key->text.p);
        az_hint(b->err, "It is already on line %d.", twin->key_line);
        return AZ_EINVAL;
    }
    b->key = key;
    return 0;
}

/* Put a node where the innermost open list or map wants it. */
static int place(struct builder *b, struct az_yaml *y)
{
    if (!b->depth) {
        b->root = y;
        return 0;
    }
    struct az_yaml *parent = b->open[b->depth - 1];
    if (parent->type == AZ_Y_MAP) {
        if (!b->key)
            return take_key(b, parent, y);
        y->key = b->key->text;
        y->key_line = b->key->line;
        b->key = NULL;
    }
    az_yaml_append(parent, y);
    return 0;
}

static int on_scalar(struct builder *b, struct fy_event *e)
{
    int r = refuse_extras(b, e->scalar.anchor, e->scalar.tag);
    if (r < 0)
        return r;
    size_t n = 0;
    const char *text = e->scalar.value ? fy_token_get_text(e->scalar.value, &n) : "";
    if (!text)
        return az_oom(b->err);
    int line = event_line(e);
    if (!line && b->key) /* a value left out has no place of its own */
        line = b->key->line;
    if (n && memchr(text, '\0', n))
        return fail_line(b, line, "a NUL character in text");

    struct az_yaml *y = node_new(b, AZ_Y_TEXT, line);
    if (!y)
        return b->err->code;
    y->text = az_arena_str(b->arena, (struct az_str){text, n});
    if (!y->text.p)
        return az_oom(b->err);
    y->plain = !e->scalar.value || fy_token_scalar_style(e->scalar.value) == FYSS_PLAIN;
    if (y->plain)
        y->type = az_yaml_plain_type(y->text);
    return place(b, y);
}

static int on_open(struct builder *b, enum az_ytype type, struct fy_event *e,
                   struct fy_token *anchor, struct fy_token *tag)
{
    int r = refuse_extras(b, anchor, tag);
    if (r < 0)
        return r;
    int line = event_line(e);
    if (b->depth == AZ_YAML_DEPTH)
        return fail_line(b, line, "nested too deep");
    struct az_yaml *y = node_new(b, type, line);
    if (!y)
        return b->err->code;
    r = place(b, y);
    if (r < 0)
        return r;
    b->open[b->depth++] = y;
    return 0;
}

static int on_event(struct builder *b, struct fy_event *e)
{
    switch (e->type) {
    case FYET_SCALAR:
        return on_scalar(b, e);
    case FYET_MAPPING_START:
        return on_open(b, AZ_Y_MAP, e, e->mapping_start.anchor, e->mapping_start.tag);
    case FYET_SEQUENCE_START:
        return on_open(b, AZ_Y_LIST, e, e->sequence_start.anchor, e->sequence_start.tag);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        b->depth--;
        return 0;
    case FYET_ALIAS:
        return refuse_extras(b, e->alias.anchor, NULL);
    case FYET_DOCUMENT_START:
        if (b->documents++)
            return fail_line(b, event_line(e), "a second document; one is read");
        return 0;
    default:
        return 0;
    }
}

/* libfyaml's first complaint, as one of ours. */
static int fail_syntax(struct builder *b)
{
    void *state = NULL;
    const struct fy_diag_error *d = fy_diag_errors_iterate(b->diag, &state);
    if (!d)
        return az_fail(b->err, AZ_EINVAL, "%s: no YAML", b->origin);
    /* The end of the text is called a line of its own. */
    struct az_yaml at = {.line = AZ_MIN(d->line, b->lines), .origin = b->origin};
    int n = (int)strcspn(d->msg, "\n");
    return az_yaml_fail(b->err, &at, "%.*s", n, d->msg);
}

static int read_events(struct builder *b)
{
    struct fy_event *e;
    while ((e = fy_parser_parse(b->parser))) {
        int r = on_event(b, e);
        fy_parser_event_free(b->parser, e);
        if (r < 0)
            return r;
    }
    return fy_parser_get_stream_error(b->parser) ? fail_syntax(b) : 0;
}

static int run(struct builder *b, struct az_str text)
{
    struct fy_diag_cfg cfg;
    fy_diag_cfg_default(&cfg);
    cfg.fp = NULL;
    cfg.colorize = false;
    b->diag = fy_diag_create(&cfg);
    if (!b->diag)
        return az_oom(b->err);
    fy_diag_set_collect_errors(b->diag, true);

    struct fy_parse_cfg parse = {
        .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
        .diag = b->diag,
    };
    b->parser = fy_parser_create(&parse);
    int r = az_oom(b->err);
    if (b->parser && fy_parser_set_string(b->parser, text.p, text.n) == 0)
        r = read_events(b);
    if (b->parser)
        fy_parser_destroy(b->parser);
    fy_diag_destroy(b->diag);
    return r;
}

/* The line of the byte at `at`. */
static int line_of(struct az_str text, size_t at)
{
    int line = 1;
    for (size_t i = 0; i < at; i++)
        line += text.p[i] == '\n';
    return line;
}

int az_yaml_parse(struct az_arena *arena, struct az_str text, const char *origin,
                  struct az_yaml **ret, struct az_error *err)
{
    struct az_error own = {0};
    struct builder b = {.arena = arena, .origin = origin, .err = err ? err : &own};
    size_t bad;
    if (text.n > AZ_YAML_BYTES)
        return az_fail(err, AZ_ELIMIT, "%s: longer than %d bytes", origin, (int)AZ_YAML_BYTES);
    if (!az_utf8_valid(text, &bad))
        return fail_line(&b, line_of(text, bad), "not UTF-8");
    const char *nul = text.n ? memchr(text.p, '\0', text.n) : NULL;
    if (nul)
        return fail_line(&b, line_of(text, (size_t)(nul - text.p)), "a NUL character");

    if (text.n) {
        b.lines = line_of(text, text.n - 1);
        int r = run(&b, text);
        if (r < 0)
            return r;
    }
    if (!b.root)
        b.root = node_new(&b, AZ_Y_NULL, 1);
    if (!b.root)
        return b.err->code;
    *ret = b.root;
    return 0;
}
