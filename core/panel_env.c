/* core/panel_env.c: ${NAME} and ${NAME:-x} inside backends. What comes from
 * the environment may be a secret: such a value is never shown in a message. */
#include "core/panel_parts.h"

static bool is_name(struct az_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return s.n;
}

static int fail_syntax(const struct az_yaml *y, struct az_error *err)
{
    az_yaml_fail(err, y, "'${' without a name and '}'");
    az_hint(err, "Write ${NAME}, or ${NAME:-value} for when it is not set.");
    return AZ_EINVAL;
}

/* One NAME or NAME:-x. */
static int replace(struct az_panel_draft *d, const struct az_yaml *y, struct az_str inside,
                   struct az_buf *b, struct az_error *err)
{
    ptrdiff_t colon = az_str_find(inside, AZ_STR(":-"));
    struct az_str name = {inside.p, colon < 0 ? inside.n : (size_t)colon};
    if (!is_name(name))
        return fail_syntax(y, err);

    const char *z = az_arena_strndup(d->panel->arena, name.p, name.n);
    if (!z)
        return az_oom(err);
    const char *value = d->source->env ? d->source->env(d->source->arg, z) : NULL;
    if (value && !az_utf8_valid(az_str(value), NULL))
        return az_yaml_fail(err, y, "environment variable '%s' is not UTF-8", z);
    if (value && *value) {
        az_buf_z(b, value);
        return 0;
    }
    if (colon >= 0) {
        az_buf_str(b, (struct az_str){name.p + name.n + 2, inside.n - name.n - 2});
        return 0;
    }
    if (value) /* set, and empty */
        return 0;
    az_yaml_fail(err, y, "environment variable '%s' is not set", z);
    az_hint(err, "Set it, or write ${%s:-value} for when it is not.", z);
    return AZ_EINVAL;
}

static int expand_text(struct az_panel_draft *d, struct az_yaml *y, struct az_buf *b,
                       struct az_error *err)
{
    struct az_str rest = y->text;
    ptrdiff_t at;
    while ((at = az_str_find(rest, AZ_STR("${"))) >= 0) {
        az_buf_put(b, rest.p, (size_t)at);
        rest = (struct az_str){rest.p + at + 2, rest.n - (size_t)at - 2};
        const char *end = rest.n ? memchr(rest.p, '}', rest.n) : NULL;
        if (!end)
            return fail_syntax(y, err);
        struct az_str inside = {rest.p, (size_t)(end - rest.p)};
        int r = replace(d, y, inside, b, err);
        if (r < 0)
            return r;
        rest = (struct az_str){end + 1, rest.n - inside.n - 1};
    }
    az_buf_str(b, rest);
    return az_buf_check(b, err);
}

static int expand_scalar(struct az_panel_draft *d, struct az_yaml *y, struct az_error *err)
{
    if (az_str_find(y->text, AZ_STR("${")) < 0)
        return 0;
    /* Whose environment? The submitter must not read the service's. */
    if (d->source->submitted) {
        az_yaml_fail(err, y, "'${…}' is refused in a submitted panel");
        az_hint(err, "Name a backend that the service's workers know.");
        return AZ_EINVAL;
    }
    AZ_AUTO_BUF b = az_buf(64 << 10);
    az_buf_z(&b, "");
    int r = expand_text(d, y, &b, err);
    if (r < 0)
        return r;
    y->text = az_arena_str(d->panel->arena, az_buf_view(&b));
    if (!y->text.p)
        return az_oom(err);
    y->hidden = true;
    y->plain = true; /* "${SLOTS}" needs its quotes in a flow map, and is a number */
    y->type = az_yaml_plain_type(y->text);
    return 0;
}

int az_panel_expand(struct az_panel_draft *d, struct az_yaml *y, struct az_error *err)
{
    if (az_yaml_is_scalar(y))
        return expand_scalar(d, y, err);
    int r = 0;
    for (struct az_yaml *c = y->first; r == 0 && c; c = c->next)
        r = az_panel_expand(d, c, err);
    return r;
}
