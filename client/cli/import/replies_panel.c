#include "client/cli/import/replies_panel.h"

#include "core/buf.h"
#include "core/str.h"

/* A YAML text in single quotes. */
static void quote(struct az_buf *b, struct az_str s)
{
    az_buf_char(b, '\'');
    for (size_t i = 0; i < s.n; i++)
        az_buf_fmt(b, "%s%c", s.p[i] == '\'' ? "'" : "", s.p[i]);
    az_buf_char(b, '\'');
}

static void quote_list(struct az_buf *b, const char *list)
{
    struct az_str rest = az_str(list);
    for (bool more = true; more;) {
        const char *comma = rest.n ? memchr(rest.p, ',', rest.n) : NULL;
        struct az_str one = {rest.p, comma ? (size_t)(comma - rest.p) : rest.n};
        more = comma != NULL;
        quote(b, az_str_trim(one));
        az_buf_z(b, more ? ", " : "");
        rest = (struct az_str){rest.p + one.n + more, rest.n - one.n - more};
    }
}

static void put_question(struct az_buf *b, const char *labels, const char *scale)
{
    bool pair = labels && (!strcmp(labels, "A,B") || !strcmp(labels, "A,B,tie"));
    if (scale) {
        az_buf_fmt(b, "{kind: score, ask: '?', scale: [%s]}", scale);
    } else if (pair) {
        az_buf_fmt(b, "{kind: pair, ask: '?', ties: %s}", strchr(labels, 't') ? "true" : "false");
    } else {
        az_buf_z(b, "{kind: choice, ask: '?', labels: [");
        quote_list(b, labels);
        az_buf_z(b, "]}");
    }
}

static void put_answer(struct az_buf *b, const char *answer)
{
    struct az_str a = az_str(answer ? answer : "json");
    bool regex = az_str_starts(a, "regex:");
    az_buf_z(b, "answer: ");
    quote(b, regex ? AZ_STR("regex") : a);
    if (!regex)
        return;
    az_buf_z(b, ", regex: ");
    quote(b, (struct az_str){a.p + 6, a.n - 6});
}

int az_replies_panel(const char *answer, const char *labels, const char *scale,
                     struct az_panel **ret, struct az_error *err)
{
    if (!labels == !scale) {
        az_fail(err, AZ_EUSAGE, "the replies' question is not said");
        az_hint(err, "Give --labels A,B,tie or --scale 1,5 (one of them), or --panel PANEL.");
        return AZ_EUSAGE;
    }
    AZ_AUTO_BUF yaml = az_buf(65536);
    az_buf_z(&yaml, "question: ");
    put_question(&yaml, labels, scale);
    az_buf_z(&yaml, "\nbackends: [{name: batch, kind: openai, url: 'http://batch/v1'}]\n"
                    "judges: [{name: batch, backend: batch, model: batch, ");
    put_answer(&yaml, answer);
    az_buf_z(&yaml, "}]\n");
    int r = az_buf_check(&yaml, err);
    struct az_panel_source source = {0};
    if (r == 0)
        r = az_panel_parse(yaml.p, "options", &source, ret, err);
    if (r < 0 && r != AZ_ENOMEM) {
        az_wrap(err, "--answer, --labels, --scale");
        r = err->code = AZ_EUSAGE;
    }
    return r;
}

static int wrong_pattern(const char *pattern, const char *what, struct az_error *err)
{
    az_fail(err, AZ_EUSAGE, "--id '%s': %s", pattern, what);
    az_hint(err, "For example: --id '{item}/{order}/{sample}'.");
    return AZ_EUSAGE;
}

int az_replies_check_pattern(const char *pattern, struct az_error *err)
{
    static const char *const names[] = {"item", "judge", "order", "sample"};
    bool has_item = false;
    const char *behind = NULL; /* the end of the name before */
    for (const char *open = strchr(pattern, '{'); open; open = strchr(open + 1, '{')) {
        const char *close = strchr(open, '}');
        size_t i = 0, n = close ? (size_t)(close - open - 1) : 0;
        if (!close)
            return wrong_pattern(pattern, "a name that does not end", err);
        while (i < AZ_LEN(names) && !az_str_eqz((struct az_str){open + 1, n}, names[i]))
            i++;
        if (i == AZ_LEN(names))
            return wrong_pattern(pattern, "names are item, judge, order and sample", err);
        if (behind == open)
            return wrong_pattern(pattern, "nothing stands between two names", err);
        has_item |= i == 0;
        behind = close + 1;
    }
    return has_item ? 0 : wrong_pattern(pattern, "{item} is not in it", err);
}
