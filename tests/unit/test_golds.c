#include "core/golds.h"

#include "core/buf.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

/* "a=… b=… 12=…" for those of these ids that are there, or "error: …". */
static const char *told(struct az_str text, struct az_buf *b)
{
    static const char *const ids[] = {"a", "b", "c d", "12", "12345678901234567891", "e\"f"};
    AZ_AUTO(golds) g = NULL;
    struct az_error err = {0};
    az_buf_clear(b);
    if (az_golds_parse(text, &g, &err) < 0) {
        assert_null(g);
        az_buf_fmt(b, "error: %s", err.what);
        return b->p;
    }
    size_t found = 0;
    for (size_t i = 0; i < AZ_LEN(ids); i++) {
        struct az_str json = az_golds_find(g, az_str(ids[i]));
        if (json.p)
            az_buf_fmt(b, "%s%s=" AZ_STR_FMT, found++ ? " " : "", ids[i], AZ_STR_ARG(json));
    }
    assert_int_equal(az_golds_count(g), found);
    assert_null(az_golds_find(g, AZ_STR("zz")).p);
    assert_null(az_golds_find(g, AZ_STR("")).p);
    az_buf_z(b, "");
    return b->p;
}

static const struct {
    const char *text, *want;
} cases[] = {
    /* JSONL */
    {"{\"id\":\"b\",\"gold\":\"x\"}\n\n{\"id\":\"a\",\"gold\":{\"A\": 1}}", "a={\"A\":1} b=\"x\""},
    {"{\"question_id\":12,\"label\":4}\n", "12=4"},
    {"{\"id\":12345678901234567891,\"target\":null}", "12345678901234567891=null"},
    {"\xef\xbb\xbf{\"id\":\"a\",\"gold\":1}\r\n", "a=1"},
    {"{\"id\":\"a\",\"gold\":1}\n{\"id\":\"a\",\"gold\":1}", "a=1"},
    {"{\"id\":\"a\",\"gold\":1}\n{\"id\":\"b\",\"gold\":1}\n{\"id\":\"a\",\"gold\":2}",
     "error: line 3: id 'a' again, with another gold than in line 1"},
    {"{\"id\":\"a\"}", "error: line 1: no 'gold'"},
    {"{\"gold\":1}", "error: line 1: no 'id'"},
    {"{\"id\":\"\",\"gold\":1}", "error: line 1: no 'id'"},
    {"{\"id\":\"a\",\"gold\":1}\n\n[1]", "error: line 3: not an object"},
    {"{\"id\":\"a\",\"gold\":1}\n{", "error: line 2: not JSON at byte 0"},
    /* CSV */
    {"id,gold\na,x\nb,4\n", "a=\"x\" b=\"4\""},
    {"gold,note,id\r\nx,,a\r\n\r\ny,\"n,\n\"\"\",\"c d\"", "a=\"x\" c d=\"y\""},
    {"id,gold\n\"e\"\"f\",\"say \"\"x\"\"\"\n", "e\"f=\"say \\\"x\\\"\""},
    {"id\tgold\na\tx, y\n", "a=\"x, y\""},
    {"ID, Label\na,\nb,\"[\"\"A\"\",\"\"B\"\"]\"\n", "a=null b=[\"A\",\"B\"]"},
    {"id,gold\na,[B]\n", "a=\"[B]\""},
    {"id,gold\n", ""},
    {"id,gold", ""},
    {"name,gold\na,x\n", "error: no column 'id' in the header"},
    {"id,answer\na,x\n", "error: no column 'gold' in the header"},
    {"id,x,gold\na,x\n", "error: line 2: 2 cells, fewer than the header"},
    {"id,gold\n,x\n", "error: line 2: no 'id'"},
    {"id,gold\n\"a\nb\",x\na,\"x\n", "error: line 4: a quote that is never closed"},
    {"id,gold\n\"a\"b,x\n", "error: line 2: text after a closing quote"},
    {"id,gold\na,x\na,y\n", "error: line 3: id 'a' again, with another gold than in line 2"},
    {"id,gold,weight\na,x,-1\n", "error: line 2: 'weight' is not above 0"},
    {"id,gold,weight\na,x,much\n", "error: line 2: 'weight' is no number"},
    {"{\"id\":\"a\",\"gold\":1,\"weight\":\"2\"}\n", "error: line 1: 'weight' is no number"},
    {"{\"id\":\"a\",\"gold\":1,\"weight\":0}\n", "error: line 1: 'weight' is not above 0"},
    {"", "error: no gold in it: it is empty"},
    {" \n", "error: no gold in it: it is empty"},
    {"id,gold\na,\xff", "error: not UTF-8 at byte 10"},
};

static void golds_table(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(65536);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        const char *got = told(az_str(cases[i].text), &b);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", cases[i].text, got, cases[i].want);
    }
}

static void weights(void **state)
{
    static const char *const texts[] = {
        "id,gold,weight\na,x,2.5\nb,y,\n",
        "{\"id\":\"a\",\"gold\":\"x\",\"weight\":2.5}\n{\"id\":\"b\",\"gold\":1,\"weight\":null}\n",
    };
    for (size_t i = 0; i < AZ_LEN(texts); i++) {
        AZ_AUTO(golds) g = NULL;
        assert_int_equal(az_golds_parse(az_str(texts[i]), &g, NULL), 0);
        assert_true(az_golds_weight(g, AZ_STR("a")) == 2.5);
        assert_true(az_golds_weight(g, AZ_STR("b")) == 1);
        assert_true(az_golds_weight(g, AZ_STR("zz")) == 1);
    }
}

static void many(void **state)
{
    (void)state;
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    AZ_AUTO(golds) g = NULL;
    az_buf_z(&text, "id,gold\n");
    for (int i = 0; i < 5000; i++)
        az_buf_fmt(&text, "q%d,%d\n", i * 7919 % 5000, i * 7919 % 5000);
    assert_int_equal(az_golds_parse(az_buf_view(&text), &g, NULL), 0);
    assert_int_equal(az_golds_count(g), 5000);
    for (int i = 0; i < 5000; i++) {
        char id[16], want[16];
        snprintf(id, sizeof(id), "q%d", i);
        snprintf(want, sizeof(want), "\"%d\"", i);
        assert_true(az_str_eqz(az_golds_find(g, az_str(id)), want));
    }
}

static void without_memory(void **state)
{
    (void)state;
    static const char *const texts[] = {"id,gold\n\"a\",x\nb,y\n", "{\"id\":\"a\",\"gold\":[1]}\n"};
    for (size_t i = 0; i < AZ_LEN(texts); i++) {
        int r = AZ_ENOMEM, failures = 0;
        for (int nth = 1; r == AZ_ENOMEM; nth++) {
            AZ_AUTO(golds) g = NULL;
            struct az_error err = {0};
            az_fault_alloc(nth);
            r = az_golds_parse(az_str(texts[i]), &g, &err);
            assert_true(r == 0 || (!g && *err.what));
            failures += r != 0;
        }
        az_fault_alloc(0);
        assert_int_equal(r, 0);
        assert_true(failures > 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golds_table),
        cmocka_unit_test(weights),
        cmocka_unit_test(many),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
