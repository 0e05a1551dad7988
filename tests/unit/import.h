/* tests/unit/import.h: words for cases of imports: text in, ballots out as short
 * lines. */
#pragma once
#include "client/cli/import/reader.h"
#include "client/cli/import/tell.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/number.h"
#include "tests/unit/unit.h"

static inline void import_put_number(struct az_buf *b, az_jv v)
{
    double d;
    char text[AZ_NUMBER_MAX];
    if (az_jv_num(v, &d))
        az_buf_fmt(b, " %s", az_number_print(d, text));
}

/* "item judge AB#0 A 2 {A: 0.75,B: 0.25}"; an error is "!kind", no order "-". */
static inline void import_put_ballot(struct az_buf *b, az_jv v)
{
    struct az_str label = az_jv_str(az_jv_get(v, "label"));
    struct az_str order = az_jv_str(az_jv_get(v, "order"));
    int64_t sample = -1;
    az_jv_int(az_jv_get(v, "sample"), &sample);
    az_buf_fmt(b, "%s" AZ_STR_FMT " " AZ_STR_FMT " " AZ_STR_FMT "#%lld", b->n ? "\n" : "",
               AZ_STR_ARG(az_jv_str(az_jv_get(v, "item"))),
               AZ_STR_ARG(az_jv_str(az_jv_get(v, "judge"))),
               AZ_STR_ARG(order.n ? order : AZ_STR("-")), (long long)sample);
    if (az_jv_get(v, "error")) {
        az_buf_fmt(b, " !" AZ_STR_FMT, AZ_STR_ARG(az_jv_str(az_jv_path(v, "error.kind"))));
        return;
    }
    if (label.n)
        az_buf_fmt(b, " " AZ_STR_FMT, AZ_STR_ARG(label));
    import_put_number(b, az_jv_get(v, "score"));
    const char *before = " {";
    for (az_jv p = az_jv_first(az_jv_get(v, "probs")); p; p = az_jv_next(p)) {
        az_buf_fmt(b, "%s" AZ_STR_FMT ":", before, AZ_STR_ARG(az_jv_key(p)));
        import_put_number(b, p);
        before = ",";
    }
    if (*before == ',')
        az_buf_char(b, '}');
}

struct import_run {
    const char *as, *items;
    struct az_import_options options;
    bool strict;
    struct az_buf *bad; /* bad records, a line each; may be NULL */
    struct az_buf *items_out;
    struct az_buf *told;            /* what the end says; may be NULL */
    struct az_import_counts counts; /* of the last run */
    size_t left;
};

static inline void import_on_bad(void *arg, const char *what)
{
    struct az_buf *b = arg;
    if (b)
        az_buf_fmt(b, "%s%s", b->n ? "\n" : "", what);
}

static inline int import_load(const char *text, struct az_join *join, struct az_error *err)
{
    struct az_str rest = az_str(text), line;
    int r = 0;
    for (int64_t n = 1; r >= 0 && rest.n && az_str_line(&rest, &line); n++)
        r = az_join_add(join, line, n, err);
    return AZ_MIN(r, 0);
}

/* The text in pieces of `chunk` bytes; ballots as short lines onto `out`. */
static inline int import_run(struct import_run *run, struct az_str text, size_t chunk,
                             struct az_buf *out, struct az_error *err)
{
    struct az_import im = {0};
    struct az_reader reader;
    AZ_AUTO(join) join = run->items ? az_join_new() : NULL;
    int r = run->items && !join ? az_oom(err) : 0;
    if (r == 0 && join)
        r = import_load(run->items, join, err);
    if (r == 0)
        r = az_import_init(&im, az_form_find(run->as), &run->options, join, err);
    if (r < 0)
        return r;
    az_reader_init(&reader, &im);
    reader.strict = run->strict;
    reader.bad = import_on_bad;
    reader.arg = run->bad;
    im.want_items = run->items_out != NULL;
    for (size_t at = 0; r == 0 && at < text.n; at += chunk)
        r = az_reader_feed(&reader, (struct az_str){text.p + at, AZ_MIN(chunk, text.n - at)}, err);
    if (r == 0)
        r = az_reader_end(&reader, err);
    struct az_str rest = az_buf_view(&im.ballots), line;
    while (out && az_str_line(&rest, &line) && line.n) {
        AZ_AUTO(json) doc = NULL;
        if (az_json_parse(line, &doc, err) < 0) {
            r = err->code;
            break;
        }
        import_put_ballot(out, az_json_root(doc));
    }
    if (run->items_out)
        az_buf_str(run->items_out, az_buf_view(&im.items));
    if (run->told)
        az_import_tell(run->told, &im);
    run->counts = im.counts;
    run->left = join ? az_join_left(join) : 0;
    az_reader_release(&reader);
    az_import_release(&im);
    return r;
}
