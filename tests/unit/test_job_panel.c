#include "coordinator/job_panel.h"
#include "core/buf.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

static const char base[] = "question: {kind: pair}\n"
                           "judges:\n"
                           "- {name: a, backend: openai, model: m}\n"
                           "- {name: b, backend: openai, model: m}\n"
                           "limits: {usd: 1}\n";

static const char prices[] = "judges.a.usd_per_mtok={input: 1, output: 2}";
static const char more_prices[] = "judges.b.usd_per_mtok={input: 1, output: 2}";

static struct az_panel *read_panel(const char *yaml, const char *set, struct az_error *err)
{
    const char *sets[] = {prices, more_prices, set};
    struct az_panel *p = NULL;
    az_job_panel_read(yaml, sets, set ? 3 : 2, &p, err);
    return p;
}

/* What another panel under the same key is told. */
static const struct {
    const char *yaml, *set, *want;
} cases[] = {
    {base, NULL, ""},
    {base, "limits.usd=1", ""},
    {base, "question.ask=Which?", "the question or its template changed"},
    {base, "judges.b.model=n", "judge 'b' changed its model or parameters"},
    {base, "limits.usd=2", "the panel changed: usd: 2"},
    {base, "aggregate=plurality", "the panel changed: kind: plurality"},
    {"question: {kind: pair}\njudges:\n- {name: a, backend: openai, model: m}\n"
     "- {name: b, backend: openai, model: m}\n- {name: c, backend: lexical, model: words}\n",
     NULL, "judge 'c' is new"},
};

static void compared(void **state)
{
    (void)state;
    struct az_error err = {0};
    AZ_AUTO(panel) was = read_panel(base, NULL, &err);
    if (!was)
        fail_msg("%s", err.what);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        err = (struct az_error){0};
        AZ_AUTO(panel) now = read_panel(cases[i].yaml, cases[i].set, &err);
        if (!now)
            fail_msg("%zu: %s", i, err.what);
        err = (struct az_error){0};
        int r = az_job_panel_same(was, now, &err);
        assert_int_equal(r, *cases[i].want ? AZ_ECHANGED : 0);
        if (strcmp(err.what, cases[i].want))
            fail_msg("%zu: got '%s', want '%s'", i, err.what, cases[i].want);
    }
    AZ_AUTO(panel) more = read_panel(cases[AZ_LEN(cases) - 1].yaml, NULL, &err);
    assert_int_equal(az_job_panel_same(more, was, &err), AZ_ECHANGED);
    assert_string_equal(err.what, "judge 'c' is gone");
}

/* What is kept reads back as the same panel, and takes later settings. */
static void kept(void **state)
{
    (void)state;
    struct az_error err = {0};
    AZ_AUTO(panel) was = read_panel(base, NULL, &err);
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    az_job_panel_print(&text, was);
    assert_int_equal(az_buf_check(&text, NULL), 0);
    AZ_AUTO(panel) back = NULL;
    if (az_job_panel_read_kept(text.p, "panel.yaml", NULL, 0, &back, &err) < 0)
        fail_msg("%s", err.what);
    if (az_job_panel_same(was, back, &err) < 0)
        fail_msg("%s", err.what);
    AZ_AUTO(panel) changed = NULL;
    const char *set = "limits.usd=30";
    assert_int_equal(az_job_panel_read_kept(text.p, "panel.yaml", &set, 1, &changed, &err), 0);
    assert_int_equal(changed->limits.usd, 30 * AZ_NUSD_PER_USD);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *want;
    } bad[] = {
        {"question: {kind: pair}\njudges: [{name: a, backend: g, model: m}]\n"
         "backends: [{name: g, kind: openai, url: \"http://gpu:1\"}]\n",
         "url"},
        {"question: {kind: pair}\njudges: [{name: a, backend: openai, model: m}]\n"
         "template_file: /etc/passwd\n",
         "names a file"},
        {"question: {kind: pair}\njudges: [{name: a, backend: openai, model: m}]\n"
         "limits: {usd: 1}\n",
         "the price of judge 'a' is not known"},
        {"question: {kind: pair}\n", "judges"},
        {"{", ""},
    };
    for (size_t i = 0; i < AZ_LEN(bad); i++) {
        AZ_AUTO(panel) p = NULL;
        struct az_error err = {0};
        assert_int_equal(az_job_panel_read(bad[i].yaml, NULL, 0, &p, &err), AZ_EINVAL);
        if (!*err.what || !strstr(err.what, bad[i].want))
            fail_msg("%zu: %s", i, err.what);
    }
}

static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    AZ_AUTO(panel) was = read_panel(base, NULL, NULL);
    AZ_AUTO(panel) now = read_panel(base, NULL, NULL);
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        az_fault_alloc(nth);
        r = az_job_panel_same(was, now, NULL);
        az_fault_alloc(0);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(compared), cmocka_unit_test(kept),
                                       cmocka_unit_test(refused), cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
