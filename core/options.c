#include "core/options.h"

#include "core/glyph.h"
#include "core/str.h"
#include "core/wrap.h"

enum { HELP_AT = 29, HELP_WIDTH = 80 }; /* columns */

static const struct az_opt *find(const struct az_opt *table, struct az_str name)
{
    for (; table->name; table++) {
        if (az_str_eqz(name, table->name))
            return table;
    }
    return NULL;
}

static const struct az_opt *find_brief(const struct az_opt *table, char c)
{
    for (; table->name; table++) {
        if (table->brief == c)
            return table;
    }
    return NULL;
}

static int unknown(const struct az_opt *table, struct az_str name, struct az_error *err)
{
    const char *names[64];
    size_t n = 0;
    for (const struct az_opt *o = table; o->name && n + 1 < AZ_LEN(names); o++)
        names[n++] = o->name;
    names[n] = NULL;
    az_fail(err, AZ_EUSAGE, "unknown option '--" AZ_STR_FMT "'", AZ_STR_ARG(name));
    const char *near = az_nearest(name, names);
    if (near)
        az_hint(err, "Did you mean '--%s'?", near);
    else
        az_hint(err, "See --help.");
    return AZ_EUSAGE;
}

static int set(const struct az_opt *o, const char *value, void *options, struct az_error *err)
{
    void *at = (char *)options + o->at;
    struct az_opt_list *list = at;
    int64_t number;
    switch (o->type) {
    case AZ_OPT_FLAG:
        *(bool *)at = true;
        return 0;
    case AZ_OPT_STRING:
        *(const char **)at = value;
        return 0;
    case AZ_OPT_LIST:
        if (list->n == AZ_LEN(list->v))
            return az_fail(err, AZ_EUSAGE, "'--%s' more than %zu times", o->name, list->n);
        list->v[list->n++] = value;
        return 0;
    case AZ_OPT_INT:
        if (!az_str_int(az_str(value), &number) || number < o->min)
            return az_fail(err, AZ_EUSAGE, "'--%s %s': expected a whole number from %lld", o->name,
                           value, (long long)o->min);
        *(int64_t *)at = number;
        return 0;
    }
    return 0;
}

struct words {
    int argc, at;
    char **argv;
};

static int take_value(const struct az_opt *o, const char *given, struct words *w, void *options,
                      struct az_error *err)
{
    if (o->type == AZ_OPT_FLAG && given)
        return az_fail(err, AZ_EUSAGE, "'--%s' takes no value", o->name);
    if (o->type != AZ_OPT_FLAG && !given) {
        if (w->at == w->argc)
            return az_fail(err, AZ_EUSAGE, "'--%s' wants %s", o->name, o->arg);
        given = w->argv[w->at++];
    }
    return set(o, given, options, err);
}

static int take_long(const struct az_opt *table, const char *word, struct words *w, void *options,
                     struct az_error *err)
{
    const char *eq = strchr(word, '=');
    struct az_str name = {word, eq ? (size_t)(eq - word) : strlen(word)};
    const struct az_opt *o = find(table, name);
    return o ? take_value(o, eq ? eq + 1 : NULL, w, options, err) : unknown(table, name, err);
}

/* "-o FILE", "-oFILE", "-vq". */
static int take_brief(const struct az_opt *table, const char *word, struct words *w, void *options,
                      struct az_error *err)
{
    for (const char *c = word; *c; c++) {
        const struct az_opt *o = find_brief(table, *c);
        if (!o) {
            az_fail(err, AZ_EUSAGE, "unknown option '-%c'", *c);
            az_hint(err, "See --help.");
            return AZ_EUSAGE;
        }
        if (o->type != AZ_OPT_FLAG)
            return take_value(o, c[1] ? c + 1 : NULL, w, options, err);
        int r = take_value(o, NULL, w, options, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int az_options_parse(const struct az_opt *table, int argc, char **argv, void *options,
                     const char **args, size_t max_args, size_t *n_args, struct az_error *err)
{
    struct words w = {.argc = argc, .at = 1, .argv = argv};
    bool only_args = false;
    *n_args = 0;
    while (w.at < argc) {
        const char *word = argv[w.at++];
        int r = 0;
        if (!only_args && !strcmp(word, "--")) {
            only_args = true;
        } else if (!only_args && word[0] == '-' && word[1] == '-') {
            r = take_long(table, word + 2, &w, options, err);
        } else if (!only_args && word[0] == '-' && word[1]) {
            r = take_brief(table, word + 1, &w, options, err);
        } else {
            if (*n_args == max_args) {
                az_fail(err, AZ_EUSAGE, "'%s' is one argument too many", word);
                az_hint(err, "See --help.");
                return AZ_EUSAGE;
            }
            args[(*n_args)++] = word;
        }
        if (r < 0)
            return r;
    }
    return 0;
}

void az_options_help(struct az_buf *b, const struct az_opt *table)
{
    for (; table->name; table++) {
        char left[64], brief[8] = "    ";
        if (table->brief)
            snprintf(brief, sizeof(brief), "-%c, ", table->brief);
        snprintf(left, sizeof(left), "%s--%s%s%s", brief, table->name, table->arg ? " " : "",
                 table->arg ? table->arg : "");
        size_t width = AZ_MIN(az_glyph_width(az_str(left)), (size_t)HELP_AT - 3);
        az_buf_fmt(b, "  %s%*s", left, (int)(HELP_AT - 2 - width), "");
        AZ_AUTO_BUF help = az_buf(4096);
        az_wrap_text(&help, az_str(table->help), HELP_AT, HELP_WIDTH);
        az_buf_str(b, az_str(help.n > HELP_AT ? help.p + HELP_AT : "\n")); /* it begins there */
        if (help.failed)
            b->failed = help.failed;
    }
}
