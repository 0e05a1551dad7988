/* Judgements from elsewhere, in every form: what comes out is ballots that can be
 * read again as such, however the bytes are cut. */
#include "client/cli/import/reader.h"
#include "client/cli/import/replies_panel.h"
#include "tests/fuzz/fuzz.h"

static struct az_panel *replies_panel(void)
{
    static struct az_panel *panel;
    if (!panel)
        az_assert(az_replies_panel("json", "A,B,tie", NULL, &panel, NULL) == 0);
    return panel;
}

static void check_again(struct az_str ballots)
{
    struct az_recorded_form form = {0};
    struct az_str line;
    while (az_str_line(&ballots, &line)) {
        struct az_recorded_line ballot;
        struct az_error err = {0};
        int r = az_recorded_line_read(&form, line, &ballot, &err);
        if (r < 0)
            fprintf(stderr, "%s\n" AZ_STR_FMT "\n", err.what, AZ_STR_ARG(line));
        az_assert(r >= 0);
        az_recorded_line_release(&ballot);
    }
}

static int run(const struct az_form *form, struct az_join *join, struct az_str in, size_t chunk,
               struct az_buf *ballots, struct az_import_counts *counts)
{
    struct az_import_options options = {.judge = "j", .panel = replies_panel()};
    struct az_import im;
    struct az_reader reader;
    struct az_error err = {0};
    az_assert(az_import_init(&im, form, &options, join, &err) == 0);
    az_reader_init(&reader, &im);
    im.want_items = true;
    int r = 0;
    for (size_t at = 0; r == 0 && at < in.n; at += chunk)
        r = az_reader_feed(&reader, (struct az_str){in.p + at, AZ_MIN(chunk, in.n - at)}, &err);
    if (r == 0)
        r = az_reader_end(&reader, &err);
    az_assert(r == 0 || *err.what);
    az_buf_str(ballots, az_buf_view(&im.ballots));
    *counts = im.counts;
    az_reader_release(&reader);
    az_import_release(&im);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct az_str in = {(const char *)data, size};
    size_t n = 0;
    while (az_forms[n].name)
        n++;
    const struct az_form *form = &az_forms[fuzz_choice(&in) % n];
    AZ_AUTO(join) join = az_join_new();
    az_join_add(join, AZ_STR("{\"id\":\"q\",\"prompt\":\"p\",\"responses\":[\"x\",\"y\"]}"), 1,
                NULL);
    AZ_AUTO_BUF whole = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF cut = az_buf(AZ_BUF_MAX);
    struct az_import_counts a, b;
    int r = run(form, join, in, AZ_MAX(in.n, (size_t)1), &whole, &a);
    az_assert(run(form, join, in, 7, &cut, &b) == r);
    az_assert(a.ballots == b.ballots && a.bad == b.bad && a.records == b.records);
    az_assert(az_str_eq(az_buf_view(&whole), az_buf_view(&cut)));
    check_again(az_buf_view(&whole));
    return 0;
}
