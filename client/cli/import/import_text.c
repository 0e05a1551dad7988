/* What the command line says to an import, and texts that the forms share. */
#include <math.h>

#include "client/cli/import/import.h"
#include "core/number.h"

/* ---- options ---- */

static const char *const columns[] = {
#define X(name, text) text,
    AZ_COLUMNS(X)
#undef X
        NULL};

static struct az_str cut(struct az_str *rest, char at)
{
    const char *end = rest->n ? memchr(rest->p, at, rest->n) : NULL;
    struct az_str head = {rest->p, end ? (size_t)(end - rest->p) : rest->n};
    size_t n = head.n + (end != NULL);
    *rest = (struct az_str){rest->p + n, rest->n - n};
    return head;
}

/* "name=value" of a list with commas. */
static int cut_pair(const char *option, struct az_str *rest, struct az_str *name,
                    struct az_str *value, struct az_error *err)
{
    struct az_str pair = cut(rest, ',');
    *value = pair;
    *name = az_str_trim(cut(value, '='));
    if (name->n && pair.n > name->n && memchr(pair.p, '=', pair.n)) {
        *value = az_str_trim(*value);
        return 0;
    }
    az_fail(err, AZ_EUSAGE, "--%s: '" AZ_STR_FMT "' has not the form NAME=VALUE", option,
            AZ_STR_ARG(pair));
    return AZ_EUSAGE;
}

/* The first of two would win, and the second would be told as never met. */
static bool is_mapped(const struct az_import_options *o, struct az_str from)
{
    for (size_t i = 0; i < o->n_map; i++) {
        if (az_str_eq(o->map[i].from, from))
            return true;
    }
    return false;
}

int az_import_read_map(struct az_import_options *o, const char *text, struct az_error *err)
{
    struct az_str rest = az_str(text);
    int r = 0;
    while (r == 0 && rest.n) {
        struct az_import_map m;
        r = cut_pair("map", &rest, &m.from, &m.to, err);
        if (r == 0 && o->n_map == AZ_IMPORT_MAPS)
            r = az_fail(err, AZ_EUSAGE, "--map: more than %d labels", AZ_IMPORT_MAPS);
        if (r == 0 && is_mapped(o, m.from))
            r = az_fail(err, AZ_EUSAGE, "--map: '" AZ_STR_FMT "' twice", AZ_STR_ARG(m.from));
        if (r == 0)
            o->map[o->n_map++] = m;
    }
    return r;
}

int az_import_read_columns(struct az_import_options *o, const char *text, struct az_error *err)
{
    struct az_str rest = az_str(text);
    while (rest.n) {
        struct az_str name, value;
        int r = cut_pair("columns", &rest, &name, &value, err);
        if (r < 0)
            return r;
        size_t c = 0;
        while (columns[c] && !az_str_eqz(name, columns[c]))
            c++;
        if (columns[c]) {
            o->columns[c] = value;
            continue;
        }
        az_fail(err, AZ_EUSAGE, "--columns: nothing is called '" AZ_STR_FMT "'", AZ_STR_ARG(name));
        const char *near = az_nearest(name, columns);
        if (near)
            az_hint(err, "Did you mean '%s'?", near);
        return AZ_EUSAGE;
    }
    return 0;
}

/* ---- texts ---- */

bool az_import_verdict(struct az_str s, struct az_str *label, int *strength)
{
    s = az_str_trim(s);
    while (s.n > 1 && s.p[0] == '[' && s.p[s.n - 1] == ']')
        s = (struct az_str){s.p + 1, s.n - 2};
    if (s.n < 3 || s.n > 4)
        return false;
    char first = s.p[0], last = s.p[s.n - 1], mark = s.p[1];
    if ((first != 'A' || last != 'B') && (first != 'B' || last != 'A'))
        return false;
    if ((mark != '>' && mark != '<' && mark != '=') || (s.n == 4 && s.p[2] != mark) ||
        (s.n == 4 && mark == '='))
        return false;
    *label = AZ_STR("tie");
    *strength = 0;
    if (mark == '=')
        return true;
    bool a_wins = (mark == '>') == (first == 'A');
    *label = a_wins ? AZ_STR("A") : AZ_STR("B");
    *strength = (a_wins ? 1 : -1) * (int)(s.n - 2);
    return true;
}

struct az_str az_import_text(struct az_import *im, az_jv v)
{
    char text[AZ_NUMBER_MAX];
    double number;
    if (az_jv_type(v) == AZ_J_BOOL)
        return az_jv_true(v) ? AZ_STR("true") : AZ_STR("false");
    if (az_jv_num(v, &number) && fabs(number) <= 0x1p53)
        return az_arena_str(im->arena, az_str(az_number_print(number, text)));
    return az_jv_str(v);
}

struct az_str az_import_content(struct az_import *im, az_jv content)
{
    if (az_jv_type(content) != AZ_J_ARRAY)
        return az_jv_str(content);
    AZ_AUTO_BUF all = az_buf(AZ_BUF_MAX);
    bool any = false;
    for (az_jv part = az_jv_first(content); part; part = az_jv_next(part)) {
        struct az_str text = az_jv_str(part);
        if (!text.p)
            text = az_jv_str(az_jv_get(part, "text"));
        if (!text.p)
            continue;
        az_buf_z(&all, any ? "\n" : "");
        az_buf_str(&all, text);
        any = true;
    }
    return any && !all.failed ? az_arena_str(im->arena, az_buf_view(&all)) : (struct az_str){0};
}
